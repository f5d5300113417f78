// What GNU ld's options mean for symbols: the same command line for both linkers, and the same outcome.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assemble, compile, runToSuccess } from '@fle/testkit'
import t from 'tap'
import { archiveOf, c, type Files, folder, linkGnu, linkOurs, s, start, symbolsOf } from './both-linkers.ts'

const answerIsF = c('int f(void); int answer(void) { return f(); }')
const f1 = c('int f(void) { return 1; }')

interface Case {
  readonly name: string
  readonly files: Files
  /** The command line besides the files. */
  readonly words: readonly string[]
  /** What the program returns; undefined where there is to be none. */
  readonly run: number | undefined
  /** What fle-ld says of it. */
  readonly says?: RegExp
  /** Whether the symbol tables are the same but for their order. */
  readonly symbols?: boolean
}

const versioned = (name: string) => s(`.globl g\ng: mov $7, %eax\n ret\n.symver g, ${name}`)
const wantsOld = s('.globl answer\nanswer: call g\n ret\n.symver g, f@V1')
const wrapper = c(
  'int f(void); int __real_f(void); int __wrap_f(void) { return __real_f() + 40; } int answer(void) { return f(); }',
)
const far = s('.globl answer\nanswer: movl $far, %eax\n ret')
const comdat = (name: string, callee: string) =>
  s(`.section .text.k,"axG",@progbits,k,comdat\n.weak k\nk: mov $3, %eax\ninner: ret
     .text\n.globl ${name}\n${name}: call ${callee}\n ret`)
const linkOnce = (name: string, value: number) =>
  s(
    `.section .gnu.linkonce.t.k,"ax"\n.weak k\nk: mov $${value}, %eax\n ret\n.text\n.globl ${name}\n${name}: call k\n ret`,
  )
const warned = s('.globl f\nf: mov $4, %eax\n ret\n.section .gnu.warning.f\n.string "do not call f"')

const cases: readonly Case[] = [
  {
    name: '--defsym: a symbol, a number, a sum, over a definition in a file',
    files: {
      'a.o': c(
        'extern char n[], m[]; int f(void); int answer(void) { return f() + (int)(long)n + (int)(long)m; }',
        '-fno-PIE',
      ),
      'g.o': c('int g(void) { return 1; } int n = 9;'),
    },
    words: ['--defsym', 'f=g', '--defsym=n=0x10', '--defsym', 'm=n+010-1K+1024'],
    run: 1 + 16 + 24,
    symbols: true,
  },
  {
    name: '--defsym: the operators of C, by how tightly they bind, and functions of GNU ld',
    files: { 'a.o': c('extern char n[]; int answer(void) { return (int)(long)n; }', '-fno-PIE') },
    words: [
      ...['n=1+2*3<<4|1', 'a=(2+3)*4%7', 'b=-7/2', 'e=-1>>60', 'g=1?2:3?4:5', 'h=1<2&&2!=2||0', 'i=~0&0xff', 'j=4K-!0'],
      ...['k=answer&0xfff', 'l=_start-answer', 'm=ALIGN(13,8)', 'o=SIZEOF(.text)', 'p=DEFINED(answer)?8:9'],
      ...['q=MAX(1,2)*MIN(3,4)', 'r=ABSOLUTE(answer)', 's=1-2-3', 'u=100 >= 99', 'v="n"+1'],
    ].flatMap((definition) => ['--defsym', definition]),
    run: 0x71,
    symbols: true,
  },
  {
    name: '--defsym: division by zero',
    files: { 'a.o': answerIsF },
    words: ['--defsym', 'f=1/(1-1)'],
    run: undefined,
    says: /^fle-ld: error: definition of f: division by zero\n$/,
  },
  {
    name: '--defsym: what it names is taken from archives behind it',
    files: { 'a.o': answerIsF, 'lib.a': archiveOf({ 'g.o': c('int g(void) { return 6; }') }) },
    words: ['--defsym', 'f=g', 'lib.a'],
    run: 6,
  },
  {
    name: '--defsym: what it names must be defined',
    files: { 'a.o': answerIsF },
    words: ['--defsym', 'f=nothing'],
    run: undefined,
    says: /undefined symbol: nothing\n>>> referenced by --defsym f\n/,
  },
  {
    name: '--wrap: SYMBOL is __wrap_SYMBOL, __real_SYMBOL is SYMBOL',
    files: { 'a.o': wrapper, 'f.o': f1 },
    words: ['--wrap', 'f'],
    run: 41,
    symbols: true,
  },
  {
    name: '--require-defined: pulls from archives',
    files: { 'a.o': c('int answer(void) { return 2; }'), 'lib.a': archiveOf({ 'f.o': f1 }) },
    words: ['--require-defined=f', 'lib.a'],
    run: 2,
    symbols: true,
  },
  {
    name: '--require-defined: an error where nothing defines it; -u is none',
    files: { 'a.o': c('int answer(void) { return 2; }') },
    words: ['-u', 'nobody', '--require-defined', 'f'],
    run: undefined,
    says: /no file defines f, which --require-defined asks for/,
  },
  {
    name: '--allow-multiple-definition: the first counts',
    files: { 'a.o': answerIsF, 'f.o': f1, 'f2.o': c('int f(void) { return 2; }') },
    words: ['--allow-multiple-definition'],
    run: 1,
  },
  {
    name: '-z muldefs: the same',
    files: { 'a.o': answerIsF, 'f.o': f1, 'f2.o': c('int f(void) { return 2; }') },
    words: ['-z', 'muldefs'],
    run: 1,
  },
  ...['--unresolved-symbols=ignore-all', '--warn-unresolved-symbols', '--noinhibit-exec', '-z undefs'].map(
    (option): Case => ({
      name: `${option}: what nothing defines is 0`,
      files: {
        'a.o': c(
          'extern char f[]; int answer(void) { return f ? 5 : 0; } int (*p)(void) = (int (*)(void))f;',
          '-fno-PIE',
        ),
      },
      words: option.split(' '),
      run: 5,
      says: /^(ignore|$)|^fle-ld: warning: undefined symbol: f\n/,
    }),
  ),
  {
    name: 'without them it is an error',
    files: { 'a.o': answerIsF },
    words: ['--warn-unresolved-symbols', '--error-unresolved-symbols'],
    run: undefined,
    says: /^fle-ld: error: undefined symbol: f\n/,
  },
  {
    name: '--noinhibit-exec: a value that does not fit is cut off',
    files: { 'a.o': far },
    words: ['--noinhibit-exec', '--defsym', 'far=0x123456789'],
    run: 0x89,
    says: /warning: R_X86_64_32 is out of range: 0x123456789/,
  },
  {
    name: 'a relocation to a copy of a COMDAT section that is left out',
    files: { 'a.o': comdat('answer', 'k'), 'b.o': comdat('other', 'inner') },
    words: [],
    run: undefined,
    says: /error: inner is in a discarded section: \.text\.k of b\.o\n>>> referenced by b\.o:\(\.text\+0x1\) \(in other\)/,
  },
  {
    name: 'a relocation by the global name of a COMDAT section that is left out',
    files: { 'a.o': comdat('answer', 'k'), 'b.o': comdat('other', 'k') },
    words: [],
    run: 3,
  },
  {
    name: '.gnu.linkonce sections: the first of a name',
    files: { 'a.o': linkOnce('answer', 5), 'b.o': linkOnce('other', 6) },
    words: [],
    run: 5,
    symbols: true,
  },
  {
    name: 'versions: foo@@V1 is foo',
    files: { 'a.o': answerIsF, 'v.o': versioned('f@@V1') },
    words: [],
    run: 7,
    symbols: true,
  },
  {
    name: 'versions: foo@@V1 is foo@V1, from an archive too',
    files: { 'a.o': wantsOld, 'lib.a': archiveOf({ 'v.o': versioned('f@@V1') }) },
    words: ['lib.a'],
    run: 7,
    symbols: true,
  },
  {
    name: 'versions: an older version is not foo',
    files: { 'a.o': answerIsF, 'v.o': versioned('f@V1') },
    words: [],
    run: undefined,
    says: /undefined symbol: f\n/,
  },
  {
    name: 'a common symbol takes a definition with content from an archive',
    files: {
      'a.o': c('int n[4]; int answer(void) { return n[1]; }', '-fcommon'),
      'lib.a': archiveOf({ 'tentative.o': c('int n[4], t;', '-fcommon'), 'n.o': c('int n[4] = { 1, 2, 3, 4 };') }),
    },
    words: ['lib.a'],
    run: 2,
    symbols: true,
  },
  {
    name: 'a common symbol takes no other tentative definition from an archive',
    files: {
      'a.o': c('int n[4]; int answer(void) { return n[1]; }', '-fcommon'),
      'lib.a': archiveOf({ 'tentative.o': c('int n[8], t;', '-fcommon') }),
    },
    words: ['lib.a'],
    run: 0,
    symbols: true,
  },
  {
    name: 'a hidden mention makes the symbol hidden, whoever defines it',
    files: {
      'a.o': c('__attribute__((visibility("hidden"))) int f(void); int answer(void) { return f(); }'),
      'f.o': f1,
    },
    words: [],
    run: 1,
  },
  {
    name: 'unique symbols are one',
    files: {
      'a.o': s(
        '.globl answer\nanswer: mov u(%rip), %eax\n ret\n.section .data.u,"awG",@progbits,u,comdat\n.type u, @gnu_unique_object\nu: .long 8',
      ),
      'b.o': s('.section .data.u,"awG",@progbits,u,comdat\n.type u, @gnu_unique_object\nu: .long 9'),
    },
    words: [],
    run: 8,
    symbols: true,
  },
  {
    name: '.gnu.warning.SYMBOL: shown to those who use it',
    files: { 'a.o': answerIsF, 'f.o': warned },
    words: [],
    run: 4,
    says: /^fle-ld: warning: do not call f\n>>> referenced by a\.o:\(\.text\+0x\w+\) \(in answer\)\n$/,
  },
  {
    name: '.gnu.warning.SYMBOL: and to nobody else',
    files: { 'a.o': c('int answer(void) { return 4; }'), 'f.o': warned },
    words: [],
    run: 4,
    says: /^$/,
  },
  {
    name: '--gc-keep-exported: what others could use is no garbage',
    files: {
      'a.o': c(
        'int kept(void) { return 1; } __attribute__((visibility("hidden"))) int gone(void) { return 2; } int answer(void) { return 3; }',
        '-ffunction-sections',
      ),
    },
    words: ['--gc-sections', '--gc-keep-exported'],
    run: 3,
    symbols: true,
  },
  {
    name: '-x: no local symbols',
    files: { 'a.o': c('static int h(void) { return 1; } int (*p)(void) = h; int answer(void) { return 3; }') },
    words: ['-x'],
    run: 3,
    symbols: true,
  },
  {
    name: '-X: no temporary ones',
    files: { 'a.o': s('.globl answer\nanswer: mov $3, %eax\nkept: ret\n.data\n.Lgone: .quad .Lgone') },
    words: ['-X'],
    run: 3,
    symbols: true,
  },
  {
    name: '-b binary: any file as data',
    files: {
      'a.o': c(
        'extern char _binary_d_1_txt_start[], _binary_d_1_txt_end[]; int answer(void) { return _binary_d_1_txt_end - _binary_d_1_txt_start + _binary_d_1_txt_start[1]; }',
      ),
    },
    words: ['-b', 'binary', 'd-1.txt', '-b', 'default'],
    run: 3 + 98,
    symbols: true,
  },
]

for (const { name, files, words, run: status, says, symbols } of cases) {
  t.test(name, async (t) => {
    const all = { 'd-1.txt': 'abc', 'start.o': start, ...files }
    const objects = Object.keys(all).filter((file) => file.endsWith('.o'))
    const gnu = linkGnu(all, [...objects, ...words])
    const ours = await linkOurs(all, [...objects, ...words])
    t.equal(gnu.run, status, `GNU ld: ${gnu.stderr}`)
    t.equal(ours.run, status, `fle-ld: ${ours.stderr}`)
    t.equal(ours.status === 0, gnu.status === 0)
    t.match(ours.stderr, says ?? /^$/)
    if (symbols) t.same(symbolsOf('ours'), symbolsOf('gnu'))
  })
}

t.test('-r keeps what --wrap and --defsym say', async (t) => {
  const files = { 'start.o': start, 'a.o': wrapper, 'f.o': f1 }
  const words = ['-r', '--wrap', 'f', '--defsym', 'number=5', 'a.o']
  linkGnu(files, words)
  await linkOurs(files, words)
  t.same(symbolsOf('ours'), symbolsOf('gnu'))
})

t.test('-z execstack and noexecstack stand over what the objects say', async (t) => {
  const files = { 'start.o': start, 'a.o': assemble('.globl answer\nanswer: mov $1, %eax\n ret') }
  for (const [keyword, letters] of [
    ['execstack', 'RWE'],
    ['noexecstack', 'RW '],
  ]) {
    const words = ['start.o', 'a.o', '-z', keyword]
    t.equal((await linkOurs(files, words)).stderr, '')
    linkGnu(files, words)
    for (const program of ['ours', 'gnu']) {
      t.match(runToSuccess('readelf', ['-lW', join(folder, program)]), new RegExp(`GNU_STACK .* ${letters} `), program)
    }
  }
})

t.test('what a program says of its stack, and what the linker says of that', async (t) => {
  const bare = assemble('.globl answer\nanswer: mov $1, %eax\n ret')
  const files = {
    'start.o': start,
    'bare.o': bare,
    'bare-start.o': assemble('.globl _start\n_start: call answer'),
    'asks.o': assemble('.globl answer\nanswer: ret\n.section .note.GNU-stack,"x",@progbits'),
  }
  const stack = (program: string) => /GNU_STACK.*/.exec(runToSuccess('readelf', ['-lW', join(folder, program)]))?.[0]
  for (const [line, flags, says] of [
    ['bare-start.o bare.o', undefined, /^$/],
    ['bare-start.o bare.o -z stack-size=0x5000', 'RWE', /because of bare-start.o: it has no .note.GNU-stack section/],
    ['start.o bare.o', 'RWE', /because of bare.o: it has no .note.GNU-stack section/],
    ['start.o bare.o --no-warn-execstack', 'RWE', /^$/],
    ['bare-start.o asks.o', 'RWE', /because of asks.o: its .note.GNU-stack section asks for it/],
    ['start.o bare.o -z execstack', 'RWE', /^$/],
    ['start.o bare.o -z execstack --warn-execstack', 'RWE', /because of -z execstack/],
    ['bare-start.o bare.o -z noexecstack', 'RW ', /^$/],
  ] as const) {
    t.test(line, async (t) => {
      const gnu = linkGnu(files, line.split(' '))
      const ours = await linkOurs(files, line.split(' '))
      t.match(ours.stderr, says)
      t.equal(ours.stderr === '', gnu.stderr === '')
      t.equal(stack('ours'), stack('gnu'))
      t.equal(stack('ours')?.slice(-8, -5), flags)
    })
  }
})

t.test('-z start-stop-gc: __start_NAME needs no section', async (t) => {
  const source = `.weak __start_part, __stop_part
    .globl answer
    answer: mov $__stop_part, %eax
    sub $__start_part, %eax
    ret
    .section part, "a"
    .long 1`
  const files = { 'start.o': start, 'a.o': s(source) }
  for (const [keyword, size] of [
    ['nostart-stop-gc', 4],
    ['start-stop-gc', 0],
  ] as const) {
    const words = ['start.o', 'a.o', '--gc-sections', '-z', keyword]
    t.equal((await linkOurs(files, words)).run, size, keyword)
    t.equal(linkGnu(files, words).run, size, `${keyword}: GNU ld`)
  }
})

t.test('common symbols of the large code model stand behind everything small', async (t) => {
  const files: Files = {
    'start.o': start,
    'a.o': s('.globl answer\nanswer: mov $4, %eax\n ret\n.comm small,8,8\n.comm mixed,8,8'),
    'b.o': s('.largecomm large,70000,32\n.largecomm mixed,64,32\n.section .ldata,"awl"\n.long 1'),
  }
  linkGnu(files, Object.keys(files))
  t.equal((await linkOurs(files, Object.keys(files))).stderr, '')
  const places = (program: 'ours' | 'gnu') => {
    const text = runToSuccess('readelf', ['-sSW', join(folder, program)])
    const sections = new Map(
      [...text.matchAll(/^ +\[ *(\d+)\] (\S+) .* (\w+) +0 +0 +\d+$/gm)].map(([, index, name, flags]) => [
        index,
        `${name} ${flags}`,
      ]),
    )
    const found = text.matchAll(/ (\d+) OBJECT +GLOBAL \w+ +(\d+) (small|mixed|large)$/gm)
    return [...found].map(([, size, section, name]) => `${name} ${size} ${sections.get(section)}`).sort()
  }
  t.same(places('ours'), ['large 70000 .lbss WAl', 'mixed 64 .bss WA', 'small 8 .bss WA'])
  t.same(places('ours'), places('gnu'))
})

t.test('names of ends that every program has, and names that are defined only where they are wanted', async (t) => {
  const files = {
    'start.o': start,
    'a.o': s('.globl answer\nanswer: mov $4, %eax\n ret\n.data\n.quad edata, etext\n.bss\n.skip 9'),
  }
  const words = ['start.o', 'a.o']
  linkGnu(files, words)
  t.equal((await linkOurs(files, words)).stderr, '')
  const ends = (program: 'ours' | 'gnu') =>
    [...runToSuccess('nm', [join(folder, program)]).matchAll(/\b_?_?(etext|edata|end|bss_start)$/gm)]
      .map(([name]) => name)
      .sort()
  t.same(ends('ours'), ['__bss_start', '_edata', '_end', 'edata', 'etext'])
  t.same(ends('ours'), ends('gnu'))
})

t.test('--retain-symbols-file: only the symbols that it names', async (t) => {
  const files: Files = {
    'start.o': start,
    'a.o': s(
      '.globl answer, other\nanswer: mov $4, %eax\n ret\nother: ret\nlocal: ret\nquiet: ret\n.weak nobody\ncall nobody',
    ),
    names: 'answer\nlocal\n\nnot_there\n',
  }
  const words = ['start.o', 'a.o', '--retain-symbols-file=names']
  t.equal((await linkOurs(files, words)).run, 4)
  linkGnu(files, words)
  const names = (program: 'ours' | 'gnu') =>
    runToSuccess('nm', ['-j', join(folder, program)])
      .split('\n')
      .sort()
  t.same(names('ours'), names('gnu'))
  t.same(
    names('ours').filter((name) => name !== ''),
    ['answer', 'local'],
  )
  const missing = await linkOurs(files, ['start.o', 'a.o', '--retain-symbols-file', 'missing'])
  t.equal(missing.status, 1)
  t.match(missing.stderr, /^fle-ld: error: cannot open missing: /)
})

t.test('-y tells who defines and who uses a symbol', async (t) => {
  const files = { 'start.o': start, 'a.o': answerIsF, 'lib.a': archiveOf({ 'f.o': f1 }) }
  const words = ['-y', 'f', '--trace-symbol=answer', 'start.o', 'a.o', 'lib.a']
  const ours = await linkOurs(files, words)
  t.equal(ours.stderr.replaceAll('fle-ld:', 'ld:'), linkGnu(files, words).stderr.replaceAll('ld.bfd:', 'ld:'))
})

t.test('local symbols stand behind the name of their file, or of the object if that names none', async (t) => {
  const files = {
    'start.o': start,
    'a.o': c('static int n = 1; int answer(void) { return n++; }'),
    'b.o': s('in_b: ret'),
    'lib.a': archiveOf({ 'member.o': s('.globl f\nf: ret\nonly_here: ret') }),
  }
  const words = ['start.o', 'a.o', 'b.o', '-u', 'f', 'lib.a']
  await linkOurs(files, words)
  linkGnu(files, words)
  const locals = (program: 'ours' | 'gnu') =>
    [...runToSuccess('readelf', ['-sW', join(folder, program)]).matchAll(/ (FILE|\w+) +LOCAL +\w+ +\w+ (.*)$/gm)]
      .filter(([, type]) => type !== 'SECTION')
      .map(([, type, name]) => `${type} ${name}`)
  t.same(locals('ours'), locals('gnu'))
})

t.test('-r keeps versioned names, once each', async (t) => {
  const files = {
    'a.o': s(`.globl bar, foo
      .data
      .symver bar, bar@@V1
      bar: .byte 1
      .symver foo, old@V1
      foo: .byte 2`),
    'b.o': s('.globl hidden\nhidden: .byte 3\n.symver hidden, new@@V2'),
    'c.o': s('.data\n.symver wanted, new@V2\n.quad wanted, bar'),
  }
  const names = (object: string) =>
    runToSuccess('nm', ['-j', join(folder, object)])
      .trim()
      .split('\n')
      .sort()
  linkGnu(files, ['-r', ...Object.keys(files)])
  t.equal((await linkOurs(files, ['-r', ...Object.keys(files)])).stderr, '')
  t.same(names('ours'), names('gnu'))
})

t.test('sections that only linkers read (SHF_EXCLUDE) define nothing', async (t) => {
  const excluded = s('.globl answer\n.section .text.x, "axe"\nanswer: mov $1, %eax\n ret\n.globl only\nonly: ret')
  const files = { 'start.o': start, 'x.o': excluded, 'a.o': c('int answer(void) { return 7; }') }
  const gnu = linkGnu(files, Object.keys(files))
  const ours = await linkOurs(files, Object.keys(files))
  t.match([gnu.run, ours.run, ours.stderr], [7, 7, ''])
  const wants = { ...files, 'b.o': s('call only') }
  t.equal(linkGnu(wants, Object.keys(wants)).status, 1)
  t.match((await linkOurs(wants, Object.keys(wants))).stderr, /undefined symbol: only/)
})

t.test('what the symbol table says of symbols that the linker defines, and of those that -u wants', async (t) => {
  const names = `__ehdr_start, etext, edata, end, __init_array_start, __fini_array_end, __preinit_array_start,
    __rela_iplt_start, __tdata_start, __start_part, __stop_part`
  const source = s(`.globl _start\n_start: ret\n.data\n.quad ${names.replaceAll('\n', '')}
    .section part, "aw"\n.quad 1\n.section .tdata, "awT"\n.quad 1`)
  linkGnu({ 'a.o': source }, ['a.o', '-u', 'wanted'])
  t.equal((await linkOurs({ 'a.o': source }, ['a.o', '-u', 'wanted'])).stderr, '')
  const symbols = (program: string) => {
    const found = runToSuccess('readelf', ['-sW', join(folder, program)]).matchAll(
      /(LOCAL|GLOBAL) +(\w+) +(UND|)\S* (\w+)$/gm,
    )
    return [...found].map(([, ...facts]) => facts.join(' ')).sort()
  }
  t.same(symbols('ours'), symbols('gnu'))
})

t.test('what is hidden stays global in a program without dynamic sections', async (t) => {
  const source =
    s(`.globl _start, a, b, c, d\n_start: nop\n.hidden a, c, d\na: nop\n.internal b\nb: nop\nlea _end(%rip), %rax
     lea __init_array_start(%rip), %rax\n.hidden _end\n.comm c, 8\nd = 5\n.hidden w\n.weak w\nw: nop`)
  const lines = (program: string) =>
    runToSuccess('readelf', ['-sW', join(folder, program)])
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , type, , , , name]) => name !== undefined && type !== 'FILE')
      .map(([, , size, type, binding, visibility, , name]) => `${name} ${size} ${type} ${binding} ${visibility}`)
      .sort()
  await linkOurs({ 'a.o': source }, ['a.o', '-static'])
  linkGnu({ 'a.o': source }, ['a.o', '-static'])
  const ours = lines('ours')
  t.strictSame(ours, lines('gnu'))
  for (const line of ['a 0 NOTYPE GLOBAL HIDDEN', 'b 0 NOTYPE GLOBAL INTERNAL', '_end 0 NOTYPE GLOBAL HIDDEN'])
    t.ok(ours.includes(line), line)
  t.ok(ours.includes('__init_array_start 0 NOTYPE LOCAL DEFAULT'))
  await linkOurs({ 'a.o': source }, ['a.o', '-pie', '--no-dynamic-linker'])
  t.ok(lines('ours').includes('a 0 NOTYPE LOCAL DEFAULT'), 'of a static-PIE it becomes local')
})

t.test(
  'relocations without addends, of sections that no program has (clang has them for profiles of calls)',
  async (t) => {
    const object = s(`.globl _start\n_start: mov $60, %eax\n mov $6, %edi\n syscall
     .section .llvm.call-graph-profile,"e",@0x6fff4c09\n.quad 1\n.reloc 0, R_X86_64_NONE, _start`)
    const view = new DataView(object.buffer, object.byteOffset)
    const headers = Number(view.getBigUint64(40, true))
    for (let at = headers; at < headers + 64 * view.getUint16(60, true); at += 64) {
      if (view.getUint32(at + 4, true) !== 4) continue
      view.setUint32(at + 4, 9, true)
      view.setBigUint64(at + 32, 16n, true)
      view.setBigUint64(at + 56, 16n, true)
    }
    const { run, stderr } = await linkOurs({ 'a.o': object }, ['a.o', '-static'])
    t.equal(run, 6, stderr)
    const relocatable = await linkOurs({ 'a.o': object }, ['a.o', '-r'])
    t.equal(relocatable.status, 0, relocatable.stderr)
    t.notMatch(runToSuccess('readelf', ['-SW', join(folder, 'ours')]), 'call-graph')
  },
)

t.test('bitcode is told from other files', async (t) => {
  const { status, stderr } = await linkOurs({ 'a.o': new Uint8Array([0x42, 0x43, 0xc0, 0xde, 0, 0, 0, 0]) }, ['a.o'])
  t.equal(status, 1)
  t.match(stderr, 'a.o: this is LLVM bitcode, not machine code\n>>> hint: compile it without -flto')
})

t.test('sections stand in the order of GNU ld', async (t) => {
  const orphans =
    s(`.globl _start\n_start: nop\n.section .fini,"ax"\nnop\n.section other,"ax"\nnop\n.section .rodata1,"a"\n.byte 1
     .section readable,"a"\n.byte 1\n.section .rodata\n.byte 1\n.section .debug_line_str,"MS",@progbits,1\n.asciz "a"\n.section .odd\n.byte 1
     .section .debug_info\n.byte 1\n.section .debug_aranges\n.byte 1\n.section .comment\n.byte 1`)
  const names = (program: string) =>
    [...runToSuccess('readelf', ['-SW', join(folder, program)]).matchAll(/\] (\S+)/g)].map(([, name]) => name)
  await linkOurs({ 'a.o': orphans }, ['a.o', '-static'])
  linkGnu({ 'a.o': orphans }, ['a.o', '-static'])
  t.strictSame(names('ours'), names('gnu'))
})

t.test('-r --gc-sections', async (t) => {
  const source = s(`.section .text.f, "ax"\n.globl f\nf: call g\n ret
    .section .text.g, "ax"\n.globl g\ng: ret
    .section .text.h, "ax"\n.globl h\nh: ret\nlocal: ret
    .section .debug_x, "", @progbits\n.quad local, f`)
  const sections = (object: string) => runToSuccess('objdump', ['-rhw', join(folder, object)]).match(/\.text\.\w/g)
  const symbols = (object: string) => runToSuccess('nm', ['-g', join(folder, object)])
  for (const words of [['-e', 'f'], ['-u', 'g'], ['--gc-keep-exported']]) {
    t.equal(linkGnu({ 'a.o': source }, ['-r', '--gc-sections', 'a.o', ...words]).status, 0)
    t.equal((await linkOurs({ 'a.o': source }, ['-r', '--gc-sections', 'a.o', ...words])).stderr, '')
    t.same(sections('ours'), sections('gnu'), words.join(' '))
    t.same(symbols('ours'), symbols('gnu'), words.join(' '))
  }
  t.equal(linkGnu({ 'a.o': source }, ['-r', '--gc-sections', 'a.o']).status, 1)
  t.match(await linkOurs({ 'a.o': source }, ['-r', '--gc-sections', 'a.o']), { status: 1, stderr: /say with -e, -u/ })
})

t.test('--gc-sections keeps what notes speak of', async (t) => {
  // As the probes of <sys/sdt.h>: a note that is not loaded, and the section whose address it has.
  const probe = (name: string) =>
    `.section .note.stapsdt, "?", @note\n.balign 4\n.long 8, 8, 3\n.asciz "stapsdt"\n.quad ${name}`
  const files = {
    'start.o': start,
    'a.o': s(`.globl answer\nanswer: mov $1, %eax\n ret\n${probe('at_base')}
      .section base, "a"\nat_base: .long 5
      .section .text.dead, "axG", @progbits, dead, comdat\ndead: ret\n${probe('at_other')}
      .section other, "a"\nat_other: .long 6`),
  }
  const words = ['--gc-sections', ...Object.keys(files)]
  linkGnu(files, words)
  t.equal((await linkOurs(files, words)).stderr, '')
  const sections = (program: string) => runToSuccess('readelf', ['-SW', join(folder, program)]).match(/ (base|other) /g)
  t.same(sections('gnu'), [' base '])
  t.same(sections('ours'), sections('gnu'))
})

t.test('a script of the system root names files of that root', async (t) => {
  const files: Files = {
    'start.o': start,
    'root/lib/x.o': c('int answer(void) { return f() + g() + h(); }', '-Wno-implicit-function-declaration'),
    'root/lib/f.o': c('int f(void) { return 1; }'),
    'root/lib/g.o': c('int g(void) { return 2; }'),
    'root/lib/h.o': c('int h(void) { return 4; }'),
    'root/lib/libscript.a': 'INPUT(/lib/x.o =/lib/f.o h.o)',
    'outside.script': 'GROUP($SYSROOT/lib/g.o)',
  }
  const words = ['start.o', '--sysroot=root', '-L=/lib', '-lscript', 'outside.script']
  t.match(await linkOurs(files, words), { stderr: '', run: 7 })
})

t.test('a script among the files may also define symbols, ask for them and name the entry', async (t) => {
  const files = {
    'more.script': 'INPUT(g.o) two = 2;',
    'x.script': `/* x */ three = 2 + 1; PROVIDE(answer = 9); PROVIDE(four = three + 1); PROVIDE_HIDDEN(five = 5);
      HIDDEN(hidden = 6); PROVIDE(unused = 7); EXTERN(h) ENTRY(begin) INCLUDE more.script`,
    'f.o': s(`.globl begin, answer\nbegin: call answer\n mov %eax, %edi\n mov $60, %eax\n syscall
      answer: lea three, %eax\n lea four, %ecx\n add %ecx, %eax\n lea five, %ecx\n add %ecx, %eax\n ret`),
    'g.o': s('nop'),
    'libh.a': archiveOf({ 'h.o': s('.globl h\nh: ret') }),
  }
  const words = ['f.o', 'x.script', 'libh.a']
  const gnu = linkGnu(files, words)
  const ours = await linkOurs(files, words)
  t.match([gnu.run, ours.run, ours.stderr], [12, 12, ''], gnu.stderr)
  t.same(
    symbolsOf('ours'),
    symbolsOf('gnu').filter((symbol) => symbol !== '_start U'),
  )
  const refuses = async (script: string, message: RegExp) =>
    t.match(await linkOurs({ ...files, 'bad.script': script }, ['f.o', 'bad.script']), { status: 1, stderr: message })
  await refuses('INPUT(f.o) MEMORY { }', /bad\.script:1: MEMORY is not a command of the scripts that can be read/)
  await refuses('\na = ;', /bad\.script:2: a = is not SYMBOL = EXPRESSION/)
  await refuses('INPUT(f.o', /the list behind INPUT has no end/)
  await refuses('INCLUDE', /INCLUDE names no file/)
  await refuses('INCLUDE bad.script', /scripts name each other without end/)
})

t.test('names in archives may be meant, too; a vtable stands with a function of its class', async (t) => {
  const { stderr } = await linkOurs(
    {
      'a.o': c('int prinft(void); int answer(void) { return prinft(); }'),
      'lib.a': archiveOf({ 'printf.o': c('int printf(const char *x, ...) { return 0; }') }),
      'v.o': s('.globl _start\n_start: call answer\n.data\n.quad _ZTV5Shape'),
    },
    ['v.o', 'a.o', 'lib.a'],
  )
  t.match(stderr, 'did you mean: printf\n>>> defined in: lib.a(printf.o)')
  t.match(stderr, /undefined symbol: vtable for Shape\n.*\n>>> hint: they stand with the first virtual function/)
})

t.test('a variable of each thread is none of all', async (t) => {
  const thread = c('__thread int errno = 3; __thread int v = 4;')
  const plain = c('extern int errno, v; int answer(void) { return errno + v; }', '-fno-pie')
  const threadToo = c('extern __thread int errno, v; int answer(void) { return errno + v; }')
  for (const [first, second] of [
    [plain, thread],
    [thread, plain],
  ]) {
    const files = { 'start.o': start, 'a.o': first, 'b.o': second }
    t.equal(linkGnu(files, Object.keys(files)).status, 1)
    const { status, stderr } = await linkOurs(files, Object.keys(files))
    t.match(
      stderr,
      /errno is a variable of each thread in [ab]\.o, and of all in [ab]\.o\n>>> hint: include <errno\.h>/,
    )
    t.match(stderr, /v is a variable of each thread in .*\n>>> hint: declare it with __thread/)
    t.equal(status, 1)
  }
  const files = { 'start.o': start, 'a.o': threadToo, 'b.o': thread }
  t.match(await linkOurs(files, Object.keys(files)), { status: 0, stderr: '' })
})

t.test('local-dynamic accesses by descriptors (-mtls-dialect=gnu2)', async (t) => {
  const source = `static __thread int a, b = 3; void set(int n) { a = n; } int answer(void) { return a + b; }
    int main(void) { set(39); return answer(); }`
  const options = ['-O1', '-fPIC', '-ftls-model=local-dynamic', '-mtls-dialect=gnu2', '-fno-inline']
  const object = compile(source, options)
  writeFileSync(join(folder, 'gnu2.o'), object)
  const base = 'crt1.o crti.o crtbeginT.o crtend.o crtn.o libc.a libgcc.a libgcc_eh.a'
  const path = (name: string) => runToSuccess('gcc', [`-print-file-name=${name}`]).trim()
  const files = Object.fromEntries(base.split(' ').map((name) => [name, new Uint8Array(readFileSync(path(name)))]))
  const words = [
    'crt1.o',
    'crti.o',
    'crtbeginT.o',
    'gnu2.o',
    '--start-group',
    'libc.a',
    'libgcc.a',
    'libgcc_eh.a',
    '--end-group',
  ]
  const all = { ...files, 'gnu2.o': object }
  const gnu = linkGnu(all, [...words, 'crtend.o', 'crtn.o'])
  const ours = await linkOurs(all, [...words, 'crtend.o', 'crtn.o'])
  t.match([gnu.run, ours.run, ours.stderr], [42, 42, ''])
  const shown = (program: string) => /_TLS_MODULE_BASE_$/m.test(runToSuccess('nm', [join(folder, program)]))
  t.equal(shown('ours'), shown('gnu'))
})

t.test('-z start-stop-visibility', async (t) => {
  const source = s('.globl _start\n_start: lea __start_part(%rip), %rax\n ret\n.section part, "a"\n.byte 1')
  for (const visibility of ['default', 'protected', 'hidden', 'internal']) {
    const words = ['a.o', '-z', `start-stop-visibility=${visibility}`]
    linkGnu({ 'a.o': source }, words)
    t.equal((await linkOurs({ 'a.o': source }, words)).stderr, '')
    const shown = (program: string) =>
      /\w+ +\w+ +\d+ __start_part/.exec(runToSuccess('readelf', ['-sW', join(folder, program)]))?.[0]
    t.equal(shown('ours')?.slice(0, 16), shown('gnu')?.slice(0, 16))
  }
  const wrong = await linkOurs({ 'a.o': source }, ['a.o', '-z', 'start-stop-visibility=secret'])
  t.match([wrong.status, wrong.stderr], [2, /start-stop-visibility=secret is not a keyword with a value/])
})
