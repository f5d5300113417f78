import {
  chmodSync,
  closeSync,
  constants,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type CommandIo,
  type Diagnostic,
  Diagnostics,
  FileError,
  type FileSystem,
  memoryFiles,
  type Place,
  readInput,
  readWhole,
  renderJson,
  renderPlace,
  renderText,
  report,
  reportFileError,
  suggest,
} from '@fle/diagnostics'
import { nodeFiles, writeOutput } from '@fle/diagnostics/node'
import { runCommand, runToSuccess } from '@fle/testkit'
import t from 'tap'

const tool = 'fle-ld'

/** As built: a child process has no loader for TypeScript. */
const built = fileURLToPath(new URL('../dist/node.js', import.meta.url))

function rendered(diagnostic: Partial<Diagnostic>): string {
  return renderText({ severity: 'error', code: 'test', message: 'message', ...diagnostic }, { tool })
}

/** The place of the first `@` in a line, which is taken out. */
function placeOf(marked: string): Place {
  const [before, after] = marked.split('@')
  return { file: 'main.fle', line: 3, column: [...before].length + 1, text: before + after }
}

/** What stands above the caret, to the end of its line. */
function underlined(text: string): string {
  const [, line, caret] = text.split('\n')
  return line.slice(caret.indexOf('^'))
}

t.test('renderText', async (t) => {
  t.test('message, notes and hint', async (t) => {
    const notes = ['referenced by main.fle:12 (in main)', 'did you mean: printf']
    t.equal(
      rendered({ message: 'undefined symbol: prinft', notes, hint: 'add libc.fle' }),
      `fle-ld: error: undefined symbol: prinft
>>> referenced by main.fle:12 (in main)
>>> did you mean: printf
>>> hint: add libc.fle
`,
    )
    t.equal(rendered({ severity: 'warning' }), 'fle-ld: warning: message\n')
  })

  t.test('places', async (t) => {
    t.equal(renderPlace({ file: 'a.fle' }), 'a.fle')
    t.equal(renderPlace({ file: 'a.fle', line: 3 }), 'a.fle:3')
    t.equal(renderPlace({ file: 'a.fle', line: 3, column: 7 }), 'a.fle:3:7')
    t.equal(rendered({ at: { file: 'a.fle', line: 3 } }), 'fle-ld: error: a.fle:3: message\n')
  })

  t.test('a caret stands under its column', async (t) => {
    t.equal(
      rendered({ message: 'bad hex digit', at: placeOf('    "🔢: f3 0f @1g fa",') }),
      `fle-ld: error: main.fle:3:15: bad hex digit
>>>     "🔢: f3 0f 1g fa",
                   ^
`,
      'an emoji is one character and two columns wide',
    )
    t.equal(rendered({ at: placeOf('🏷️: @9lives') }).split('\n')[2], '        ^', 'a variation selector takes no room')
    t.equal(underlined(rendered({ at: placeOf('x\ty@z') })), 'z', 'a tab is shown as a blank')
    t.equal(underlined(rendered({ at: placeOf('\x1b[2J@z') })), 'z', 'an escaped character is as wide as its escape')
    t.equal(underlined(rendered({ at: placeOf('abc@') })), '', 'behind the end of the line')
  })

  t.test('of a long line the neighbourhood is shown', async (t) => {
    const digits = '0123456789'.repeat(100_000)
    const text = rendered({ at: placeOf(`${digits}@!${digits}`) })
    t.ok(text.length < 400)
    t.match(text, /^>>> …/m)
    t.match(underlined(text), /^!0123.*…$/)
    t.match(rendered({ at: placeOf(`@!${digits}`) }), />>> !0123.*…\n {4}\^\n/)
  })

  t.test('nothing from a file reaches the terminal as a command', async (t) => {
    const hostile = 'a\x1b]0;title\x07\u009b2J\n\u202eb'
    const shown = 'a\\x1b]0;title\\x07\\x9b2J\\x0a\\u202eb'
    const text = rendered({
      message: hostile,
      at: { file: hostile, line: 1, column: 1, text: hostile },
      notes: [hostile],
      hint: hostile,
    })
    t.equal(text.split(shown).length, 6)
    t.notMatch(text.replaceAll('\n', ''), /\p{Cc}|\u202e/u)
  })

  t.test('colour', async (t) => {
    const text = renderText({ severity: 'error', code: 'c', message: 'm' }, { tool, colour: true })
    t.equal(text, 'fle-ld: \x1b[1;31merror:\x1b[0m m\n')
  })
})

t.test('renderJson gives one object a line', async (t) => {
  const diagnostic: Diagnostic = { severity: 'warning', code: 'c', message: 'two\nlines', at: { file: 'f', line: 1 } }
  const text = renderJson(diagnostic, { tool })
  t.equal(text.indexOf('\n'), text.length - 1)
  t.strictSame(JSON.parse(text), { tool, ...diagnostic })
})

t.test('Diagnostics counts what it collects', async (t) => {
  const diagnostics = new Diagnostics()
  t.notOk(diagnostics.hasErrors)
  diagnostics.warning('w', 'warning')
  t.notOk(diagnostics.hasErrors)
  t.equal(diagnostics.error('e', 'error', { hint: 'h' }), undefined)
  t.ok(diagnostics.hasErrors)
  t.strictSame([diagnostics.errorCount, diagnostics.warningCount, diagnostics.list.length], [1, 1, 2])
})

t.test('report', async (t) => {
  /** What report() writes for so many errors and one warning. */
  const reported = (errors: number, options: object = {}, env: Record<string, string> = {}, terminal = false) => {
    let text = ''
    const io: CommandIo = {
      files: memoryFiles({}),
      env,
      stdout: () => t.fail('nothing goes to stdout'),
      stderr: (part) => {
        text += part
      },
      stderrIsTerminal: terminal,
      stdoutIsTerminal: false,
      writeOutput: () => t.fail('nothing is written'),
    }
    const diagnostics = new Diagnostics()
    for (let i = 1; i <= errors; i++) diagnostics.error('e', `error ${i}`)
    diagnostics.warning('w', 'careful')
    report(diagnostics, io, { tool, ...options })
    return text
  }
  t.equal(reported(0), 'fle-ld: warning: careful\n')
  t.equal(reported(20).split('\n').length, 22, 'twenty errors are shown')
  t.match(reported(21), /error 20\n.*careful\n.*too many errors: 1 more is not shown\n$/)
  t.match(reported(25, { errorLimit: 3 }), /error 3\n.*careful\n.*too many errors: 22 more are not shown\n$/)
  t.match(reported(100, { errorLimit: 0 }), /error 100\n/)
  t.strictSame(
    reported(30, { json: true, errorLimit: 1 })
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).code),
    ['e', 'w', 'too-many-errors'],
  )
  t.match(reported(1, {}, {}, true), '\x1b[')
  t.notMatch(reported(1, {}, { NO_COLOR: '1' }, true), '\x1b[')
  t.notMatch(reported(1), '\x1b[')
})

t.test('suggest', async (t) => {
  const names = ['printf', 'puts', 'memcpy', '--output', '-o']
  t.equal(suggest('prinft', names), 'printf', 'neighbours swapped')
  t.equal(suggest('memcp', names), 'memcpy', 'one left out')
  t.equal(suggest('--ouptut', names), '--output')
  t.equal(suggest('x', names), undefined, 'nothing near')
  t.equal(suggest('strlen', names), undefined)
  t.equal(suggest('puts', ['puts']), undefined, 'the word itself is no suggestion')
  t.equal(suggest('a'.repeat(100_000), ['b'.repeat(100_000)]), undefined, 'no time is spent on monsters')
  t.equal(suggest('abcd', ['abxx', 'abcx', 'abce']), 'abcx', 'the nearest, and of these the first')
})

t.test('reading', async (t) => {
  const folder = t.testdir({ 'a.txt': 'content', empty: '', folder: {} })
  const code = (read: () => unknown): string => {
    try {
      read()
    } catch (error) {
      return error instanceof FileError ? `${error.code}: ${error.message}` : String(error)
    }
    return 'success'
  }

  const systems: [string, FileSystem, string][] = [
    ['memory', memoryFiles({ '/a.txt': 'content', '/empty': new Uint8Array(0) }), ''],
    ['the machine', nodeFiles, folder],
  ]
  for (const [name, files, root] of systems) {
    t.test(name, async (t) => {
      t.equal(new TextDecoder().decode(readWhole(files, `${root}/a.txt`)), 'content')
      t.equal(readWhole(files, `${root}/empty`).length, 0)
      t.equal(
        code(() => readWhole(files, `${root}/none`)),
        'ENOENT: No such file or directory',
      )
      const file = files.open(`${root}/a.txt`)
      const into = new Uint8Array(4)
      t.equal(file.size, 7)
      t.equal(file.readAt(into, 5), 2)
      t.equal(new TextDecoder().decode(into.subarray(0, 2)), 'nt')
      t.equal(file.readAt(into, 100), 0)
      file.close()
    })
  }

  t.test('memory knows no inherited names', async (t) => {
    t.match(
      code(() => memoryFiles({}).open('constructor')),
      /ENOENT/,
    )
  })

  t.test('what is no regular file', async (t) => {
    t.equal(
      code(() => nodeFiles.open(join(folder, 'folder'))),
      'EISDIR: Is a directory',
    )
    t.equal(
      code(() => nodeFiles.open(join(folder, 'a.txt/b'))),
      'ENOTDIR: Not a directory',
    )
    t.ok(readWhole(nodeFiles, '/proc/self/maps').length > 0, 'files of /proc say that they are empty')
    t.equal(readWhole(nodeFiles, '/dev/null').length, 0)
    const big = join(folder, 'big')
    writeFileSync(big, new Uint8Array(300_000).fill(7))
    const fifo = join(folder, 'fifo')
    runToSuccess('mkfifo', [fifo])
    runToSuccess('sh', ['-c', 'cat "$0" >"$1" &', big, fifo])
    const bytes = readWhole(nodeFiles, fifo)
    t.equal(bytes.length, 300_000)
    t.ok(bytes.every((byte) => byte === 7))
  })

  t.test('a file too large for memory', async (t) => {
    const huge: FileSystem = { open: () => ({ size: 2 ** 40, readAt: () => 0, close: () => {} }) }
    t.equal(
      code(() => readWhole(huge, 'x')),
      'EFBIG: File too large',
    )
  })

  t.test('readInput reports', async (t) => {
    const diagnostics = new Diagnostics()
    t.equal(readInput(memoryFiles({}), 'no.o', diagnostics), undefined)
    t.match(diagnostics.list, [{ code: 'cannot-open', message: 'cannot open no.o: No such file or directory' }])
    t.throws(() => reportFileError(new TypeError('ours'), 'x', diagnostics), { message: 'ours' })
  })
})

t.test('writeOutput', async (t) => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  const write = (path: string, text = 'new', executable = false) => writeOutput(path, bytes(text), { executable })
  const failure = (path: string): string => {
    try {
      write(path)
    } catch (error) {
      return error instanceof FileError ? error.code : String(error)
    }
    return 'success'
  }
  const mask = process.umask()

  t.test('a new file, with the mode that the umask leaves', async (t) => {
    const folder = t.testdir()
    const [plain, program] = [join(folder, 'plain'), join(folder, 'program')]
    write(plain)
    write(program, '#!', true)
    t.equal(readFileSync(plain, 'utf8'), 'new')
    t.equal(statSync(plain).mode & 0o777, 0o666 & ~mask)
    t.equal(statSync(program).mode & 0o777, 0o777 & ~mask)
    t.strictSame(readdirSync(folder).sort(), ['plain', 'program'], 'nothing else is left')
  })

  t.test('a regular file is replaced in one step', async (t) => {
    const folder = t.testdir({ out: 'old' })
    const out = join(folder, 'out')
    chmodSync(out, 0o600)
    linkSync(out, join(folder, 'other-name'))
    const descriptor = openSync(out, 'r')
    write(out)
    const old = Buffer.alloc(10)
    t.equal(old.toString('utf8', 0, readSync(descriptor, old)), 'old', 'who has it open reads on')
    closeSync(descriptor)
    t.equal(readFileSync(out, 'utf8'), 'new')
    t.equal(readFileSync(join(folder, 'other-name'), 'utf8'), 'old')
    t.equal(statSync(out).mode & 0o777, 0o666 & ~mask)
  })

  t.test('a running program is replaced', async (t) => {
    const program = join(t.testdir(), 'program')
    const pid = Number(runToSuccess('sh', ['-c', 'cp /bin/sleep "$0"; "$0" 30 >&- 2>&- & echo $!', program]))
    while (readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== `${program}\x0030\0`);
    write(program, 'new', true)
    t.equal(readFileSync(program, 'utf8'), 'new')
    process.kill(pid)
  })

  t.test('symbolic links are followed and stay', async (t) => {
    const folder = t.testdir({ sub: {} })
    const link = join(folder, 'link')
    symlinkSync('sub/link2', link)
    symlinkSync('target', join(folder, 'sub/link2'))
    write(link)
    t.equal(readlinkSync(link), 'sub/link2')
    t.ok(lstatSync(join(folder, 'sub/target')).isFile(), 'a dangling link makes its target')
    symlinkSync('loop', join(folder, 'loop'))
    t.equal(failure(join(folder, 'loop')), 'ELOOP')
  })

  t.test('devices and pipes are written as they are', async (t) => {
    write('/dev/null')
    t.ok(statSync('/dev/null').isCharacterDevice())
    t.equal(failure('/dev/full'), 'ENOSPC')
    const folder = t.testdir()
    const fifo = join(folder, 'fifo')
    runToSuccess('mkfifo', [fifo])
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
    write(fifo, 'through the pipe')
    const received = Buffer.alloc(100)
    t.equal(received.toString('utf8', 0, readSync(reader, received)), 'through the pipe')
    closeSync(reader)
    t.ok(statSync(fifo).isFIFO())
    const script = `import { writeOutput } from ${JSON.stringify(built)}
      writeOutput('/dev/stdout', new Uint8Array([65, 66]), { executable: true })`
    const output = runToSuccess('sh', ['-c', '"$0" --input-type=module -e "$1" | cat', process.execPath, script])
    t.equal(output, 'AB', '/dev/stdout leads to a pipe without a path')
  })

  t.test('failures leave the old file and nothing else', async (t) => {
    const folder = t.testdir({ folder: {}, file: 'old' })
    t.equal(failure(join(folder, 'folder')), 'EISDIR')
    t.equal(failure(join(folder, 'none/out')), 'ENOENT')
    t.equal(failure(join(folder, 'file/out')), 'ENOTDIR')
    t.equal(failure(join(folder, 'x'.repeat(300))), 'ENAMETOOLONG')
    t.strictSame(readdirSync(folder).sort(), ['file', 'folder'])
    t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'old')
  })

  t.test('a write that ends half way leaves the old file and nothing else', async (t) => {
    const folder = t.testdir({ out: 'old' })
    const script = `import { writeOutput } from ${JSON.stringify(built)}
      try { writeOutput('out', new Uint8Array(1e6), { executable: false }) } catch (error) { console.log(error.message) }`
    // A limit on the size of files stands for a disk that is full.
    const shell = 'ulimit -f 8; exec "$0" --input-type=module -e "$1"'
    t.equal(runToSuccess('sh', ['-c', shell, process.execPath, script], { cwd: folder }), 'File too large\n')
    t.strictSame(readdirSync(folder), ['out'])
    t.equal(readFileSync(join(folder, 'out'), 'utf8'), 'old')
  })

  t.test('a name of 255 bytes', async (t) => {
    const name = '文'.repeat(85)
    const folder = t.testdir()
    write(join(folder, name))
    t.strictSame(readdirSync(folder), [name])
  })

  t.test('what an interrupted run left behind is in nobody’s way', async (t) => {
    const folder = t.testdir({ [`.fle-output-${process.pid}-1.tmp`]: 'left over' })
    write(join(folder, 'out'))
    t.equal(readFileSync(join(folder, 'out'), 'utf8'), 'new')
    t.equal(readdirSync(folder).length, 2)
  })

  t.test('permissions', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'fle-test-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const [closed, readOnly] = [join(folder, 'closed'), join(folder, 'read-only')]
    mkdirSync(closed)
    writeFileSync(join(closed, 'out'), 'old')
    writeFileSync(readOnly, 'old')
    chmodSync(folder, 0o777)
    chmodSync(readOnly, 0o444)
    chmodSync(closed, 0o555)
    // Root may write everywhere: a process of its own puts root's rights aside.
    const script = `import { writeOutput } from ${JSON.stringify(built)}
      if (process.getuid() === 0) process.setuid(65534)
      for (const path of process.argv.slice(1))
        try { writeOutput(path, new Uint8Array(1), { executable: false }) } catch (error) { console.log(error.code) }`
    const paths = [readOnly, join(closed, 'out')]
    const failures = runToSuccess(process.execPath, ['--input-type=module', '-e', script, '--', ...paths])
    t.equal(failures, 'EACCES\nEACCES\n', 'a rename alone would not have asked the first')
    t.strictSame(
      [readOnly, join(closed, 'out')].map((path) => readFileSync(path, 'utf8')),
      ['old', 'old'],
    )
  })
})

t.test('runCommand', async (t) => {
  /** Runs a command whose main has the given body; the shell sees to the redirections. */
  const run = (body: string, redirections = '', env = {}) => {
    const script = `import { runCommand } from ${JSON.stringify(built)}
      runCommand('fle-x', async (argv, io) => { ${body} })`
    const shell = `exec "$0" --input-type=module -e "$1" -- eval one two ${redirections}`
    return runCommand('sh', ['-c', shell, process.execPath, script], { env })
  }
  t.match(run('io.stdout(argv.join()); return 3'), { status: 3, stdout: 'one,two', stderr: '' })
  t.match(run('io.stdout(new Uint8Array([65])); io.stderr("e"); return 0'), { status: 0, stdout: 'A', stderr: 'e' })
  const defect = run('throw new TypeError("first\\nsecond")')
  t.equal(defect.status, 70)
  t.match(defect.stderr, /^fle-x: internal error: TypeError: first; this is a defect of fle-x: [^\n]*\n$/)
  t.match(run('throw new Error("x")', '', { FLE_DEBUG: '1' }).stderr, / at .*\n/, 'FLE_DEBUG shows the stack')
  t.match(
    run('new ArrayBuffer(2 ** 44)'),
    { status: 1, stderr: /^fle-x: error: there is not enough memory\n>>> hint: [^\n]*\n$/ },
    'more than there are addresses',
  )
  t.match(run('throw "no error"'), { status: 70, stderr: /internal error: no error/ })
  t.match(run('io.stdout("x"); return 0', '>/dev/full'), {
    status: 1,
    stderr: 'fle-x: error: standard output: No space left on device\n',
  })
  t.match(run('io.stdout("x"); return 0', '>&-'), { status: 0, stderr: '' }, 'stdout is closed')
  t.match(run('io.stderr("x"); return 5', '2>/dev/full'), { status: 5 }, 'stderr cannot be written')
  const long = run('io.stdout("x".repeat(1e6)); return 0', '| head -c 3')
  t.match(long, { status: 0, stdout: 'xxx', stderr: '' }, 'a reader that goes early')
})
