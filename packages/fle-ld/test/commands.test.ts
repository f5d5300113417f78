// The command: what it prints and when it fails, with files, pipes and folders as they come.

import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assemble, compile, type RunResult, runCommand, runToSuccess } from '@fle/testkit'
import t from 'tap'

const command = join(import.meta.dirname, '../bin/fle-ld.cjs')

const startOfColour = '\u001b'

const s = (source: string) => assemble(`${source}\n.section .note.GNU-stack,"",@progbits\n`)
const start = s('.globl _start\n_start: call answer\n mov %eax, %edi\n mov $60, %eax\n syscall')
const answer = s('.globl answer\nanswer: call f\n ret\n.section .text.unused\nunused: call answer')
const f = s('.globl f\nf: mov $7, %eax\n ret\n.section .gnu.warning.f\n.string "f is old"')

const cwd = t.testdir({ folder: {}, 'start.o': start, 'answer.o': answer, 'f.o': f, 'no-object': 'int main;' })
runToSuccess('ar', ['rcs', 'libf.a', 'f.o'], { cwd })

const fleLd = (...words: string[]) => runCommand(command, words, { cwd })
const shell = (script: string) => runCommand('sh', ['-c', script, command], { cwd })
const objects = ['start.o', 'answer.o', 'libf.a']

/** The outcome of a command that is to fail with one message. */
function failure(
  t: Pick<typeof import('tap').t, 'equal' | 'match'>,
  { status, stdout, stderr }: RunResult,
  expected: RegExp,
  expectedStatus = 1,
): void {
  t.equal(status, expectedStatus)
  t.equal(stdout, '')
  t.match(stderr, expected)
  t.equal(stderr.match(/^fle-ld: error:/gm)?.length, 1, stderr)
}

t.test('says that it is compatible with GNU ld, for configure scripts', async (t) => {
  t.match(fleLd('--version').stdout, /^fle-ld \d+\.\d+\.\d+ \(compatible with GNU ld\)\n$/)
  t.match(fleLd('-v'), { status: 0, stdout: /GNU ld/, stderr: '' })
  t.match(fleLd('-V', '-w', ...objects, '-o', 'x'), { status: 0, stdout: /GNU ld/ })
})

t.test('--help is grouped', async (t) => {
  const { status, stdout } = fleLd('--help')
  t.equal(status, 0)
  for (const heading of ['Input', 'Symbols', 'Output', 'Show', 'Messages'])
    t.match(stdout, new RegExp(`^${heading}`, 'm'))
  // What libtool and configure scripts look for.
  t.match(stdout, /: supported targets:.* elf/)
  t.match(stdout, /-z relro\b/)
  t.equal(fleLd('--target-help').stdout, stdout)
})

t.test('command lines that are wrong: status 2, and what was meant', async (t) => {
  failure(t, fleLd(), /error: no input files/, 2)
  failure(t, fleLd('--gc-sektions', 'start.o'), /unknown option: --gc-sektions\n>>> did you mean: --gc-sections/, 2)
  failure(t, fleLd('start.o', '-o'), /-o needs an argument/, 2)
  failure(t, fleLd('-shared', 'start.o'), /-shared: shared libraries cannot be made.*\n>>> hint: leave -shared out/, 2)
  failure(t, fleLd('-pie', 'start.o'), /-pie: .*\n>>> hint: link with gcc -static-pie/, 2)
  failure(t, fleLd('-T', 'x.ld', 'start.o'), /-T: linker scripts are not read here/, 2)
  failure(t, fleLd('-m', 'elf_i386', 'start.o'), /elf_i386 is not elf_x86_64/, 2)
  failure(t, fleLd('--defsym', 'x=1*', 'start.o'), /--defsym: x=1\* is not SYMBOL=EXPRESSION/, 2)
})

t.test('shows what is linked', async (t) => {
  t.test('-t: files, as GNU ld names them; -t -t: members', async (t) => {
    const gnu = runToSuccess('ld.bfd', ['-t', ...objects, '-o', 'gnu'], { cwd })
    t.equal(fleLd('-t', ...objects, '-o', 'x').stdout, gnu)
    t.match(fleLd('-t', '-t', ...objects, '-o', 'x').stdout, /^libf\.a\(f\.o\) \(for f\)$/m)
  })
  t.test('--dependency-file: the rule of GNU ld', async (t) => {
    runToSuccess('ld.bfd', [...objects, '-o', 'x', '--dependency-file=gnu.d'], { cwd })
    t.equal(fleLd('-w', ...objects, '-o', 'x', '--dependency-file', 'x.d').status, 0)
    t.equal(readFileSync(join(cwd, 'x.d'), 'utf8'), readFileSync(join(cwd, 'gnu.d'), 'utf8'))
  })
  t.test('--print-sysroot, --print-output-format: instead of linking', async (t) => {
    t.match(fleLd('--sysroot=/a/b', '--print-sysroot'), { status: 0, stdout: '/a/b\n' })
    t.match(fleLd('--print-output-format'), { status: 0, stdout: 'elf64-x86-64\n' })
  })
  t.test('--cref: the table of GNU ld', async (t) => {
    const rows = (text: string) =>
      text
        .slice(text.indexOf('Cross Reference Table'))
        .split('\n')
        // GNU ld makes this one for every object that has relocations.
        .filter((line) => line !== '' && !line.startsWith('_GLOBAL_OFFSET_TABLE_'))
    writeFileSync(join(cwd, 'cxx.o'), s('.globl _ZN1n1fEiPKc\n_ZN1n1fEiPKc: ret'))
    for (const option of ['--demangle', '--no-demangle']) {
      const words = ['--cref', option, ...objects, 'cxx.o', '-o', 'x']
      t.same(rows(fleLd(...words).stdout), rows(runToSuccess('ld.bfd', words, { cwd })))
    }
    t.match(fleLd('-M', '-w', ...objects, 'cxx.o', '-o', 'x').stdout, / n::f\(int, char const\*\)$/m)
  })
  t.test('--print-gc-sections: in the words of GNU ld', async (t) => {
    const words = ['--gc-sections', '--print-gc-sections', '-w', ...objects]
    const gnu = runCommand('ld.bfd', [...words, '-o', 'gnu'], { cwd }).stderr.replaceAll('ld.bfd:', 'ld:')
    t.equal(fleLd(...words, '-o', 'x').stderr.replaceAll('fle-ld:', 'ld:'), gnu)
    t.match(gnu, /unused section '\.text\.unused' in file 'answer\.o'/)
  })
  t.test('--why-live: the chain to a root', async (t) => {
    const why = (pattern: string) => fleLd('-w', '--gc-sections', `--why-live=${pattern}`, ...objects, '-o', 'x').stdout
    t.equal(
      why('f'),
      `live symbol: libf.a(f.o):(f)
>>> kept by libf.a(f.o):(.text) (with f)
>>> kept by answer.o:(.text) (with answer)
>>> kept by start.o:(.text) (with _start)
>>> which is a root: the entry, a symbol asked for, or a section that is always kept
`,
    )
    t.match(why('*'), /^live symbol: start\.o:\(_start\)$/m)
    t.equal(why('unused'), 'nothing that is live is named unused\n')
  })
  t.test('--stats and --time', async (t) => {
    const { stderr } = fleLd('-w', '--stats', '--time', ...objects, '-o', 'x')
    t.match(stderr, /^fle-ld: +3 {2}objects linked$/m)
    t.match(stderr, new RegExp(`^fle-ld: +${statSync(join(cwd, 'x')).size} {2}bytes of output$`, 'm'))
    for (const pass of ['read inputs', 'lay out', 'apply relocations', 'all passes']) {
      t.match(stderr, new RegExp(`^fle-ld: +\\d+\\.\\d ms {2}${pass}`, 'm'))
    }
  })
  t.test('-Map: the lines of GNU ld', async (t) => {
    writeFileSync(
      join(cwd, 'm.o'),
      assemble(`.globl f, data, more\nf: mov $7, %eax\n ret\n.section .text.with_a_long_name,"ax"\n.p2align 4\nmore: nop
        .data\n.byte 1\n.balign 8\ndata: .quad 2\n.section .rodata.a,"a"\n.byte 3\n.comm c, 8\n.section .note.GNU-stack`),
    )
    const words = ['start.o', 'answer.o', 'm.o', '-o', 'x', '--no-demangle', '-Tdata=0x404000']
    t.match(fleLd('-Map=ours.map', ...words), { status: 0 })
    t.match(runCommand('ld.bfd', ['-Map=gnu.map', ...words], { cwd }), { status: 0 })
    const lines = (map: string) =>
      readFileSync(join(cwd, map), 'utf8')
        .split(/^LOAD m\.o\n/m)[1]
        .split('OUTPUT(')[0]
        // What the script says and what is empty, GNU ld shows too.
        .replace(/^ (\S+ *|\S+\n *)0x0{16} .*\n/gm, '')
        .match(
          /^(\.text|\.data|\.rodata|\.bss)\s+0x.*|^ (\.\S+|COMMON|\*fill\*)\s+0x\w+ +0x.* ?.*|^ {16}0x\w+ {16}\w+$/gm,
        )
        ?.filter((line) => !/ 0x0( |$)|\.(iplt|rela|got|igot|plt)/.test(line)) ?? []
    t.strictSame(
      lines('ours.map').filter((line) => !/_edata|_end|__bss_start/.test(line)),
      lines('gnu.map'),
    )
    t.ok(lines('ours.map').length > 12)
    t.match(fleLd('-M', ...words, 'libf.a').stdout, /LOAD libf\.a\n/)
  })
  t.test('-M and -Map, also of a link that fails', async (t) => {
    t.match(fleLd('-M', ...objects, '-o', 'x').stdout, /^\.text +0x0000000000401000/m)
    t.equal(fleLd('-Map=x.map', 'start.o', '-o', 'x').status, 1)
    t.match(readFileSync(join(cwd, 'x.map'), 'utf8'), /start\.o\n[\s\S]*failed before there were addresses/)
  })
})

t.test('messages', async (t) => {
  t.test('warnings: shown, hidden, made errors', async (t) => {
    t.match(fleLd(...objects, '-o', 'x'), { status: 0, stderr: /^fle-ld: warning: f is old\n/ })
    t.match(fleLd('-w', ...objects, '-o', 'x'), { status: 0, stderr: '' })
    const old = readFileSync(join(cwd, 'x'))
    const { status, stderr } = fleLd('--fatal-warnings', '-s', ...objects, '-o', 'x')
    t.equal(status, 1)
    t.match(stderr, /warning: f is old\n[\s\S]*error: there were warnings/)
    t.same(readFileSync(join(cwd, 'x')), old)
  })
  t.test('--emit-relocs where there is no room for them', async (t) => {
    const { status, stderr } = fleLd('-q', '--oformat=binary', 'start.o', 'answer.o', '--defsym', 'f=answer', '-o', 'x')
    t.equal(status, 0)
    t.equal(stderr, 'fle-ld: warning: --emit-relocs is ignored: a raw image has no room for relocations\n')
  })
  t.test('--error-limit', async (t) => {
    writeFileSync(join(cwd, 'many.o'), s(Array.from({ length: 30 }, (_, i) => `call u${i}`).join('\n')))
    const count = (...words: string[]) => fleLd('many.o', ...words).stderr.match(/undefined symbol/g)?.length
    t.equal(count(), 20)
    t.equal(count('--error-limit=3'), 3)
    t.equal(count('--error-limit', '0'), 30)
    t.match(fleLd('many.o', '--error-limit=3').stderr, /too many errors: 27 more are not shown/)
  })
  t.test('colours only where they were asked for', async (t) => {
    t.match(
      fleLd('start.o', '--color-diagnostics').stderr,
      `fle-ld: ${startOfColour}[1;31merror:${startOfColour}[0m undefined symbol: answer`,
    )
    t.notMatch(fleLd('start.o').stderr, startOfColour)
    t.notMatch(fleLd('start.o', '--color-diagnostics=always', '--color-diagnostics=never').stderr, startOfColour)
  })
  t.test('--diagnostics=json: an object a line', async (t) => {
    const lines = fleLd('start.o', 'missing.o', '--diagnostics=json').stderr.trimEnd().split('\n')
    t.match(
      lines.map((line) => JSON.parse(line)),
      [{ tool: 'fle-ld', severity: 'error', code: 'cannot-open' }],
    )
  })
})

t.test('libraries', async (t) => {
  runToSuccess('gcc', ['-shared', '-nostdlib', '-x', 'c', '/dev/null', '-o', 'libshared.so'], { cwd })
  copyFileSync(join(cwd, 'libshared.so'), join(cwd, 'libf.so'))
  t.test('-l takes the archive and passes over the shared library', async (t) => {
    t.equal(fleLd('-w', 'start.o', 'answer.o', '-L.', '-lf', '-o', 'x').status, 0)
    t.equal(runCommand(join(cwd, 'x')).status, 7)
    failure(
      t,
      fleLd('start.o', '-L.', '-lshared'),
      /unable to find library -lshared\n.*\n.*\n>>> passed over: \.\/libshared\.so.*\n>>> hint: .*install the static/,
    )
  })
  t.test('-l:FILE, --sysroot, scripts in place of libraries', async (t) => {
    mkdirSync(join(cwd, 'root/lib'), { recursive: true })
    copyFileSync(join(cwd, 'libf.a'), join(cwd, 'root/lib/other.a'))
    writeFileSync(join(cwd, 'root/lib/libscript.a'), '/* GNU ld script */\nGROUP ( other.a AS_NEEDED ( other.a ) )\n')
    const base = ['-w', 'start.o', 'answer.o', '--sysroot=root', '-L=/lib', '-o', 'x']
    for (const library of ['-l:other.a', '-lscript'])
      t.match(fleLd(...base, library), { status: 0, stderr: '' }, library)
    writeFileSync(join(cwd, 'root/lib/libsections.a'), '\nSECTIONS { .text : { *(.text) } }')
    failure(t, fleLd(...base, '-lsections'), /root\/lib\/libsections\.a:2: SECTIONS/)
  })
  t.test('a shared library as an input', async (t) => {
    failure(
      t,
      fleLd(...objects, 'libshared.so'),
      /libshared\.so: this is a shared library.*\n>>> hint: static linking needs the archive/,
    )
  })
})

t.test('inputs that are none', async (t) => {
  failure(t, fleLd('no-object'), /no-object: this file is neither/)
  failure(t, fleLd('folder'), /cannot open folder: Is a directory/)
  failure(t, fleLd('missing.o'), /cannot open missing\.o: No such file or directory/)
  writeFileSync(join(cwd, 'lto.o'), compile('int f(void) { return 1; }', ['-flto']))
  failure(t, fleLd('lto.o'), /lto\.o: .*link-time optimization\n>>> hint: compile it without -flto/)
  writeFileSync(join(cwd, '32.o'), assemble('nop', ['-m32']))
  failure(t, fleLd('32.o'), /32\.o: the file is for another machine: i386/)
  writeFileSync(join(cwd, 'cut.a'), readFileSync(join(cwd, 'libf.a')).subarray(0, 100))
  failure(t, fleLd('cut.a'), /cut\.a: /)
})

t.test('inputs from pipes', async (t) => {
  t.match(shell('cat f.o | "$0" -w start.o answer.o /dev/stdin -o x && ./x'), { status: 7, stderr: '' })
  t.match(shell('mkfifo pipe; cat f.o > pipe & "$0" -w start.o answer.o pipe -o x && ./x'), { status: 7, stderr: '' })
  t.match(shell('"$0" start.o /dev/stdin < /dev/null').stderr, /warning: \/dev\/stdin: the file is empty, and ignored/)
})

t.test('a response file', async (t) => {
  writeFileSync(join(cwd, 'words'), `-w start.o\n'answer.o' "libf.a" -o x\n`)
  t.match(fleLd('@words'), { status: 0, stderr: '' })
})

t.test('outputs that cannot be written: status 1, and the old one stays', async (t) => {
  const link = (output: string) => fleLd('-w', ...objects, '-o', output)
  failure(t, link('folder'), /cannot write folder: Is a directory/)
  failure(t, link('missing/x'), /cannot write missing\/x: No such file or directory/)
  failure(t, link('start.o/x'), /cannot write start\.o\/x: Not a directory/)
  failure(t, link('/dev/full'), /cannot write \/dev\/full: No space left on device/)
  t.match(link('/dev/null'), { status: 0, stderr: '' })
  t.ok(statSync('/dev/null').isCharacterDevice())

  writeFileSync(join(cwd, 'old'), 'old')
  failure(t, shell('ulimit -f 4; "$0" -w start.o answer.o libf.a -o old'), /cannot write old: File too large/)
  t.equal(readFileSync(join(cwd, 'old'), 'utf8'), 'old')
  failure(t, fleLd('start.o', '-o', 'old'), /undefined symbol: answer/)
  t.equal(readFileSync(join(cwd, 'old'), 'utf8'), 'old')
  t.equal(shell('ls -A | grep -c tmp').stdout, '0\n', 'no temporary file stays')
})

t.test('too little memory: status 1, and the old one stays', async (t) => {
  writeFileSync(join(cwd, 'old'), 'old')
  writeFileSync(join(cwd, 'data.o'), s('.data\n.long 1'))
  writeFileSync(join(cwd, 'sparse'), '')
  truncateSync(join(cwd, 'sparse'), 2 ** 31 - 4096)
  // Input or output alone are nearly as long as all memory that the linker may have.
  const limited = (words: string) => shell(`ulimit -v 2000000; "$0" -w start.o answer.o libf.a ${words} -o old`)
  failure(t, limited('-b binary sparse'), /cannot open sparse: Cannot allocate memory\n/)
  failure(
    t,
    limited('data.o --oformat=binary -Tdata=78000000'),
    /^fle-ld: error: there is not enough memory\n>>> hint: let the command have more/,
  )
  t.equal(readFileSync(join(cwd, 'old'), 'utf8'), 'old')
})

t.test('less memory than WebAssembly asks for: the same program', async (t) => {
  const library = (name: string) => `$(gcc -print-file-name=${name})`
  const libraries = ['libc.a', 'libgcc.a', 'libgcc_eh.a'].map(library).join(' ')
  const words = `start.o answer.o -u printf --start-group ${libraries} --end-group --unresolved-symbols=ignore-all`
  for (const [limit, output] of [
    ['unlimited', 'with'],
    ['4000000', 'without'],
  ])
    t.match(shell(`ulimit -v ${limit}; "$0" -w ${words} -o ${output}`), { status: 0, stderr: '' })
  t.ok(readFileSync(join(cwd, 'with')).length > 100_000, 'much of the library is in it')
  t.ok(readFileSync(join(cwd, 'with')).equals(readFileSync(join(cwd, 'without'))))
})

t.test('a full disk and a folder without permission', async (t) => {
  mkdirSync(join(cwd, 'disk'))
  const onSmallDisk = shell(
    `unshare -rm sh -c 'mount -t tmpfs -o size=8k none disk && echo old > disk/old && "$0" -w start.o answer.o libf.a -o disk/old; echo $?; cat disk/old; ls -A disk' "$0"`,
  )
  // Where namespaces are not allowed, the disk cannot be made.
  if (!/unshare|mount/.test(onSmallDisk.stderr)) {
    t.match(onSmallDisk.stderr, /cannot write disk\/old: No space left on device/)
    t.equal(onSmallDisk.stdout, '1\nold\nold\n')
  }
  mkdirSync(join(cwd, 'closed'))
  chmodSync(join(cwd, 'closed'), 0o555)
  if (process.getuid?.() === 0) return
  failure(t, fleLd('-w', ...objects, '-o', 'closed/x'), /cannot write closed\/x: Permission denied/)
})
