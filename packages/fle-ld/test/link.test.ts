import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Diagnostics, memoryFiles, renderText } from '@fle/diagnostics'
import { assemble, compile, runCommand, runToSuccess } from '@fle/testkit'
import t from 'tap'
import { type LinkInput, type LinkOptions, type LinkResult, link } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'fle-ld-test-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

type Files = Readonly<Record<string, Uint8Array>>

/** The words of a link that are inputs: files, `-lNAME`, `(` and `)`, `whole:FILE`. */
function inputsOf(words: readonly string[]): LinkInput[] {
  return words.map((word): LinkInput => {
    if (word === '(') return { kind: 'start-group' }
    if (word === ')') return { kind: 'end-group' }
    if (word.startsWith('-l')) return { kind: 'library', name: word.slice(2), wholeArchive: false }
    return { kind: 'file', path: word.replace('whole:', ''), wholeArchive: word.startsWith('whole:') }
  })
}

interface Linked extends LinkResult {
  readonly messages: string
}

function linkFiles(files: Files, words: readonly string[], options: Partial<LinkOptions> = {}): Linked {
  const diagnostics = new Diagnostics()
  const defaults = { output: 'a.out', dialect: 'fle', libraryPaths: [], relocatable: false, map: false } as const
  const result = link({ ...defaults, ...options, inputs: inputsOf(words) }, memoryFiles(files), diagnostics)
  const messages = diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 'fle-ld' })).join('')
  return { ...result, messages }
}

function outputOf(files: Files, words: readonly string[], options: Partial<LinkOptions> = {}): Uint8Array {
  const { output, messages } = linkFiles(files, words, options)
  if (!output) throw new Error(messages)
  return output
}

function run(program: Uint8Array): number | string | undefined {
  const path = join(folder, 'program')
  writeFileSync(path, program)
  chmodSync(path, 0o755)
  const { status, signal } = runCommand(path)
  return signal ?? status
}

/** The status of a program linked by fle-ld, and of the same linked by GNU ld. */
function statuses(files: Files, words: readonly string[]): { ours: unknown; gnu: unknown } {
  const ours = run(outputOf(files, words))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  const args = words.map((word) => (word === '(' ? '--start-group' : word === ')' ? '--end-group' : word))
  runToSuccess('ld', ['-z', 'noexecstack', '-o', 'by-gnu', ...args], { cwd: folder })
  return { ours, gnu: runCommand(join(folder, 'by-gnu')).status }
}

function archiveOf(members: Files): Uint8Array {
  for (const [name, content] of Object.entries(members)) writeFileSync(join(folder, name), content)
  rmSync(join(folder, 'lib.a'), { force: true })
  runToSuccess('ar', ['rcs', 'lib.a', ...Object.keys(members)], { cwd: folder })
  return new Uint8Array(readFileSync(join(folder, 'lib.a')))
}

const freestanding = ['-O1', '-fPIE', '-ffreestanding', '-fno-asynchronous-unwind-tables', '-fno-stack-protector']
const c = (source: string, ...options: string[]) => compile(source, [...freestanding, ...options])
const s = (source: string) => assemble(`${source}\n.section .note.GNU-stack,"",@progbits\n`)

function readelf(option: string, object: Uint8Array): string {
  writeFileSync(join(folder, 'shown.o'), object)
  return runToSuccess('readelf', ['-W', option, join(folder, 'shown.o')])
}

/** A start that exits with what `answer()` returns. */
const start = s(`
.text
.globl _start
_start: call answer
  mov %eax, %edi
  mov $60, %eax
  syscall`)

t.test('programs do what they do when GNU ld links them', async (t) => {
  const cases: readonly { name: string; files: Files; words?: readonly string[]; status: number }[] = [
    {
      name: 'a call into another file, data, zero-initialized data',
      files: {
        'a.o': c('extern int n; int zero[9]; int twice(int); int answer(void) { zero[8] = n; return twice(zero[8]); }'),
        'b.o': c('int n = 20; int twice(int x) { return 2 * x + 2; }'),
      },
      status: 42,
    },
    {
      name: 'pointers in data, strings, a table of functions',
      files: {
        'a.o': c(`
          static int one(void) { return 1; } static int two(void) { return 2; }
          int (*table[])(void) = { one, two }; const char *words[] = { "ab", "cde" };
          int answer(void) { return 10 * table[1]() + words[1][2] - 'a'; }`),
      },
      status: 24,
    },
    {
      name: 'a strong definition over a weak one, and a weak reference to nothing',
      files: {
        'a.o': c(`
          __attribute__((weak)) int pick(void) { return 1; } extern int nothing(void) __attribute__((weak));
          extern int none __attribute__((weak)); int answer(void) { return pick() + (nothing || &none ? 100 : 0); }`),
        'b.o': c('int pick(void) { return 7; }'),
      },
      status: 7,
    },
    {
      name: 'common symbols: the largest of all, or the definition',
      files: {
        'a.o': c('char buffer[10]; int set; int answer(void) { buffer[99] = 5; return buffer[99] + set; }', '-fcommon'),
        'b.o': c('char buffer[100]; int set = 3;', '-fcommon'),
      },
      status: 8,
    },
    {
      name: 'local symbols of one name in two files',
      files: {
        'a.o': c(
          'static int __attribute__((noinline)) f(void) { return 3; } int g(void); int answer(void) { return f() + g(); }',
        ),
        'b.o': c('static int __attribute__((noinline)) f(void) { return 4; } int g(void) { return f(); }'),
      },
      status: 7,
    },
    {
      name: 'COMDAT functions: one of two is kept',
      files: {
        'a.o': compile(
          'inline int f() { static int n = 5; return n++; } int g(); extern "C" int answer() { return f() + g(); }',
          freestanding,
          'cc',
        ),
        'b.o': compile('inline int f() { static int n = 5; return n++; } int g() { return f(); }', freestanding, 'cc'),
      },
      status: 11,
    },
    {
      name: 'the GOT: relaxed, and through a slot',
      files: {
        'a.o': s(`
          .globl answer
          answer: mov n@GOTPCREL(%rip), %rax
            mov (%rax), %ecx
            add m@GOTPCREL(%rip), %rcx
            sub $m, %rcx
            call *get@GOTPCREL(%rip)
            add %ecx, %eax
            jmp *back@GOTPCREL(%rip)`),
        'b.o': c(
          'int n = 2, m = 3; int get(void) { int r; __asm__("mov $4, %0" : "=r"(r) : : "ecx"); return r; } __asm__("back: ret; .globl back");',
        ),
      },
      status: 6,
    },
    {
      name: 'absolute symbols, 8, 16, 32 and 64 bits of them',
      files: {
        'a.o': s(`
          .globl answer
          answer: movzbl bytes(%rip), %eax
            movzwl bytes+1(%rip), %ecx
            add %ecx, %eax
            add bytes+3(%rip), %eax
            add bytes+7(%rip), %rax
            ret
          .data
          bytes: .byte small
            .short small
            .long small
            .quad small`),
        'b.o': s('.globl small\nsmall = 9'),
      },
      status: 36,
    },
    {
      name: 'init_array by priority, and the symbols around it',
      files: {
        'a.o': c(`
          static int order; extern void (*__init_array_start[])(void), (*__init_array_end[])(void);
          __attribute__((constructor(300))) static void b(void) { order = order * 5 + 2; }
          __attribute__((constructor(200))) static void a(void) { order = order * 5 + 1; }
          __attribute__((constructor)) static void z(void) { order = order * 5 + 3; }
          int answer(void) { for (void (**f)(void) = __init_array_start; f < __init_array_end; f++) (*f)(); return order; }`),
      },
      status: 38,
    },
    {
      name: '__start_ and __stop_ of a section with a C name',
      files: {
        'a.o': c(`
          extern const int __start_numbers[], __stop_numbers[];
          const int x[] __attribute__((section("numbers"), used)) = { 1, 2, 3 };
          int answer(void) { int sum = 0; for (const int *n = __start_numbers; n < __stop_numbers; n++) sum += *n; return sum; }`),
        'b.o': c('const int y __attribute__((section("numbers"), used)) = 10;'),
      },
      status: 16,
    },
    {
      name: 'the large code model',
      files: {
        'a.o': c('extern int n; int f(int); int answer(void) { return f(n); }', '-mcmodel=large', '-fno-pie'),
        'b.o': c('int n = 6; int f(int x) { return x + 1; }', '-mcmodel=large', '-fPIC'),
      },
      status: 7,
    },
  ]
  for (const { name, files, words, status } of cases) {
    t.test(name, async (t) => {
      const all = { 'start.o': start, ...files }
      t.same(statuses(all, words ?? Object.keys(all)), { ours: status, gnu: status })
    })
  }
})

t.test('archives', async (t) => {
  const answer = c('int f(void); int answer(void) { return f(); }')
  const f = c('int g(void); int f(void) { return g() + 1; }')
  const g = c('int g(void) { return 1; }')
  const again = c('int f(void); int h(void) { return f(); } int g(void) { return 4; }')

  t.test('give the members that are needed, in the order of the index', async (t) => {
    const files = {
      'start.o': start,
      'answer.o': answer,
      'lib.a': archiveOf({ 'unused.o': c('int u;'), 'f.o': f, 'g.o': g }),
    }
    const words = ['start.o', 'answer.o', 'lib.a']
    t.same(statuses(files, words), { ours: 2, gnu: 2 })
    t.same(linkFiles(files, words).inputLog, [
      'start.o',
      'answer.o',
      'lib.a',
      'lib.a(f.o) (for f)',
      'lib.a(g.o) (for g)',
    ])
  })
  t.test('count at their place: what an earlier one defines is not found, and the hint says so', async (t) => {
    const files = { 'start.o': start, 'answer.o': answer, 'lib.a': archiveOf({ 'f.o': f, 'g.o': g }) }
    const { output, messages } = linkFiles(files, ['lib.a', 'start.o', 'answer.o'])
    t.equal(output, undefined)
    t.equal(
      messages,
      `fle-ld: error: undefined symbol: f
>>> referenced by answer.o:(.text+0x5) (in answer)
>>> defined in: lib.a(f.o), which was read before anything needed it
>>> hint: put lib.a after the files that need it, or use --start-group … --end-group
`,
    )
  })
  t.test('of a group are searched together', async (t) => {
    const files = {
      'start.o': start,
      'answer.o': answer,
      'f.a': archiveOf({ 'f.o': f }),
      'g.a': archiveOf({ 'g.o': again }),
    }
    t.same(statuses(files, ['start.o', 'answer.o', '(', 'g.a', 'f.a', ')']), { ours: 5, gnu: 5 })
    t.match(linkFiles(files, ['start.o', 'answer.o', 'g.a', 'f.a']).messages, /undefined symbol: g\n/)
  })
  t.test('can be linked whole, or found by -l', async (t) => {
    const files = {
      'start.o': start,
      'answer.o': answer,
      'lib/libf.a': archiveOf({ 'f.o': f, 'g.o': g, 'u.o': c('int u;') }),
    }
    const { inputLog } = linkFiles(files, ['start.o', 'answer.o', 'whole:lib/libf.a'])
    t.equal(inputLog.filter((line) => line.startsWith('lib/libf.a(')).length, 3)
    t.equal(run(outputOf(files, ['start.o', 'answer.o', '-lf'], { libraryPaths: ['nowhere', 'lib'] })), 2)
    t.match(
      linkFiles(files, ['start.o', '-lnone'], { libraryPaths: ['lib'] }).messages,
      /unable to find library -lnone\n>>> searched: lib/,
    )
  })
  t.test('are not asked for what is only weakly wanted', async (t) => {
    const files = {
      'start.o': start,
      'answer.o': c('extern int f(void) __attribute__((weak)); int answer(void) { return f ? 1 : 0; }'),
      'lib.a': archiveOf({ 'f.o': f, 'g.o': g }),
    }
    t.same(statuses(files, ['start.o', 'answer.o', 'lib.a']), { ours: 0, gnu: 0 })
  })
})

t.test('--gc-sections keeps what GNU ld keeps', async (t) => {
  const sections = ['-ffunction-sections', '-fdata-sections', '-fasynchronous-unwind-tables']
  const files = {
    'start.o': start,
    'a.o': c(
      `int used(int); int unused_data = 5; extern int __start_table[], __stop_table[];
       __attribute__((section("table"), used)) static int row = 1;
       __attribute__((section("alone"), used)) static int lost = 1;
       int unused_caller(void) { return used(unused_data); }
       int answer(void) { return used(__stop_table - __start_table); }`,
      ...sections,
    ),
    'b.o': c(
      `static int counter; int only_from_unused(void) { return 3; } int also_unused(void) { return only_from_unused(); }
       int used(int x) { return x + ++counter; }
       __attribute__((constructor)) static void begin(void) { counter = 4; }`,
      ...sections,
    ),
    'c.o': compile(
      'struct E {}; void thrower(int x) { if (x) throw E(); } int handler() { try { thrower(1); } catch (E &) { return 1; } return 0; }',
      ['-O1', '-fPIE', ...sections],
      'cc',
    ),
  }
  const words = Object.keys(files)
  const options = { collectGarbage: true }
  const symbolsOf = (path: string) =>
    runToSuccess('nm', ['--defined-only', '-f', 'posix', path])
      .split('\n')
      .map((line) => line.split(' ').slice(0, 2).join(' '))
      .filter((line) => !/^(_edata|_end|__bss_start|_GLOBAL_OFFSET_TABLE_|end|edata)\b/.test(line))
      .sort()
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  writeFileSync(join(folder, 'program'), outputOf(files, words, options))
  runToSuccess('ld', ['--gc-sections', '-z', 'noexecstack', '-o', 'by-gnu', ...words], { cwd: folder })
  t.same(symbolsOf(join(folder, 'program')), symbolsOf(join(folder, 'by-gnu')))
  t.equal(run(outputOf(files, words, options)), 2)
  t.notMatch(runToSuccess('nm', [join(folder, 'program')]), /unused|thrower|handler/)
  t.match(
    linkFiles(files, words).messages,
    /undefined symbol: __cxa_throw|undefined symbol: _Unwind_Resume/,
    'without it',
  )
})

t.test('-r makes one object that links as the many would', async (t) => {
  const files = {
    'start.o': start,
    'a.o': compile(
      'inline int f() { static int n = 5; return n++; } int g(); extern "C" int answer() { return f() + g(); }',
      freestanding,
      'cc',
    ),
    'b.o': compile(
      'inline int f() { static int n = 5; return n++; } int t[10]; int g() { return f() + t[3]; }',
      freestanding,
      'cc',
    ),
  }
  for (const output of ['ab.o', 'ab.fle']) {
    const joined = outputOf(files, ['a.o', 'b.o'], { relocatable: true, output })
    t.equal(run(outputOf({ 'start.o': start, ab: joined }, ['start.o', 'ab'])), 11, output)
  }
  writeFileSync(join(folder, 'ab.o'), outputOf(files, ['a.o', 'b.o'], { relocatable: true, output: 'ab.o' }))
  t.equal(runCommand('readelf', ['-aW', join(folder, 'ab.o')]).stderr, '')
  t.same(
    statuses({ 'start.o': start, 'ab.o': new Uint8Array(readFileSync(join(folder, 'ab.o'))) }, ['start.o', 'ab.o']),
    { ours: 11, gnu: 11 },
  )
})

t.test('-r keeps COMDAT groups whose signatures are no symbols of theirs: those of C++ constructors', async (t) => {
  const constructors = `template <class T> struct Part { int n; __attribute__((noinline)) Part() : n(sizeof(T)) {} };`
  const files: Record<string, Uint8Array> = {
    'start.o': start,
    'a.o': compile(
      `${constructors} int g(); extern "C" int answer() { Part<int> part; return part.n + g(); }`,
      freestanding,
      'cc',
    ),
    'b.o': compile(`${constructors} int g() { Part<int> i; Part<char> c; return i.n + c.n; }`, freestanding, 'cc'),
  }
  t.match(readelf('-g', files['a.o']), /\[_ZN4PartIiEC5Ev\]/, 'there is such a signature')
  for (const name of ['a', 'b'])
    files[`${name}r.o`] = outputOf(files, [`${name}.o`], { relocatable: true, output: 'x.o' })
  files['ab.o'] = outputOf(files, ['ar.o', 'br.o'], { relocatable: true, output: 'x.o' })
  const groups = [...readelf('-g', files['ab.o']).matchAll(/\[(_ZN\w+)\]/g)].map(([, signature]) => signature)
  t.equal(new Set(groups).size, groups.length, 'each group once, under its own name')
  for (const objects of [['a.o', 'b.o'], ['ar.o', 'b.o'], ['a.o', 'br.o'], ['ab.o']])
    t.same(statuses(files, ['start.o', ...objects]), { ours: 9, gnu: 9 }, objects.join(' '))
})

t.test('-r leaves out what -S, -s, -x and -X say, but for what relocations refer to', async (t) => {
  const source = `.globl answer
    answer: mov used@GOTPCREL(%rip), %rax
    ret
    unused: nop
    .Ltemporary: nop
    .data
    used: .long 5
    .section .debug_info
    .quad 0`
  writeFileSync(join(folder, 'a.o'), assemble(source, ['-Wa,-L']))
  const files = { 'a.o': new Uint8Array(readFileSync(join(folder, 'a.o'))) }
  const describe = (object: Uint8Array) => {
    const locals = [...readelf('-s', object).matchAll(/NOTYPE +LOCAL +\w+ +\d+ (\S+)$/gm)].map(([, name]) => name)
    return { hasDebug: readelf('-S', object).includes('.debug_info'), locals: locals.sort() }
  }
  const cases: readonly [word: string, options: Partial<LinkOptions>, hasDebug: boolean, locals: readonly string[]][] =
    [
      ['-d', {}, true, ['.Ltemporary', 'unused', 'used']],
      ['-S', { strip: 'debug' }, false, ['.Ltemporary', 'unused', 'used']],
      ['-X', { discardLocals: 'temporary' }, true, ['unused', 'used']],
      ['-x', { discardLocals: 'all' }, true, ['used']],
      ['-s', { strip: 'all' }, false, ['used']],
    ]
  for (const [word, options, hasDebug, locals] of cases) {
    const ours = describe(outputOf(files, ['a.o'], { relocatable: true, output: 'x.o', ...options }))
    t.same(ours, { hasDebug, locals }, word)
    runToSuccess('ld', ['-r', word, 'a.o', '-o', 'gnu.o'], { cwd: folder })
    t.same(ours, describe(new Uint8Array(readFileSync(join(folder, 'gnu.o')))), `${word}: GNU ld`)
  }
})

t.test('ELF output', async (t) => {
  const files = {
    'start.o': start,
    'a.o': c('int data = 1; int bss[5000]; const int ro = 3; int answer(void) { return data + bss[4999] + ro; }', '-g'),
  }
  writeFileSync(join(folder, 'program'), outputOf(files, Object.keys(files)))
  const path = join(folder, 'program')
  t.test('has what readelf wants', async (t) => {
    const { stdout, stderr } = runCommand('readelf', ['-aW', path])
    t.equal(stderr, '')
    t.notMatch(stdout, /arning/)
    t.match(stdout, /LOAD +0x000000 0x0000000000400000 .* R +0x1000/)
    t.match(stdout, /LOAD .* R E 0x1000/)
    t.match(stdout, /LOAD .* RW +0x1000/)
    t.match(stdout, /GNU_STACK .* RW +0x10/)
    t.match(stdout, /FUNC +GLOBAL DEFAULT +\d+ answer/)
  })
  t.test('lets addr2line find source lines', async (t) => {
    const address = runToSuccess('nm', [path]).match(/(\w+) T answer/)?.[1] ?? ''
    t.match(runToSuccess('addr2line', ['-fe', path, address]), /^answer\n.*source\.c:1/)
  })
  t.test('stands where -Ttext and --image-base say', async (t) => {
    const headers = (options: Partial<LinkOptions>) => {
      writeFileSync(path, outputOf(files, Object.keys(files), options))
      return runToSuccess('readelf', ['-SlW', path])
    }
    t.match(headers({ sectionAddresses: new Map([['.text', 0x100000]]) }), /\.text +PROGBITS +0000000000100000/)
    t.match(headers({ sectionAddresses: new Map([['.text', -0x80000000]]) }), /\.text +PROGBITS +ffffffff80000000/)
    t.match(headers({ imageBase: 0x7000000 }), /LOAD +0x000000 0x0000000007000000/)
    t.match(headers({ imageBase: 0x7000000 }), /\.text +PROGBITS +0000000007001000/)
  })
  t.test('is the same for the same inputs', async (t) => {
    t.same(outputOf(files, Object.keys(files)), outputOf(files, Object.keys(files)))
  })
  t.test('as a raw image begins at its base', async (t) => {
    const image = outputOf({ 'start.o': start, 'a.o': c('int answer(void) { return 1; }') }, ['start.o', 'a.o'], {
      format: 'binary',
    })
    t.same([...image.subarray(0, 1)], [0xe8])
    t.ok(image.length < 64)
  })
})

t.test('errors', async (t) => {
  const messagesOf = (files: Files, options: Partial<LinkOptions> = {}) =>
    linkFiles(files, Object.keys(files), options).messages
  t.test('undefined symbols: who needs them, and what may be meant', async (t) => {
    const main = c('int prinft(int); int answer(void) { return prinft(1) + prinft(2) + prinft(3) + prinft(4); }')
    const messages = messagesOf({
      'start.o': start,
      'main.o': main,
      'libc.o': c('int printf(int x) { return x; }', '-fno-builtin'),
    })
    t.equal(
      messages.replaceAll(/text\+0x\w+/g, 'text+PLACE'),
      `fle-ld: error: undefined symbol: prinft
>>> referenced by main.o:(.text+PLACE) (in answer)
>>> referenced by main.o:(.text+PLACE) (in answer)
>>> referenced by main.o:(.text+PLACE) (in answer)
>>> referenced 1 more time
>>> did you mean: printf
>>> defined in: libc.o
`,
    )
  })
  t.test('a local symbol of the name elsewhere is named', async (t) => {
    const files = { 'start.o': start, 'b.o': c('static int answer(void) { return 1; } int (*keep)(void) = answer;') }
    t.match(messagesOf(files), /undefined symbol: answer\n.*\n>>> b\.o defines a local symbol of that name/)
  })
  t.test('duplicate symbols: both places', async (t) => {
    const a = c('int answer(void) { return 1; }')
    t.equal(
      messagesOf({ 'start.o': start, 'a.o': a, 'b.o': a }),
      `fle-ld: error: duplicate symbol: answer
>>> defined at a.o:(.text+0x0)
>>> defined at b.o:(.text+0x0)
`,
    )
  })
  t.test('a value that does not fit: the formula with its numbers', async (t) => {
    const far = s('.globl answer\nanswer: movl $big, %eax\n ret\n.globl big\nbig = 0x123456789')
    t.equal(
      messagesOf({ 'start.o': start, 'far.o': far }),
      `fle-ld: error: R_X86_64_32 is out of range: 0x123456789 does not fit in 0 … 2^32-1
>>> u32(big + 0x0) = 0x123456789 + 0x0
>>> referenced by far.o:(.text+0x1) (in answer)
>>> hint: recompile with -fPIE, or with -mcmodel=large if the program takes more than 2 GiB
`,
    )
  })
  t.test('files that are no objects', async (t) => {
    const bytes = new TextEncoder().encode('int main() {}\n')
    t.equal(
      messagesOf({ 'x.c': bytes }),
      'fle-ld: error: x.c: this file is neither an ELF object, an FLE text nor an archive of them\n',
    )
    t.match(messagesOf({ empty: new Uint8Array(0) }), /the file is empty/)
    t.match(
      messagesOf({
        program: outputOf({ 'start.o': start, 'a.o': c('int answer(void) { return 0; }') }, ['start.o', 'a.o']),
      }),
      /program: .*executable/,
    )
    t.match(linkFiles({}, ['missing.o']).messages, /cannot open missing\.o: No such file or directory/)
  })
  t.test('no entry: a warning and the start of the text, as GNU ld; an error for FLE', async (t) => {
    const files = { 'a.o': c('int answer(void) { return 0; }') }
    const { output, messages } = linkFiles(files, ['a.o'])
    t.ok(output)
    t.match(messages, /warning: cannot find entry symbol _start; defaulting to 0000000000401000, where .text begins/)
    t.match(messagesOf(files, { format: 'fle' }), /error: undefined entry symbol: _start/)
  })
  t.test('a link that failed still has a map', async (t) => {
    t.match(linkFiles({ 'start.o': start }, ['start.o'], { map: true }).map, /LOAD start\.o\n/)
  })
})
