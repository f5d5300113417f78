// fle-cc as it is installed: what it leaves, what it says, and that it leaves nothing else.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Diagnostics } from '@fle/diagnostics'
import { readObject } from '@fle/elf'
import { cleanCommand, compareObjects, type RunOptions, type RunResult, runCommand, runToSuccess } from '@fle/testkit'
import t, { type Test } from 'tap'

const commands = join(import.meta.dirname, '../../../node_modules/.bin')
const path = `${commands}${delimiter}${process.env.PATH}`

const sources = {
  'foo.c': 'int n = 3;\nvoid print(const char *);\nvoid foo(void) { for (int i = 0; i < n; i++) print("Hello\\n"); }\n',
  'libc.c': `
    static long call(long number, long a, long b, long c) {
      long result;
      __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
      return result;
    }
    void print(const char *text) { long n = 0; while (text[n]) n++; call(1, 1, (long)text, n); }
    int main(void);
    __attribute__((force_align_arg_pointer)) void _start(void) { call(60, main(), 0, 0); }
  `,
  'main.c': 'extern int n;\nvoid foo(void);\nint main(void) { foo(); return n; }\n',
  'broken.c': 'int main(void) { return x; }\n',
}

/** A folder with the sources, an empty one for temporary files, and a way to run commands there. */
function workshop(t: Test) {
  const folder = t.testdir({ work: sources, tmp: {} })
  const cwd = join(folder, 'work')
  const env = { PATH: path, TMPDIR: join(folder, 'tmp') }
  return {
    cwd,
    env,
    run: (command: string, options: RunOptions = {}): RunResult =>
      runCommand('sh', ['-c', command], { cwd, ...options, env: { ...env, ...options.env } }),
    /** What a command leaves that was not there before. */
    made: () => readdirSync(cwd).filter((name) => !Object.hasOwn(sources, name)),
    temporary: () => readdirSync(join(folder, 'tmp')),
  }
}

/** A program named gcc that does what is said. */
function fakeCompiler(cwd: string, script: string): { PATH: string } {
  mkdirSync(join(cwd, 'fake'))
  writeFileSync(join(cwd, 'fake/gcc'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { PATH: `${join(cwd, 'fake')}${delimiter}${path}` }
}

t.test('the session of the lecture', async (t) => {
  const { run, made, temporary } = workshop(t)
  for (const name of ['foo', 'libc', 'main']) {
    const command = `fle-cc -Wall -g -Os ${name}.c -o ${name}.o`
    t.match(run(command), { status: 0, stdout: '', stderr: '' }, command)
  }
  t.strictSame(made(), ['foo.fle', 'foo.o', 'libc.fle', 'libc.o', 'main.fle', 'main.o'])
  t.match(run('fle-ld foo.fle libc.fle main.fle -o hello'), { status: 0, stdout: '', stderr: '' })
  t.match(run('fle-ld foo.fle libc.fle main.fle -o hello.elf --oformat=elf64-x86-64'), { status: 0, stderr: '' })
  for (const command of [
    './hello',
    'fle-exec ./hello',
    'elf-loader ./hello',
    './hello.elf',
    'elf-loader ./hello.elf',
  ]) {
    t.match(run(command), { status: 3, stdout: 'Hello\nHello\nHello\n', stderr: '' }, command)
  }
  t.match(run('head -n 1 hello').stdout, '#!/usr/bin/env fle-exec\n')
  t.strictSame(temporary(), [])
})

t.test('the plain listing', async (t) => {
  const { run } = workshop(t)
  const listing = '#!/usr/bin/env fle-exec\n📤: _start\n🔢: bf 2a 00 00 00\n  the status ^\n🔢: b8 3c 00 00 00 0f 05\n'
  const options = { input: listing }
  t.match(run('cat > minimal; chmod +x minimal; ./minimal', options), { status: 42, stderr: '' })
  t.match(run('sed "s/ 2a / 2b /" minimal > other; fle-exec ./other'), { status: 43, stderr: '' })
  t.match(run('elf-loader ./other'), { status: 43, stderr: '' })
})

t.test('objects', async (t) => {
  const { run, made, temporary } = workshop(t)
  t.match(run('fle-cc -c foo.c main.c'), { status: 0, stdout: '', stderr: '' })
  t.strictSame(made(), ['foo.fle', 'main.fle'])
  t.match(run('fle-cc -MD foo.c -o x.fle; cat x.d'), { status: 0, stdout: /^x\.fle: foo\.c/, stderr: '' })
  t.match(run('fle-cc -S foo.c -o - | grep -c "^foo:"'), { stdout: '1\n' })
  t.match(run('fle-cc -c foo.c -o /dev/null'), { status: 0, stdout: '', stderr: '' })
  t.match(run('fle-cc -c foo.c --dialect=classic -o /dev/stdout | cat'), { status: 0, stdout: /"🔢: .*❓: i32\(/s })
  t.strictSame(temporary(), [])
})

t.test('dialects', async (t) => {
  const { run } = workshop(t)
  for (const dialect of ['linklab', 'linklab2024']) {
    const env = { FLE_DIALECT: dialect }
    t.match(run('fle-cc -Os -c foo.c libc.c main.c && grep -c "❓: .rel(" foo.fle', { env }), {
      status: 0,
      stdout: /^[1-9]/,
    })
    t.match(run('fle-ld foo.fle libc.fle main.fle -o hello && ./hello', { env }), { status: 3, stdout: /^Hello\n/ })
    t.match(run('grep -c symbols hello'), { status: 1 }, `the program is of ${dialect}`)
    t.match(run('fle-cc -Os foo.c libc.c main.c -o hello && grep symbols hello', { env }), { status: 1 })
    const own = 'fle-cc --dialect=fle -Os foo.c libc.c main.c -o hello && grep -c symbols hello && ./hello'
    t.match(run(own, { env }), { status: 3, stdout: /^1\nHello\n/ }, 'an option wins over the environment')
  }
  const wrong = run('fle-ld foo.fle', { env: { FLE_DIALECT: 'german' } })
  t.match(wrong, { status: 2, stderr: /error: FLE_DIALECT: german is not one of fle, classic, linklab, linklab2024/ })
})

t.test('programs', async (t) => {
  const { run, made, temporary } = workshop(t)
  t.match(run('fle-cc -Os foo.c libc.c main.c -o hello && ./hello'), { status: 3, stdout: /^Hello\n/, stderr: '' })
  t.match(run('fle-cc -Os foo.c libc.c main.c --oformat=elf64-x86-64 && ./a.out'), { status: 3, stderr: '' })
  t.strictSame(made(), ['a.out', 'hello'])
  t.match(run('fle-cc -O2 --show-commands -c foo.c libc.c && ar rcs lib.a && fle-cc main.c foo.fle libc.fle'), {
    status: 0,
    stderr: /^gcc -c .* -O2 foo\.c .*\nfle-cc -c .* foo\.fle /,
  })
  t.match(run('./a.out'), { status: 3 })
  t.match(run('fle-cc main.c -o missing'), { status: 1, stderr: /fle-ld: error: undefined symbol: / })
  t.notOk(made().includes('missing'))
  t.strictSame(temporary(), [])
})

t.test('--as=fle: the objects are those of GNU as', async (t) => {
  const { run } = workshop(t)
  t.match(
    run('fle-cc -O1 -c main.c -o theirs.fle && fle-cc -O1 --as=fle -c main.c -o ours.fle && cmp theirs.fle ours.fle'),
    {
      status: 0,
      stdout: '',
      stderr: '',
    },
  )
  t.match(run('fle-cc --as=fle --hosted -nostdlib foo.c libc.c main.c -o hello && ./hello'), { status: 3, stderr: '' })
})

t.test('hosted: gcc does the work and fle-ld is its ld', async (t) => {
  const { run, temporary } = workshop(t)
  t.match(run('fle-cc --hosted -nostdlib foo.c libc.c main.c -o hello && ./hello'), { status: 3, stderr: '' })
  const source =
    '#include <stdio.h>\nint main(int argc, char **argv) { printf("%d %s\\n", argc, argv[0]); return 5; }\n'
  t.match(run('fle-cc --hosted -x c - -o greet && ./greet', { input: source }), {
    status: 5,
    stdout: '1 ./greet\n',
    stderr: '',
  })
  t.match(run('fle-cc -static -nostdlib main.c'), {
    status: 1,
    stderr: /fle-ld: error: undefined symbol: .*gcc failed/s,
  })
  t.strictSame(temporary(), [])
})

t.test('objects and archives become FLE and come back', async (t) => {
  const { cwd, run } = workshop(t)
  t.equal(run('gcc -c -ffreestanding -fPIE -O2 foo.c libc.c && ar rcsD lib.a foo.o libc.o').status, 0)
  const commandLine =
    'fle-cc -c foo.o && fle-cc -c foo.fle -o back.o --keep-debug && fle-cc -c lib.a && fle-cc -c lib.fa -o back.a'
  t.match(run(commandLine), { status: 0, stdout: '', stderr: '' })
  const object = (name: string) => {
    const diagnostics = new Diagnostics()
    const read = readObject(new Uint8Array(readFileSync(join(cwd, name))), name, diagnostics)
    if (!read) throw new Error(diagnostics.list[0]?.message)
    return read
  }
  t.strictSame(compareObjects(object('foo.o'), object('back.o'), { all: false }), [])
  t.equal(run('ar t back.a').stdout, 'foo.o\nlibc.o\n')
  t.equal(run('nm --print-armap back.a').stdout, run('nm --print-armap lib.a').stdout)
  t.match(run('fle-cc main.c lib.fa -o hello && ./hello'), { status: 3, stdout: /^Hello\n/, stderr: '' })
  t.match(run('fle-cc -c foo.c -o lib.fa'), { status: 1, stderr: /is an object, but the name lib\.fa/ })
})

t.test('gcc’s errors are shown, and one of ours', async (t) => {
  const { cwd, run, made, temporary } = workshop(t)
  writeFileSync(join(cwd, 'broken.fle'), 'old')
  t.match(run('fle-cc -c broken.c main.c'), {
    status: 1,
    stdout: '',
    stderr:
      /broken\.c:1:\d+: error: .x. undeclared.*fle-cc: error: gcc failed with status 1\n>>> gcc -c .* broken\.c /s,
  })
  t.equal(readFileSync(join(cwd, 'broken.fle'), 'utf8'), 'old', 'the old output is left alone')
  t.ok(existsSync(join(cwd, 'main.fle')), 'the other source is compiled all the same')
  t.match(run('fle-cc broken.c main.c -o hello'), { status: 1 })
  t.notOk(made().includes('hello'))
  t.match(run('fle-cc -c nofile.c'), { status: 1, stderr: /nofile\.c: No such file/ })
  t.match(run('fle-cc -c nofile.o'), { status: 1, stderr: /^fle-cc: error: cannot open nofile\.o: No such file/ })
  t.match(run('fle-cc -c main.c -o /nowhere/x.fle'), {
    status: 1,
    stderr: /cannot write \/nowhere\/x\.fle: No such file/,
  })
  t.strictSame(temporary(), [])
})

t.test('gcc missing and gcc killed', async (t) => {
  const { cwd, env, run, temporary } = workshop(t)
  const compiler = join(commands, 'fle-cc')
  const alone = runCommand(process.execPath, [compiler, '-c', 'foo.c'], {
    cwd,
    env: { ...env, PATH: join(cwd, 'none') },
  })
  t.match(alone, {
    status: 1,
    stderr: /^fle-cc: error: cannot run gcc: it is not in PATH\n>>> gcc -c .*\n>>> hint: .*install/,
  })
  const killed = run('fle-cc -c foo.c', {
    env: fakeCompiler(cwd, 'echo half > "$(echo "$*" | sed s/.*-o.//)"; kill -KILL $$'),
  })
  t.match(killed, { status: 1, stderr: /^fle-cc: error: gcc was killed by SIGKILL\n>>> gcc -c .*foo\.c/ })
  t.notOk(existsSync(join(cwd, 'foo.fle')))
  t.strictSame(temporary(), [])
})

t.test('a signal ends gcc and fle-cc, and leaves nothing', async (t) => {
  const { cwd, env, temporary } = workshop(t)
  const { PATH } = fakeCompiler(cwd, 'echo started; exec sleep 60')
  const [program, ...words] = cleanCommand('fle-cc', ['-c', 'foo.c'], { ...env, PATH })
  const child = spawn(program, words, { cwd, stdio: 'pipe' })
  child.stdout.once('data', () => {
    t.equal(temporary().length, 1, 'there is a temporary folder')
    child.kill('SIGTERM')
  })
  const signal = await new Promise((resolve) => child.once('close', (_status, signal) => resolve(signal)))
  t.equal(signal, 'SIGTERM')
  t.strictSame(temporary(), [])
})

t.test('the command line', async (t) => {
  const { run } = workshop(t)
  t.match(run('fle-cc --help'), { status: 0, stdout: /^Usage: fle-cc.*--keep-debug.*-Wl,WORDS/s, stderr: '' })
  t.match(run('fle-cc --version'), { status: 0, stdout: /^fle-cc \d+\.\d+\.\d+\n$/ })
  t.match(run('fle-cc'), { status: 2, stderr: /^fle-cc: error: no input files\n/ })
  t.match(run('fle-cc -c foo.c main.c -o x.fle'), {
    status: 2,
    stderr: /names one object, and there are 2 input files/,
  })
  t.match(run('fle-cc --diagnostics=json -c nofile.o').stderr, /^\{"tool":"fle-cc","severity":"error".*\}\n$/)
  t.equal(
    runToSuccess('sh', ['-c', 'fle-cc -print-file-name=libc.a'], { env: { PATH: path } }),
    runToSuccess('gcc', ['-print-file-name=libc.a']),
  )
})
