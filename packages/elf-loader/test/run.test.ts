// Real programs under the loader and under execve: output, status, signal, and all that a process can find out about
// itself must be the same.

import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cleanCommand, runToSuccess } from '@fle/testkit'
import t, { type Test } from 'tap'

const loader = join(import.meta.dirname, '../bin/elf-loader.cjs')
const front = join(import.meta.dirname, '../dist/native/elf-loader')
const fleExec = join(import.meta.dirname, '../bin/fle-exec.cjs')

const folder = t.testdir({
  // All of the process that is the program's own; what differs from run to run only under a random layout.
  'image.c': `
    #define _GNU_SOURCE
    #include <elf.h>
    #include <fcntl.h>
    #include <signal.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/prctl.h>
    #include <sys/resource.h>
    #include <unistd.h>
    extern char **environ;
    static char buffer[1 << 16];
    static void show(const char *path) {
      int file = open(path, O_RDONLY);
      long size, total = 0;
      while ((size = read(file, buffer + total, sizeof buffer - 1 - total)) > 0) total += size;
      buffer[total] = 0;
      for (long i = 0; i < total; i++) if (!buffer[i]) buffer[i] = '|';
      printf("%s: %s\\n", path, buffer);
      close(file);
    }
    int main(int argc, char **argv) {
      printf("argc %d argv %p brk %p\\n", argc, (void *)argv, sbrk(0));
      for (int i = 0; i <= argc; i++) printf("%p %s\\n", (void *)argv[i], argv[i] ? argv[i] : "NULL");
      char **variable = environ;
      for (; *variable; variable++) printf("%p %s\\n", (void *)*variable, *variable);
      for (Elf64_auxv_t *a = (void *)(variable + 1); a->a_type; a++) {
        printf("auxv %ld 0x%lx\\n", a->a_type, a->a_un.a_val);
        if (a->a_type == AT_EXECFN || a->a_type == AT_PLATFORM) printf("  %s\\n", (char *)a->a_un.a_val);
      }
      show("/proc/self/comm");
      show("/proc/self/cmdline");
      show("/proc/self/environ");
      show("/proc/self/maps");
      long size = readlink("/proc/self/exe", buffer, sizeof buffer - 1);
      buffer[size < 0 ? 0 : size] = 0;
      printf("exe %s\\n", getuid() ? "" : buffer);
      for (int i = 1; i < 65; i++) {
        struct sigaction action = {0};
        sigaction(i, NULL, &action);
        if (action.sa_handler != SIG_DFL) printf("signal %d\\n", i);
      }
      for (int i = 0; i < RLIM_NLIMITS; i++) {
        struct rlimit limit;
        getrlimit(i, &limit);
        printf("limit %d %lx %lx\\n", i, limit.rlim_cur, limit.rlim_max);
      }
      for (int i = 0; i < 20; i++) if (fcntl(i, F_GETFD) >= 0) printf("file %d %x\\n", i, fcntl(i, F_GETFL));
      printf("dumpable %d\\n", prctl(PR_GET_DUMPABLE));
    }`,
  // The registers and the stack at the entry point, then a pause in the stream: everything else is in image.c.
  'registers.s': `
      .globl _start
    _start:
      mov %rax, saved(%rip)
      mov %rbx, saved+8(%rip)
      mov %rcx, saved+16(%rip)
      mov %rdx, saved+24(%rip)
      mov %rsi, saved+32(%rip)
      mov %rdi, saved+40(%rip)
      mov %rbp, saved+48(%rip)
      mov %rsp, saved+56(%rip)
      mov %r8, saved+64(%rip)
      mov %r9, saved+72(%rip)
      mov %r10, saved+80(%rip)
      mov %r11, saved+88(%rip)
      mov %r12, saved+96(%rip)
      mov %r13, saved+104(%rip)
      mov %r14, saved+112(%rip)
      mov %r15, saved+120(%rip)
      stmxcsr saved+128(%rip)
      fnstcw saved+132(%rip)
      movdqu %xmm0, saved+136(%rip)
      movdqu %xmm15, saved+152(%rip)
      mov $1, %eax
      mov $1, %edi
      lea saved(%rip), %rsi
      mov $168, %edx
      syscall
      mov $1, %eax
      mov $1, %edi
      mov %rsp, %rsi
      mov $400, %edx
      syscall
      mov $60, %eax
      mov $7, %edi
      syscall
      .bss
    saved: .skip 168`,
  'behave.c': `
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/resource.h>
    #include <unistd.h>
    static __thread int local = 5;
    int main(int argc, char **argv) {
      setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
      const char *what = argc > 1 ? argv[1] : "";
      if (!strcmp(what, "signal")) raise(atoi(argv[2]));
      if (!strcmp(what, "fault")) *(volatile int *)8 = 1;
      if (!strcmp(what, "abort")) abort();
      if (!strcmp(what, "exit")) return atoi(argv[2]);
      if (!strcmp(what, "echo")) for (int c; (c = getchar()) != EOF;) putchar(c);
      if (!strcmp(what, "heap")) {
        char *old = sbrk(1 << 20);
        memset(old, 1, 1 << 20);
        return sbrk(0) == old + (1 << 20) ? local : 1;
      }
      if (!strcmp(what, "pid")) printf("%d\\n", getpid());
      if (!strcmp(what, "bytes")) for (char *p = argv[2]; *p; p++) printf("%02x", *p & 0xff);
      fprintf(stderr, "to stderr\\n");
      return 3;
    }`,
})

const builds: Record<string, readonly string[]> = {
  static: ['-static'],
  'static-pie': ['-static-pie'],
  dynamic: [],
  'dynamic-at-fixed-addresses': ['-no-pie'],
  'executable-stack': ['-static', '-z', 'execstack', '-Wl,--no-warn-execstack'],
  'large-pages': ['-static-pie', '-Wl,-z,max-page-size=0x200000'],
  'dynamic-large-pages': ['-Wl,-z,max-page-size=0x200000'],
  'one-segment': ['-static', '-Wl,-z,noseparate-code'],
}
for (const [name, options] of Object.entries(builds)) {
  runToSuccess('gcc', [...options, '-o', `image-${name}`, 'image.c'], { cwd: folder })
  if (!name.includes('large')) runToSuccess('gcc', [...options, '-o', `behave-${name}`, 'behave.c'], { cwd: folder })
}
runToSuccess('gcc', ['-nostdlib', '-static', '-o', 'registers', 'registers.s'], { cwd: folder })
runToSuccess('gcc', ['-nostdlib', '-static-pie', '-o', 'registers-pie', 'registers.s'], { cwd: folder })
chmodSync(folder, 0o755)

interface Options {
  readonly input?: string
  readonly prefix?: readonly string[]
  readonly env?: Record<string, string | undefined>
}

/** Runs a program; what it writes is kept as bytes. No plan is kept: each run makes its own. */
function run(words: readonly string[], { input = '', prefix = [], env = {} }: Options): SpawnSyncReturns<string> {
  const [first, ...rest] = [...prefix, ...words]
  const [command, ...args] = cleanCommand(first, rest, { XDG_CACHE_HOME: '/proc/none', ...env })
  return spawnSync(command, args, {
    cwd: folder,
    input,
    encoding: 'latin1',
    timeout: 20_000,
    maxBuffer: 1 << 26,
  })
}

const essence = ({ status, signal, stdout, stderr }: SpawnSyncReturns<string>) => ({ status, signal, stdout, stderr })

/** Compares a program under execve and under the loader. */
function compare(t: Test, name: string, words: readonly string[], options: Options = {}): void {
  const native = essence(run(words, options))
  t.same(essence(run([process.execPath, loader, ...words], options)), native, name)
}

// setarch -R: no random addresses, so that every address must be the same.
const fixedLayout = ['setarch', '-R']

t.test('the process is as execve leaves it, address by address', (t) => {
  for (const name of Object.keys(builds))
    compare(t, name, [`./image-${name}`, 'one', '', 'two words'], { prefix: fixedLayout, env: { EMPTY: '' } })
  compare(t, 'another path', [join(folder, 'image-dynamic')], { prefix: fixedLayout })
  compare(t, 'legacy layout', ['./image-dynamic'], { prefix: ['setarch', '-R', '-L'] })
  compare(t, 'legacy layout, static-pie', ['./image-static-pie'], { prefix: ['setarch', '-R', '-L'] })
  compare(t, 'READ_IMPLIES_EXEC', ['./image-dynamic'], { prefix: ['setarch', '-R', '-X'] })
  compare(t, 'no limit of the stack', ['./image-dynamic'], {
    prefix: ['sh', '-c', 'ulimit -s unlimited; exec setarch -R "$0" "$@"'],
  })
  compare(t, 'few files', ['./image-static'], { prefix: ['sh', '-c', 'ulimit -n 300; exec setarch -R "$0" "$@"'] })
  t.end()
})

t.test('registers and stack at the entry point', (t) => {
  for (const name of ['registers', 'registers-pie']) {
    const native = run([...fixedLayout, `./${name}`, 'argument'], {})
    const loaded = run([...fixedLayout, process.execPath, loader, `./${name}`, 'argument'], {})
    t.equal(native.stdout.length, 568)
    t.equal(
      Buffer.from(loaded.stdout, 'latin1').toString('hex'),
      Buffer.from(native.stdout, 'latin1').toString('hex'),
      name,
    )
    t.equal(loaded.status, 7)
  }
  t.end()
})

t.test('addresses are random, each time others', (t) => {
  for (const name of ['static-pie', 'dynamic', 'static']) {
    const addresses = (pattern: RegExp) =>
      [1, 2, 3].map(() => pattern.exec(run([process.execPath, loader, `./image-${name}`], {}).stdout)?.[1])
    t.equal(new Set(addresses(/argv (0x[0-9a-f]+)/)).size, 3, `${name}: stack`)
    t.equal(new Set(addresses(/brk (0x[0-9a-f]+)/)).size, 3, `${name}: heap`)
    if (name !== 'static') t.equal(new Set(addresses(/auxv 9 (0x[0-9a-f]+)/)).size, 3, `${name}: program`)
  }
  t.end()
})

t.test('statuses, signals and streams are the program’s own', (t) => {
  for (const name of ['static', 'static-pie', 'dynamic', 'dynamic-at-fixed-addresses'])
    for (const words of [['exit', '0'], ['exit', '255'], ['heap'], ['fault']])
      compare(t, `${name} ${words.join(' ')}`, [`./behave-${name}`, ...words])
  for (const signal of [1, 2, 3, 6, 8, 9, 10, 11, 13, 14, 15, 24, 25, 31])
    compare(t, `signal ${signal}`, ['./behave-static', 'signal', String(signal)])
  compare(t, 'abort', ['./behave-dynamic', 'abort'])
  t.end()
})

t.test('arguments keep their bytes', (t) => {
  const script = 'exec "$@" bytes "$(printf \'a\\377\\351b\')"'
  const { stdout } = run(['sh', '-c', script, '-', process.execPath, loader, './behave-static'], {})
  t.equal(stdout, '61ffe962')
  t.end()
})

t.test('names of files keep their bytes', (t) => {
  const script = 'name=./$(printf "n\\377me"); cp "$1" "$name"; shift; exec setarch -R "$@" "$name" "$name"'
  for (const name of ['image-static', 'image-dynamic']) {
    const start = (...form: string[]) => essence(run(['sh', '-c', script, '-', name, ...form], {}))
    const native = start()
    t.match(native.stdout, /n\xffme/)
    t.same(start(process.execPath, loader), native, name)
    t.same(start(front), native, `${name}: the front`)
  }
  t.end()
})

t.test('the process stays the same', (t) => {
  const { stdout } = run(['sh', '-c', 'echo $$; exec "$@" pid', '-', process.execPath, loader, './behave-static'], {})
  const [shell, program] = stdout.split('\n')
  t.equal(program, shell)
  t.end()
})

t.test('many and long arguments', (t) => {
  const longest = 131071
  compare(t, 'the longest argument', ['./behave-static', 'x'.repeat(longest)])
  compare(t, 'many arguments', ['./behave-static', ...Array.from({ length: 50_000 }, (_, i) => `argument-${i}`)])
  const script =
    'node=$1 loader=$2; set -- ; i=0; a=$(head -c 100000 /dev/zero | tr "\\0" x); ' +
    'while [ $i -lt 18 ]; do set -- "$@" "$a"; i=$((i+1)); done; exec "$node" "$loader" ./behave-static "$@"'
  t.equal(run(['sh', '-c', script, '-', process.execPath, loader], {}).status, 3, '1.8 MB')
  t.end()
})

t.test('scripts', (t) => {
  writeFileSync(join(folder, 'bytes-script'), Buffer.from('#!./image-static a\xffb\xc3\n', 'latin1'), { mode: 0o755 })
  compare(t, 'an argument that is no UTF-8', ['./bytes-script', 'x'], { prefix: fixedLayout })
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    chmodSync(join(folder, name), 0o755)
  }
  write('shell-script', '#!/bin/sh -e\necho "$0" "$@"; cat /proc/self/comm; exit 9\n')
  write('argument', '#!./image-dynamic  two words \n')
  write('nested', '#!./argument first\n')
  compare(t, 'a shell script', ['./shell-script', 'x', 'y z'])
  compare(t, 'one argument, blanks inside', ['./argument', 'x'], { prefix: fixedLayout })
  compare(t, 'a script as interpreter', ['./nested', 'x'], { prefix: fixedLayout })
  t.end()
})

t.test('programs of the system', (t) => {
  const commands = [
    ['/bin/ls', '-l', '/usr/bin'],
    ['/bin/sh', '-c', 'echo $0 $((6*7)); exit 5'],
    ['/usr/bin/env', '-i', 'A=1', '/usr/bin/env'],
    ['/bin/bash', '-c', 'echo $BASH_VERSION; ulimit -n; trap; (exit 4)'],
    ['/usr/bin/python3', '-c', 'import sys; print(sys.version, sys.argv, sys.executable)', 'x'],
    ['/usr/bin/perl', '-e', 'print "$0 @ARGV $^X\\n"; kill 15, $$', 'x'],
    ['/bin/busybox', 'sh', '-c', 'busybox ls -l /usr; exit 3'],
    ['/bin/bash-static', '-c', 'echo $BASHPID | wc -l; exit 2'],
    ['/usr/bin/gdb', '--batch', '-ex', 'print 6*7'],
    ['/lib64/ld-linux-x86-64.so.2', '/bin/echo', 'through the dynamic linker'],
    [process.execPath, '-p', 'process.argv.length'],
  ]
  for (const words of commands.filter(([command]) => existsSync(command))) compare(t, words.join(' '), words)
  const twice = run([process.execPath, loader, process.execPath, loader, './behave-static', 'exit', '17'], {})
  t.equal(twice.status, 17, 'the loader under the loader')
  t.end()
})

t.test('set-user-id programs are refused', { skip: process.getuid?.() !== 0 }, (t) => {
  copyFileSync(join(folder, 'behave-static'), join(folder, 'set-id'))
  chmodSync(join(folder, 'set-id'), 0o4755)
  t.equal(statSync(join(folder, 'set-id')).mode & 0o4000, 0o4000)
  t.equal(run([process.execPath, loader, './set-id'], {}).status, 3, 'root is root anyway')
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  const { status, stderr } = run([process.execPath, loader, './set-id'], { prefix: nobody })
  t.equal(status, 126)
  t.match(stderr, 'set-user-id bit')
  compare(t, 'an unprivileged user', ['./image-dynamic'], { prefix: [...nobody, ...fixedLayout] })
  compare(t, 'an unprivileged user, static', ['./image-static'], { prefix: [...nobody, ...fixedLayout] })
  t.end()
})

const code = (text: string) => {
  writeFileSync(join(folder, 'code.s'), text)
  runToSuccess('gcc', ['-c', '-o', 'code.o', 'code.s'], { cwd: folder })
  runToSuccess('objcopy', ['-O', 'binary', '-j', '.text', 'code.o', 'code.bin'], { cwd: folder })
  return readFileSync(join(folder, 'code.bin')).toString('hex').replace(/../g, '$& ')
}
const fle = (name: string, text: string, mode = 0o755) => {
  writeFileSync(join(folder, name), text)
  chmodSync(join(folder, name), mode)
}

t.test('FLE programs', (t) => {
  const load = (name: string, ...words: string[]) => run([process.execPath, loader, `./${name}`, ...words], {})
  // Writes rsp, all registers that must be 0, and the words on the stack up to argv[1]'s.
  const probe = code(`
    lea -256(%rsp), %rbp
    mov %rsp, 0(%rbp)
    mov %rdi, 8(%rbp)
    mov %rsi, 16(%rbp)
    mov %rdx, 24(%rbp)
    mov %rax, %r14
    or %rbx, %r14
    or %rcx, %r14
    or %r8, %r14
    or %r9, %r14
    or %r10, %r14
    or %r11, %r14
    or %r12, %r14
    or %r13, %r14
    or %r15, %r14
    mov %r14, 32(%rbp)
    mov 8(%rsp), %rax
    mov %rax, 40(%rbp)
    lea 16(%rsp), %rax
    mov %rax, 48(%rbp)
    mov (%rax), %rax
    mov (%rax), %rax
    mov %rax, 56(%rbp)
    mov $1, %eax
    mov $1, %edi
    mov %rbp, %rsi
    mov $64, %edx
    syscall
    mov $300, %eax
    ret`)
  fle('probe', `#!/usr/bin/env fle-exec\n\n{"type": ".exe", "symbols": {"_start": 0}, ".load": ["🔢: ${probe}"]}\n`)
  const { stdout, status } = load('probe', 'x')
  const words = new BigUint64Array(Uint8Array.from(Buffer.from(stdout, 'latin1')).buffer)
  const [rsp, rdi, rsi, rdx, others, argc, argv, name] = words
  t.equal(status, 300 % 256, 'an entry that returns exits with what it returned')
  t.equal(rsp % 16n, 8n)
  t.equal(rdi, 2n)
  t.equal(argc, 2n)
  t.equal(rsi, argv)
  t.equal(rdx, rsi + 24n)
  t.equal(others, 0n, 'all other registers are 0')
  t.equal(Buffer.from(BigUint64Array.of(name).buffer).toString(), './probe\0', 'argv[0] is the path as it was given')
  t.equal(run([process.execPath, fleExec, './probe', 'x'], {}).status, 44, 'fle-exec')

  fle('data', '📤: value\n🔢: b8 2a 00 00 00\n🔢: c3\n', 0o644)
  t.equal(load('data').status, 42, 'a plain listing starts at its first byte, and need not be executable')
  fle('start', '🔢: b8 01 00 00 00 c3\n📤: _start\n🔢: b8 2b 00 00 00 c3\n', 0o644)
  t.equal(load('start').status, 43, 'a plain listing starts at _start')
  const segments = [
    { name: '.text', vaddr: 0x401000, size: 11, flags: 5 },
    { name: '.data', vaddr: 0x402000, size: 10_008, flags: 6 },
  ]
  const exe = {
    type: '.exe',
    symbols: { _start: 0x401000 },
    entry: 0x401000,
    phdrs: segments,
    '.text': ['🔢: 8b 04 25 00 20 40 00', '🔢: ff c0 90 c3'],
    '.data': ['🔢: 07 00 00 00 00 00 00 00', '🕳️: 10000'],
  }
  fle('segments', JSON.stringify(exe))
  t.equal(load('segments').status, 8, 'the form with segments')
  const write = { ...exe, '.text': ['🔢: c6 04 25 00 10 40 00 01', '🔢: 90 90 c3'] }
  fle('write-to-code', JSON.stringify(write))
  t.equal(load('write-to-code').signal, 'SIGSEGV', 'segments have their permissions')
  t.end()
})

t.test('what cannot be run is said', (t) => {
  const refuse = (words: readonly string[], status: number, message: RegExp) => {
    const result = run([process.execPath, ...words], {})
    t.equal(result.status, status, words.slice(1).join(' '))
    t.match(result.stderr, message)
  }
  fle('object', '❓: i32(puts - 0x4 - 📍)\n')
  fle('broken', '{"type": ".exe", "symbols": {"_start": 0}, ".load": ["🔢: zz"]}')
  refuse([loader], 125, /no program is given/)
  refuse([loader, '--dryrun', 'x'], 125, /unknown option: --dryrun\n>>> did you mean: --dry-run/)
  refuse(
    [loader, 'missing'],
    127,
    /^elf-loader: error: missing: cannot be executed: there is no such file \(ENOENT\)\n$/,
  )
  refuse([loader, 'ls'], 127, /did you mean: \/(usr\/)?bin\/ls/)
  refuse([loader, './object'], 126, /link it first: fle-ld .\/object -o a.out/)
  refuse([loader, './broken'], 126, /^elf-loader: error: .\/broken:1:/)
  refuse([loader, './code.o'], 126, /object file, not .* \(EACCES\)\n>>> hint: link it first: fle-ld .\/code.o -o code/)
  refuse([loader, './image.c'], 126, /it may not be executed/)
  refuse([fleExec, './behave-static'], 126, /^fle-exec: error: .*it is an ELF program .*\n>>> hint: use elf-loader/)
  refuse([fleExec, './shell-script'], 126, /it is not an FLE program/)
  refuse([loader, '--diagnostics=json', 'missing'], 127, /^\{"tool":"elf-loader","severity":"error"/)
  t.end()
})

t.test('--dry-run shows what would be loaded, and loads nothing', (t) => {
  for (const option of ['--dry-run', '--plan']) {
    const { stdout, status } = run([process.execPath, loader, option, './registers'], {})
    t.equal(status, 0)
    t.match(stdout, /^program {6}.\/registers\nfile {9}.\/registers: ELF, loaded at fixed addresses\n/)
    t.match(stdout, /0x401000-0x4010\w\w {2}R-X {5}0x1000 /)
    t.match(stdout, /\n {2}mmap\(0x401000, 0x1000, PROT_READ\|PROT_EXEC, MAP_PRIVATE\|MAP_FIXED, program, 0x1000\)\n/)
  }
  const { stdout } = run([process.execPath, loader, '--dry-run', '--json', './image-dynamic'], {})
  const { image, interpreter, steps } = JSON.parse(stdout)
  t.equal(image.placement, 'program')
  t.equal(interpreter.path, '/lib64/ld-linux-x86-64.so.2')
  t.match(steps.at(-1), { about: 'the jump', call: /^jump to interpreterBase \+ 0x/ })
  t.end()
})

t.test('--trace shows the calls that strace sees', { skip: !existsSync('/usr/bin/strace') }, (t) => {
  const isCall = (line: string) => /^(open|mmap|mprotect|munmap|mremap|close)\(/.test(line)
  const normal = (line: string) =>
    line
      .replace(/\s+= .*/, '')
      .replace(/\bNULL\b/g, '0')
      .replace(/\b(0x[0-9a-f]+|\d+)\b/g, (number) => `${Number(number)}`)
  for (const name of ['./registers-pie', './image-dynamic', './probe']) {
    const { stderr } = run(['strace', '-o', 'log', process.execPath, loader, '--trace', name], {})
    const traced = stderr.split('\n').filter(isCall)
    const log = readFileSync(join(folder, 'log'), 'latin1')
    const calls = log.slice(log.lastIndexOf('execve')).split('\n').filter(isCall)
    t.ok(traced.length > 4)
    // The first munmap, of the stub's file, is no step.
    t.same(traced.map(normal), calls.slice(1, traced.length + 1).map(normal), name)
  }
  t.end()
})
