// The labs' tools as they are started through their links, and what is said when something is wrong.
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Diagnostics } from '@fle/diagnostics'
import { readFle } from '@fle/fle'
import { type RunOptions, type RunResult, runCommand } from '@fle/testkit'
import t, { type Test } from 'tap'
import { checkLabFile, courseOf, reporting } from '../src/index.ts'

const command = join(import.meta.dirname, '../../../node_modules/.bin/fle')

const sources = {
  'main.c': `
    extern int shared; int next(int); static int zeros[9];
    static long call(long number, long a, long b, long c) {
      long result;
      __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
      return result;
    }
    __attribute__((weak)) int once(void) { return 1; }
    void _start(void) { zeros[3] = next(shared); call(1, 1, (long)"lab\\n", 4); call(60, zeros[3] + once(), 0, 0); }
  `,
  'next.c': 'int shared = 5;\nint next(int x) { return x + shared; }\n',
  'fault.c': 'const int limit = 3;\nvoid _start(void) { *(volatile int *)&limit = 4; }\n',
}

/** A lab's folder with sources and our tools, and a way to run commands there. */
function labFolder(t: Test, course: string) {
  const cwd = t.testdir(sources)
  const run = (line: string, options: RunOptions = {}): RunResult => runCommand('sh', ['-c', line], { cwd, ...options })
  t.match(run(`${command} lab init . --course=${course}`), { status: 0, stdout: '', stderr: '' })
  return { cwd, run }
}

t.test('the edition of 2025', async (t) => {
  const { cwd, run } = labFolder(t, 'linklab')
  t.match(run('./cc -Os main.c -o main.o && ./cc -Os next.c -o next.o'), { status: 0, stdout: '', stderr: '' })
  t.notOk(existsSync(join(cwd, 'main.o')), 'the ELF object goes')
  const main = readFle(readFileSync(join(cwd, 'main.fo')), 'main.fo', new Diagnostics())
  t.match(main, { kind: 'object', dialect: 'linklab' })

  t.match(run('./nm main.fo'), { status: 0, stdout: /^0{16} W once\n/m })
  t.match(run('./nm main.fo').stdout, /^0{16} b zeros\n[\s\S]*^ {17}U next\n/m)
  t.match(run('./ld main.fo next.fo -o program'), { status: 0, stdout: '', stderr: '' })
  t.match(run('./exec program'), { status: 11, stdout: 'lab\n', stderr: '' })
  t.match(
    run('PATH=$COMMANDS:$PATH ./program', { env: { COMMANDS: dirname(command) } }),
    { status: 11, stdout: 'lab\n' },
    'it runs by itself as well',
  )
  t.match(
    run('./readfle program').stdout,
    /^Type: .exe$[\s\S]*^Program Headers:$[\s\S]*^ +\.text +0x0*400000 +\d+ +R\|X$/m,
  )
  t.match(run('./readfle main.fo').stdout, /^Relocations of \.text:$[\s\S]*R_X86_64_PLT32 +next +0xf{15}c$/m)
  t.match(run('./disasm next.fo .text').stdout, /ret/)
  t.match(run('./objdump next.fo && cmp next.fo next.fo.objdump'), { status: 0, stdout: '' })

  t.match(run('./ar libnext.fa next.fo && ./ld -lnext main.fo -oother -L. && ./exec other'), {
    status: 11,
    stdout: 'lab\n',
  })
  t.match(run('./ld -e once main.fo next.fo -o other && ./readfle other').stdout, /^Entry: 0x0*400000$/m)
  t.match(run(`${command} lab check .`), { status: 0, stdout: /^\d files, 0 findings\n$/ })
})

/** What a loader must know of a file, as a reader of its own sees it: written from the description of the lab's tools. */
function loaderView(path: string) {
  const text = readFileSync(path, 'utf8')
  const json = JSON.parse(text.startsWith('#!') ? text.slice(text.indexOf('\n')) : text)
  const fields: string[] = []
  for (const { name, size } of json.phdrs) {
    let at = 0
    for (const line of json[name]) {
      const [prefix, content] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]
      if (prefix === '🔢') at += content.split(' ').length
      if (prefix !== '❓') continue
      const match = /^\.(dynrel|dynabs64|dynabs32)\(([\w.@$]+) ([-+]) (?:0x)?([\da-f]+)\)$/.exec(content)
      if (!match) throw new Error(`Invalid relocation: ${content}`)
      fields.push(`${name}+${at} ${match.slice(1).join(' ')}`)
      at += match[1] === 'dynabs64' ? 8 : 4
    }
    t.equal(at, size, `${name} has as many bytes as it says`)
  }
  return { type: json.type, needed: json.needed, bases: json.shdrs?.map(({ addr }: { addr: number }) => addr), fields }
}

t.test('shared objects are made, linked against and loaded', async (t) => {
  const { cwd, run } = labFolder(t, 'linklab')
  writeFileSync(
    join(cwd, 'state.c'),
    'int twice(int); static int seen = 1; int *at = &seen;\nint state = 4; int *both[] = {&state, 0}; int add(int n) { *at += n; return twice(seen) + state; }\n',
  )
  writeFileSync(join(cwd, 'twice.c'), 'int twice(int n) { return 2 * n; }\n')
  writeFileSync(
    join(cwd, 'use.c'),
    'int add(int); int twice(int); extern int state; int (*pointer)(int) = twice;\nvoid _start(void) { long n = add(3) + state + pointer(5); __asm__ volatile("syscall" : : "a"(60L), "D"(n)); }\n',
  )
  const compile =
    './cc -Os -fPIC state.c -o state.o && ./cc -Os -fPIC twice.c -o twice.o && ./cc -Os -fno-PIC use.c -o use.o'
  const link =
    'mkdir lib && ./ld -shared twice.fo -o lib/libtwice.fso && ./ld -shared state.fo -Llib -ltwice -o lib/libstate.fso'
  t.match(run(`${compile} && ${link}`), { status: 0, stdout: '', stderr: '' })
  t.match(run('./ld use.fo -Llib -lstate -ltwice -o use'), { status: 0, stdout: '', stderr: '' })
  const { fields, ...state } = loaderView(join(cwd, 'lib/libstate.fso'))
  t.same(state, { type: '.so', needed: ['libtwice.fso'], bases: [0x400000, 0x401000, 0x402000, 0x403000] })
  t.same(fields.map((field) => field.replace(/\+\d+/, '')).sort(), [
    '.data dynabs64 .data@libstate.fso + 4',
    '.data dynabs64 state + 0',
    '.got dynabs64 at + 0',
    '.got dynabs64 state + 0',
    '.got dynabs64 twice + 0',
  ])
  const use = loaderView(join(cwd, 'use'))
  t.same(use.needed, ['libstate.fso', 'libtwice.fso'])
  t.same(
    use.fields.map((field) => field.replace(/\+\d+/, '')),
    ['.text dynrel state - 4', '.got dynabs64 add + 0', '.data dynabs64 twice + 0'],
  )
  t.match(readFileSync(join(cwd, 'use'), 'utf8'), /"\.plt": \[\n {8}"🔢: ff 25 /)
  const env = { FLE_LIBRARY_PATH: 'nowhere:lib', COMMANDS: dirname(command) }
  t.match(run('./exec use', { env }), { status: 26, stdout: '', stderr: '' })
  for (const words of ['./use', 'fle-exec use', 'elf-loader ./use'])
    t.match(run(`PATH=$COMMANDS:$PATH; ${words}`, { env }), { status: 26, stderr: '' }, words)
  t.match(run('cp lib/libstate.fso libstate.fso.fle; cp lib/libtwice.fso .; ./exec use'), { status: 26, stderr: '' })

  t.match(run('./exec lib/libtwice.fso'), { status: 1, stderr: 'Error: File is not an executable FLE.\n' })
  t.match(run('rm libtwice.fso; ./exec use'), {
    status: 1,
    stderr: /^Error: cannot find the shared object libtwice\.fso\n/,
  })
  t.match(run('./ld use.fo -Llib -ltwice -o x'), { status: 1, stderr: /^Error: Undefined symbol: state\n/m })
  t.match(run('./nm lib/libstate.fso').stdout, /^0{16} T add\n/m)
  t.match(
    run('./readfle lib/libstate.fso').stdout,
    /^Type: \.so$[\s\S]*^Needed:\n {2}libtwice\.fso$[\s\S]*^Dynamic Relocations:\n[\s\S]*\.dynabs64 +twice +0x0{16}$/m,
  )
  t.match(run('./objdump use && cmp use use.objdump'), { status: 0, stdout: '' })
  t.match(run(`${command} ld -shared twice.fo -o t.so`), { status: 2, stderr: /shared libraries cannot be made/ })
  t.match(run(`${command} ld use.fo lib/libstate.fso -o x`), { status: 1, stderr: /libstate\.fso is a shared object/ })
  t.match(run(`${command} ld --dialect=linklab -shared twice.fo -o t.fso && cmp t.fso lib/libtwice.fso`), { status: 0 })
})

t.test('quirks of the command lines', async (t) => {
  const { run } = labFolder(t, 'linklab')
  const gcc =
    'mkdir -p shim && printf "#!/bin/sh\\necho \\$*; exit 1\\n" > shim/gcc && chmod +x shim/gcc; PATH=$PWD/shim:$PATH'
  const own = '-nostdlib -ffreestanding -fno-asynchronous-unwind-tables'
  for (const [words, before] of [
    ['-Os next.c -o next.o', '-c -static -fno-common'],
    ['-fPIC next.c -onext.o', '-c -fno-common'],
    ['-fpic next.c -o next.o', '-c -fno-common'],
    ['-fPIE next.c -o next.o', '-c -static -fno-common'],
  ])
    t.equal(run(`${gcc} ./cc ${words}`).stdout, `${before} ${own} ${words}\n`, words)
  t.match(run('mkdir out && ./cc -Os next.c -o out/next.part.o && ls out'), { stdout: 'next.part.fo\n', stderr: '' })
  t.match(run('./cc -Os next.c && ls a.*'), { status: 0, stdout: 'a.fo\n' }, 'without -o')

  t.match(run('./cc -Os main.c -o main.o && ./cc -Os next.c -onext.o && ./ar out/libn.fa next.fo'), { status: 0 })
  for (const words of [
    '-oone -e_start -Lout main.fo -ln',
    '--output one --entry _start -L nowhere -L out -l n main.fo',
    '-ln main.fo -static -o one -L out',
  ])
    t.match(run(`rm -f one; ./ld ${words} && ./exec one`), { status: 11, stdout: 'lab\n', stderr: '' }, words)
  t.match(run('cp out/libn.fa . && ./ld main.fo -ln && ./exec a.out'), { status: 11 }, './ is searched, a.out is made')
  t.match(
    run('./ld -shared next.fo -o out/libn.fso && ./ld main.fo -Lout -ln && ./readfle a.out').stdout,
    /^ {2}libn\.fso$/m,
  )
  t.notMatch(run('./ld main.fo -Lout -ln -static && ./readfle a.out').stdout, /libn\.fso/, 'archives only')
  t.match(run('rm libn.fa out/libn.fa; ./ld main.fo -Lout -ln -static'), {
    status: 1,
    stderr: 'Error: cannot find -ln\n',
  })
  for (const words of ['-h', '--help', 'main.fo -h'])
    t.match(run(`./ld ${words}`), { status: 0, stdout: '', stderr: /^Usage: ld / }, words)
  for (const tool of ['cc', 'ld', 'nm', 'objdump', 'readfle', 'exec', 'disasm', 'ar'])
    t.match(run(`./${tool}`), { status: 1, stdout: '', stderr: new RegExp(`^Usage: ${tool} `) })
})

t.test('how exec starts programs', async (t) => {
  const { cwd, run } = labFolder(t, 'linklab')
  const execute = (bytes: string, keys: object = {}) => {
    const size = bytes.split(' ').length
    const phdrs = [
      { name: '.text', vaddr: 0x400000, size, flags: 5 },
      { name: '.bss', vaddr: 0x401000, size: 8, flags: 6 },
    ]
    const text = { type: '.exe', phdrs, entry: 0x400000, '.text': [`🔢: ${bytes}`], '.bss': ['🔢: 09'], ...keys }
    writeFileSync(join(cwd, 'made'), JSON.stringify(text))
    return run('exec ./exec made')
  }
  t.match(execute('89 e0 83 e0 0f c3'), { status: 8, stderr: '' }, 'it is called: the stack pointer is 8 modulo 16')
  t.match(execute('8b 04 25 00 10 40 00 c3'), { status: 0, stderr: '' }, '.bss is not copied')
  const shdrs = [{ name: '.text', type: 1, flags: 1, addr: 0x400000, offset: 0, size: 6 }]
  t.match(execute('b8 07 00 00 00 c3', { shdrs }), { status: 7, stderr: '' }, 'headers of sections may be there')
  const other = (phdr: object) => ({ phdrs: [{ name: '.text', vaddr: 0x400000, size: 6, flags: 5, ...phdr }] })
  t.match(execute('b8 07 00 00 00 c3', other({ flags: 6 })), {
    signal: 'SIGSEGV',
    stderr: /^Caught SIGSEGV at address: 0x400000\n/,
  })
  t.match(execute('b8 07 00 00 00 c3', other({ vaddr: 0x400001 })), {
    status: 1,
    stderr: /does not begin at a multiple of 4096/,
  })
  t.match(execute('b8 07 00 00 00 c3', other({ size: 60 })), {
    status: 1,
    stderr: /^Error: made:1:\d+: \.text has fewer bytes/,
  })
})

t.test('a program that faults is killed by the signal, and says where', async (t) => {
  const { cwd, run } = labFolder(t, 'linklab')
  t.match(run('./cc -O1 fault.c -o fault.o && ./ld fault.fo -o fault'), { status: 0, stderr: '' })
  const fault = run('exec ./exec fault')
  t.match(fault, { signal: 'SIGSEGV', stdout: '' }, 'what was started is what dies')
  t.match(fault.stderr, /^Caught SIGSEGV at address: 0x401000\nError code: 7\nInstruction at: 0x4000\w\w\n/)
  // Of the other form: may stand anywhere. mov %rdi, 0x28 is what faults.
  const blob = { type: '.exe', symbols: { _start: 1 }, '.load': ['🔢: 90 48 89 3c 25 28 00 00 00'] }
  writeFileSync(join(cwd, 'blob'), `#!./exec\n\n${JSON.stringify(blob)}`)
  const other = run('exec ./exec blob')
  t.match(other, { signal: 'SIGSEGV', stdout: '' })
  t.match(other.stderr, /^Caught SIGSEGV at address: 0x28\nError code: 6\nInstruction at: 0x400001\nLikely return/)
})

t.test('the words of the labs', async (t) => {
  const { cwd, run } = labFolder(t, 'linklab')
  t.match(run('./cc -Os main.c -o main.o && ./cc -Os next.c -o next.o'), { status: 0 })
  writeFileSync(join(cwd, 'bad.fo'), '{"type": ".obj", "shdrs": [],\n".text": [\n"❓: .rel(x)"]}\n')
  for (const [line, stderr] of [
    ['./ld main.fo -o x', /^Error: Undefined symbol: next\n {2}referenced by main\.fo/m],
    ['./ld main.fo next.fo next.fo -o x', /^Error: Multiple definition of strong symbol: shared\n/m],
    ['./ld main.fo -lnothing -o x', /^Error: cannot find -lnothing\n$/],
    ['./ld --fast main.fo', /^Error: Unknown option: --fast\n$/],
    ['./ld -static', /^Error: No inputs\n$/],
    ['./ld main.fo next.fo -o', /^Error: -o needs a value\n$/],
    ['./ld -e nowhere main.fo next.fo -o x', /^Error: Undefined symbol: nowhere\n/],
    ['./ld bad.fo -o x', /^Error: bad\.fo:3:11: "\+" or "-" and a number are expected/],
    ['./exec main.fo', /^Error: File is not an executable FLE\.\n$/],
    ['./exec nothing', /^Error: cannot open nothing: No such file or directory\n$/],
    ['./nm main.c', /^Error: main\.c: this is not an FLE file\n/],
    ['./disasm main.fo .nothing', /^Error: main\.fo: Section not found: \.nothing\n$/],
    ['./cc missing.c -o missing.o 2>&1 >/dev/null | tail -n 1 >&2; false', /^Error: gcc compilation failed\n$/],
    ['./nm', /^Usage: nm FILE\n$/],
    ['./nm main.fo next.fo', /^Error: one file is expected, and there are 2\n$/],
    [
      './ar x.fa main.c',
      /^Error: main\.c: this is not an FLE file\n {2}it is a source: cc main\.c -o main\.o compiles it\n$/,
    ],
    ['./ar x.fa /bin/sh', /^Error: \/bin\/sh: this is not an FLE file\n {2}it is an ELF file/],
    [
      './ar rcs x.fa main.fo',
      /^Error: rcs would be the name of the archive\n {2}the archive comes first, without letters/,
    ],
    ['./ar next.fo main.fo', /^Error: next\.fo is there and is not an archive\n/],
    [': > empty; ./nm empty', /^Error: empty: this is not an FLE file\n {2}the file is empty\n$/],
    ['head -n 20 next.fo > cut.fo; ./nm cut.fo', /^Error: cut\.fo:21:1: the file ends too early: /],
    [
      'sed "s/📤: next/😀: next/" next.fo > other.fo; ./ld main.fo other.fo -o x',
      /^Error: Undefined symbol: next\n.*\nWarning: other\.fo:\d+:\d+: lines that begin with no emoji/,
    ],
    ['FLE_DIALECT=german ./nm main.fo', /^Error: FLE_DIALECT: there is no course german/],
    ['rm .fle-lab.json; ./nm main.fo', /^Error: \.fle-lab\.json is missing/],
  ] as const)
    t.match(run(line), { status: 1, stderr }, line)
  t.notOk(existsSync(join(cwd, 'x')), 'a failed link leaves nothing')
})

t.test('the other courses', async (t) => {
  const old = labFolder(t, 'linklab2024')
  t.match(old.run('./cc -Os main.c -o main.o && ./cc -Os next.c -o next.o'), { status: 0, stderr: '' })
  t.match(old.run('./ld -o program main.fle next.fle && ./exec program'), { status: 11, stdout: 'lab\n' })
  t.match(old.run('./ld main.fle next.fle next.fle'), {
    status: 1,
    stderr: /^Error: Multiple definition of strong symbol: next\n/m,
  })
  t.match(old.run('./ld main.fle'), { status: 1, stderr: /^Error: Undefined symbol: shared\n/ })
  t.match(
    old.run('./ld main.fle -static'),
    { status: 1, stderr: /^Error: cannot open -static/ },
    'there are no options',
  )
  t.match(old.run('grep -c addralign main.fle'), { status: 0 })
  const run = (line: string) => old.run(line, { env: { FLE_DIALECT: 'classic' } })
  t.match(run('./cc -Os next.c -o next.o && test -e next.o && grep -c shdrs next.fle'), { status: 1, stdout: '0\n' })
  t.match(run('./ld next.fle next.fle'), { status: 1, stderr: /^Error: Multiple definition of (next|shared)\n/ })
})

t.test('fle lab init and check', async (t) => {
  const cwd = t.testdir({
    own: { ld: '#!/bin/sh\n' },
    broken: { '.fle-lab.json': '{"course": "linklab"}', 'x.fo': '{' },
  })
  const run = (words: string) => runCommand(command, words.split(' '), { cwd })
  t.match(run('lab init own --course=linklab'), { status: 1, stderr: /own has files of these names already: ld\n/ })
  t.notOk(existsSync(join(cwd, 'own/cc')), 'then nothing is put there')
  t.match(run('lab init own --course=linklab --force'), { status: 0, stderr: '' })
  t.ok(lstatSync(join(cwd, 'own/ld')).isSymbolicLink())
  t.match(run('lab init own --course=linklab2024'), { status: 0 }, 'links of ours may be replaced')
  t.match(run('lab init new --course=biology'), {
    status: 2,
    stderr: /--course is one of linklab, linklab2024, classic/,
  })
  t.match(run('lab check broken'), { status: 1, stdout: /^broken\/x\.fo: error: line 1: .*\n1 files, 1 findings\n$/s })
  t.match(run('lab check .'), { status: 2, stderr: /has no \.fle-lab\.json/ })
  t.match(run('nm --version'), { status: 0, stdout: /^fle-nm / }, 'fle nm is fle-nm')
  t.match(run('lab run linklab nm'), { status: 1, stderr: 'Usage: nm FILE\n' }, 'a tool without a link')
  t.match(run('lab run linklab dance'), { status: 2, stderr: /run COURSE TOOL is expected/ })
  t.match(run('dance'), { status: 2, stderr: /there is no command dance/ })
})

t.test('what a lab and our commands disagree about', (t) => {
  const course = courseOf('linklab')
  if (!course) return t.end()
  const findings = (value: object, name = 'x.fo') =>
    checkLabFile({ path: name, bytes: new TextEncoder().encode(JSON.stringify(value)) }, course)
  const shdrs = [{ name: '.text', type: 1, flags: 1, addr: 0, offset: 0, size: 5 }]
  const object = { type: '.obj', shdrs, '.text': ['📤: f 5 0', '🔢: e8', '❓: .rel(g - 4)'] }
  t.same(findings(object), [])
  t.match(findings({ type: '.obj', '.text': ['📤: f'] }), [/it is of the dialect classic, the course writes linklab/])
  t.match(findings({ ...object, '.text': ['hello', ...object['.text']] }), [/^warning: line 1: lines .* are ignored/])
  t.match(
    findings({
      type: '.ar',
      members: [
        { ...object, name: 'm' },
        { type: '.obj', name: 'n', '.text': ['🔢: 9'] },
      ],
    }),
    [/^n: error: pairs of hexadecimal digits/],
  )
  t.end()
})

t.test('where the fault report stands', (t) => {
  const segment = { name: '.text', address: 0x400000, size: 5000, flags: 5, content: Uint8Array.of(0xc3) }
  const program = { form: 'segments', entry: 0x400000, segments: [segment], symbols: [] } as const
  const changed = reporting(program, new Uint8Array(5000))
  const [, code, stack] = changed.segments
  t.ok(Number(code.address) >= 0x402000 + (1 << 20), 'far enough from the program')
  t.equal(Number(stack.address), Number(code.address) + 8192)
  t.same([code.flags, stack.flags], [5, 6], 'nothing can be written to and executed')
  t.equal(new DataView(code.content.buffer).getBigUint64(0, true), 0x400000n)
  t.equal(changed.entry, Number(code.address) + 16)
  t.end()
})
