// What the loader shows of a running program: its memory and stack at the entry point, its crash, and gdb at its start.

import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { memoryFiles } from '@fle/diagnostics'
import { cleanCommand, runToSuccess } from '@fle/testkit'
import t from 'tap'
import { describeMaps, describeStack } from '../src/describe-entry.ts'
import { describeFault } from '../src/describe-fault.ts'
import { readFacts } from '../src/facts.ts'

const front = join(import.meta.dirname, '../dist/native/elf-loader')
const folder = t.testdir({
  'crash.c': `
    #include <fcntl.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mman.h>
    #include <unistd.h>
    static const char text[] = "constant";
    static char data[16] = {(char)0xc3};
    static volatile int nought;
    struct list { long value[2]; struct list *next; };
    __attribute__((noinline)) int follow(struct list *list) {
      return list->next == NULL;
    }
    __attribute__((noinline)) int recurse(int n) { volatile char room[4096]; room[0] = n; return recurse(n + 1) + room[0]; }
    static void handler(int signal) { _exit(7); }
    int main(int argc, char **argv) {
      const char *what = argc > 1 ? argv[1] : "";
      #define CASE(name) if (!strcmp(what, name))
      CASE("null") return follow(NULL);
      CASE("constant") *(volatile char *)text = 'x';
      CASE("code") *(volatile char *)main = 'x';
      CASE("data") ((void (*)(void))data)();
      CASE("jump") { void (*volatile function)(void) = NULL; function(); return 1; }
      CASE("recursion") return recurse(0);
      CASE("divide") return argc * 7 / nought;
      CASE("trap") __asm__("ud2");
      CASE("breakpoint") __asm__("int3");
      CASE("canonical") *(volatile long *)0xdead000000000000 = 1;
      CASE("file") { char *p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, open("crash.c", O_RDONLY), 0); return p[8000]; }
      CASE("handled") { signal(SIGSEGV, handler); return follow(NULL); }
      CASE("raise") raise(SIGSEGV);
      puts(what);
      return 3;
    }`,
  cache: {},
})
runToSuccess('gcc', ['-g', '-O1', '-fno-optimize-sibling-calls', '-w', '-static', '-o', 'crash', 'crash.c'], {
  cwd: folder,
})
runToSuccess('gcc', ['-g', '-O1', '-fno-optimize-sibling-calls', '-w', '-o', 'crash-pie', 'crash.c'], { cwd: folder })

function run(words: readonly string[], input = '', env = {}) {
  const [first, ...rest] = words
  const [command, ...args] = cleanCommand(first, rest, { XDG_CACHE_HOME: join(folder, 'cache'), ...env })
  const { status, signal, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 30_000,
    input,
  })
  return { status, signal, stdout, stderr }
}

/** Lines of the program's source, counted from 1, that contain a text. */
const lineOf = (text: string) =>
  readFileSync(join(folder, 'crash.c'), 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1

t.test('--fault explains a crash', (t) => {
  const crash = (what: string, signal: string, ...messages: RegExp[]) => {
    for (const name of ['crash', 'crash-pie']) {
      const result = run([front, '--fault', `./${name}`, what])
      t.equal(result.signal, signal, `${name} ${what}`)
      t.match(result.stderr, new RegExp(`^elf-loader: error: ./${name}: ${signal}: `))
      for (const message of messages) t.match(result.stderr, message)
      t.match(result.stderr, /\n>>> rax 0x/)
    }
  }
  crash(
    'null',
    'SIGSEGV',
    /it touched 0x10, where no memory is mapped\n/,
    /\n>>> in follow\+0x\w+, .*crash/,
    /a null pointer/,
  )
  crash('null', 'SIGSEGV', /by the instruction at 0x\w+: cmpq \$0, 0x10\(%rdi\)\n/)
  crash('null', 'SIGSEGV', new RegExp(`\n>>> at .*crash.c:${lineOf('return list->next')}\n`))
  crash('constant', 'SIGSEGV', /which must not be written: 0x\w+-0x\w+ R-- \(.*crash/, /in main\+/, /string literals/)
  crash('code', 'SIGSEGV', /must not be written: 0x\w+-0x\w+ R-X/, /this is code/)
  crash('data', 'SIGSEGV', /it jumped to 0x\w+, which must not be executed: 0x\w+-0x\w+ RW-/, /called from main\+/)
  crash(
    'jump',
    'SIGSEGV',
    /it jumped to 0x0, where/,
    /called from main\+/,
    new RegExp(`crash.c:${lineOf('function()')}`),
  )
  crash('recursion', 'SIGSEGV', /in recurse\+/, /the stack is used up/)
  crash('divide', 'SIGFPE', /divided an integer by zero/, new RegExp(`crash.c:${lineOf('/ nought')}`))
  crash('trap', 'SIGILL', /no instruction of this processor/, /in main/)
  crash('breakpoint', 'SIGTRAP', /it came to a breakpoint/)
  crash('canonical', 'SIGSEGV', /an address that no program can have/)
  crash('file', 'SIGBUS', /mapped from a file that ends before it/)
  t.match(run([front, '--fault', './crash', 'handled']), { status: 7, stderr: '' }, 'a signal that is handled')
  t.match(run([front, '--fault', './crash', 'raise']), { signal: 'SIGSEGV', stderr: '' }, 'a signal that was sent')
  t.match(run([front, '--fault', './crash', 'fine']), { status: 3, stdout: 'fine\n', stderr: '' })
  t.end()
})

t.test('--fault names the symbols of FLE programs', (t) => {
  const exe = { type: '.exe', symbols: { _start: 0, bad: 1 }, '.load': ['🔢: 90 8b 04 25 08 00 00 00 c3'] }
  writeFileSync(join(folder, 'bad.fle'), JSON.stringify(exe))
  chmodSync(join(folder, 'bad.fle'), 0o755)
  const { signal, stderr } = run([front, '--fault', './bad.fle'])
  t.equal(signal, 'SIGSEGV')
  t.match(stderr, /it touched 0x8, where no memory is mapped\n/)
  t.match(stderr, /\n>>> in bad\+0x0, .\/bad.fle\n/)
  t.end()
})

t.test('--maps and --stack show the process at its entry point', (t) => {
  const { status, stdout, stderr } = run([front, '--maps', '--stack', './crash', 'one', 'two'])
  t.match({ status, stdout }, { status: 3, stdout: 'one\n' })
  t.match(stderr, /^memory at the entry point\n0x400000-0x401000 +R-- +4K .*\/crash \+ 0x0\n0x401000-0x/)
  t.match(stderr, /RW- +\w+ +zeros behind .*\/crash\n/)
  t.notMatch(stderr, /0x2000\d{8}-/, 'nothing of the loader')
  t.notMatch(stderr, /libc|\[heap\]/, 'nothing has run yet')
  const lines = stderr.slice(stderr.indexOf('the stack')).split('\n')
  t.match(lines[0], /^the stack at the entry point: rsp is 0x7f\w+0$/)
  t.match(lines[1], /^0x\w+ {2}0x3 +argc/)
  t.match(
    lines.slice(2, 6).join('\n'),
    /argv\[0\] → ".\/crash"\n.*argv\[1\] → "one"\n.*argv\[2\] → "two"\n.* 0x0 +the end of argv/,
  )
  t.match(stderr, /XDG_CACHE_HOME=/)
  const entry = /Entry point address: +(0x\w+)/.exec(runToSuccess('readelf', ['-h', 'crash'], { cwd: folder }))?.[1]
  t.match(stderr, new RegExp(`AT_ENTRY\n0x\\w+  ${entry} `))
  t.match(stderr, /( [0-9a-f]{2}){16} {2}random bytes\n/)
  t.match(stderr, /"x86_64"\n[\s\S]*"\.\/crash"\n[\s\S]*"one"\n[\s\S]*"two"\n/)
  t.match(stderr, /AT_EXECFN\n.*→ "\.\/crash"\n/)
  const words = lines.filter((line) => /^0x\w+ {2}0x/.test(line)).map((line) => BigInt(line.split(' ')[0]))
  t.ok(words.length > 40)
  t.ok(
    words.every((word, i) => i === 0 || word === words[i - 1] + 8n),
    'word by word',
  )
  t.match(run([front, '--maps', './crash-pie', 'x']).stderr, /\[vdso\][\s\S]*ld-linux-x86-64.so.2/)
  t.end()
})

t.test('what the supervisor found is told, whatever it is', (t) => {
  const facts = {
    program: 'p',
    shows: ['fault'],
    maps: ['100000-200000 r-xp 00000000 00:00 0          /a b', '300000-400000 rw-p 00000000 00:00 0 '],
    registers: { rip: '0x100000', rsp: '0x3ffff8' },
    signal: 11,
    code: 1,
    address: '0x200004',
    instruction: { address: '0x100000', bytes: '' },
    stack: { address: '0x3ffff8', bytes: '02' },
  }
  const tell = (changes: object) => {
    const read = readFacts(JSON.stringify({ ...facts, ...changes }))
    return describeFault(read, memoryFiles({ '/a b': '\x7fELF' }), 'x', () => undefined)
  }
  t.match(tell({}), /touched 0x200004, where no memory is mapped, 5 bytes behind \/a b\n/)
  t.match(tell({ maps: [] }), /touched 0x200004/)
  t.match(tell({ signal: 99 }), /signal 99/)
  const cut = readFacts(JSON.stringify(facts))
  t.match(describeStack(cut), /rsp is 0x3ffff8/)
  t.match(describeMaps(cut), /\/a b \+ 0x0/)
  t.end()
})

const hasGdb = existsSync('/usr/bin/gdb')

t.test('--gdb starts gdb at the entry point, with symbols', { skip: !hasGdb }, (t) => {
  for (const name of ['crash', 'crash-pie']) {
    const commands = 'break main\ncontinue\ninfo source\nprint argc\ncontinue\n'
    const { stdout, stderr } = run([front, '--gdb', `./${name}`, 'one'], commands)
    t.match(stdout, /Breakpoint 1, main \(argc=2, .*crash.c:/, name)
    t.match(stdout, /\$1 = 2\n/)
    t.match(stdout, /one\n[\s\S]*exited with code 03/, stderr)
  }
  t.end()
})

t.test('--gdb knows the symbols of FLE programs', { skip: !hasGdb }, (t) => {
  // _start calls helper, which returns 7 more than it is given: 35 + 7.
  const code = ['bf 23 00 00 00', 'e8 01 00 00 00', 'c3', '8d 47 07', 'c3']
  const bytes = code.map((line) => `"🔢: ${line}"`).join(', ')
  const address = 0x1000000
  writeFileSync(join(folder, 'blob'), `{"type": ".exe", "symbols": {"_start": 0, "helper": 11}, ".load": [${bytes}]}\n`)
  const segment = `{"name": ".text", "vaddr": ${address}, "size": 15, "flags": 5}`
  writeFileSync(
    join(folder, 'fixed'),
    `{"type": ".exe", "symbols": {"_start": ${address}, "helper": ${address + 11}}, "entry": ${address}, ` +
      `"phdrs": [${segment}], ".text": [${bytes}]}\n`,
  )
  const left = () => readdirSync(folder).filter((name) => name.startsWith('elf-loader-'))
  for (const name of ['blob', 'fixed']) {
    const commands = 'break helper\ncontinue\nbacktrace 2\nx/i $pc\nfinish\ncontinue\n'
    const { stdout, stderr } = run([front, '--gdb', `./${name}`], commands, { TMPDIR: folder })
    t.match(stdout, /Breakpoint 1, 0x\w+ in helper \(\)/, `${name}\n${stderr}`)
    t.match(stdout, /#0 .* in helper \(\)\n#1 .* in _start \(\)/)
    t.match(stdout, /<helper>:\tlea /)
    t.match(stdout, /exited with code 052/)
    t.same(left(), [])
  }
  t.end()
})

t.test('--stop leaves the program at its first instruction', { skip: !hasGdb }, (t) => {
  const [command, ...args] = cleanCommand(front, ['--stop', './crash', 'one'], {})
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  child.stderr.on('data', (text) => {
    const [, process, entry] = /process (\d+) is stopped at its entry point, (0x\w+)/.exec(`${text}`) ?? []
    const debug = ['-q', '-batch', '-ex', 'info registers rip', '-ex', 'continue', '-p', process, './crash']
    const seen = run(['gdb', ...debug]).stdout
    t.match(seen, new RegExp(`rip +${entry}`))
    t.match(seen, /<_start>/)
  })
  child.on('close', (status) => {
    t.equal(status, 3)
    t.equal(output, 'one\n')
    t.end()
  })
})

t.test('what does not go together is said', (t) => {
  for (const other of ['--sandbox', '--fault', '--limit=processes=3'])
    t.match(run([front, '--stop', other, './crash']), { status: 125, stderr: /--stop and --gdb leave the program/ })
  t.end()
})
