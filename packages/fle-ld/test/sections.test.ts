// What stands where: the same command line for both linkers, and the same image.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { assemble, compile, runCommand, runToSuccess } from '@fle/testkit'
import t, { type Test } from 'tap'
import { c, type Files, folder, linkGnu, linkOurs, s, start } from './both-linkers.ts'

const image = s(`
  .globl _start
  _start: mov n(%rip), %edi
    add z(%rip), %edi
    mov $60, %eax
    syscall
  .data
  n: .long 5
  .section .rodata
    .string "read-only"
  .bss
  z: .skip 5000`)

interface Segment {
  readonly flags: string
  readonly sections: readonly string[]
}

/** The segments of a program by address, with the sections in each, and the addresses of sections. */
function describe(program: 'ours' | 'gnu'): { segments: Segment[]; addresses: Map<string, string> } {
  const text = runToSuccess('readelf', ['-SlW', join(folder, program)])
  const addresses = new Map(
    [...text.matchAll(/^ +\[ *\d+\] (\S+) +\w+ +([\da-f]{16}) /gm)].map(([, name, address]) => [name, address]),
  )
  const inSegments = [...text.matchAll(/^ {3}\d\d {5}(.*)$/gm)].map(([, names]) => names.trim().split(' '))
  const segments = [...text.matchAll(/^ {2}(\w+) +0x.* ([R ][W ][E ]) +0x\w+$/gm)].flatMap(([, type, flags], i) =>
    type === 'LOAD' ? [{ flags, sections: inSegments[i] }] : [],
  )
  return { segments, addresses }
}

t.test('segments and addresses', async (t) => {
  const cases: readonly { words: string; same: readonly string[] }[] = [
    { words: '', same: ['.text', '.rodata'] },
    { words: '-N --no-warn-rwx-segments', same: ['.text', '.rodata'] },
    { words: '-z noseparate-code', same: ['.text', '.rodata', '.data', '.bss'] },
    { words: '-z noseparate-code -z separate-code', same: ['.text', '.rodata'] },
    { words: '-z max-page-size=0x10000', same: ['.text', '.rodata'] },
    { words: '-z max-page-size=0x200000 -z noseparate-code', same: ['.text', '.rodata', '.data', '.bss'] },
    { words: '-Ttext 0x500000', same: ['.text', '.rodata'] },
    { words: '-Ttext=ffffffff80000000', same: ['.text', '.rodata'] },
    { words: '-Ttext 0', same: ['.text', '.rodata'] },
    { words: '-Tdata=600000', same: ['.text', '.rodata', '.data'] },
    { words: '-Tbss 0x700000', same: ['.text', '.rodata', '.bss'] },
    { words: '-Ttext=10000 -Tdata=20000 -Tbss=30000', same: ['.text', '.data', '.bss'] },
    { words: '--section-start=.rodata=0x480000', same: ['.text', '.rodata'] },
    { words: '-Trodata-segment=0x700000', same: ['.text', '.rodata'] },
    { words: '-Ttext-segment=0x800000', same: ['.text', '.rodata'] },
  ]
  for (const { words, same } of cases) {
    t.test(words || 'by default', async (t) => {
      const files: Files = { 'image.o': image }
      const line = ['image.o', ...words.split(' ').filter((word) => word !== '')]
      const gnu = linkGnu(files, line)
      const ours = await linkOurs(files, line)
      t.equal(ours.stderr, '')
      t.equal(ours.run, gnu.run)
      if (!/ffff|-Ttext 0$/.test(words)) t.equal(ours.run, 5)
      const [mine, theirs] = [describe('ours'), describe('gnu')]
      t.same(mine.segments, theirs.segments)
      for (const name of same) t.equal(mine.addresses.get(name), theirs.addresses.get(name), name)
    })
  }
  t.test('-n: no headers in memory, no gap in the file', async (t) => {
    t.equal((await linkOurs({ 'image.o': image }, ['-n', 'image.o'])).run, 5)
    t.same(describe('ours').segments, [
      { flags: 'R E', sections: ['.text', '.rodata'] },
      { flags: 'RW ', sections: ['.data', '.bss'] },
    ])
    t.match(runToSuccess('readelf', ['-lW', join(folder, 'ours')]), /LOAD +0x0000e8 0x00000000004000e8 /)
  })
  t.test('a raw image in one segment begins at its base', async (t) => {
    const words = ['-N', '-Ttext=0x7c00', '--oformat=binary', 'image.o']
    linkGnu({ 'image.o': image }, words)
    await linkOurs({ 'image.o': image }, words)
    const dump = (program: string) => runToSuccess('od', ['-An', '-tx1', '-N', '23', join(folder, program)])
    t.equal(dump('ours'), dump('gnu'))
  })
  t.test('places that are taken', async (t) => {
    const errors = async (...words: string[]) => (await linkOurs({ 'image.o': image }, ['image.o', ...words])).stderr
    t.match(await errors('-Tdata=0x401000'), /sections overlap: \.data \(0x401000 to 0x401003\) and \.text/)
    t.match(
      await errors('-Tdata=0x401800'),
      /\.data begins on a page that has other permissions, at 0x401800\n>>> hint: /,
    )
    t.match(await errors('-z', 'max-page-size=1000'), /max-page-size=1000 is not/)
    t.match(await errors('-Tdata=here'), /-Tdata: here is not an address/)
  })
})

/** The functions whose addresses stand in a section, by name. */
function functionsIn(program: 'ours' | 'gnu', section: string): string[] {
  const path = join(folder, program)
  const names = new Map(
    runToSuccess('nm', [path])
      .split('\n')
      .map((line) => [line.slice(0, 16), line.slice(19)]),
  )
  runToSuccess('objcopy', ['-O', 'binary', '-j', section, path, join(folder, 'words')])
  const words = runToSuccess('od', ['-An', '-v', '-tx8', '-w8', join(folder, 'words')])
  return words.split('\n').flatMap((line) => (line === '' ? [] : [names.get(line.trim()) ?? line.trim()]))
}

t.test('what other tools check of program headers and relocations', async (t) => {
  const indirect = s(`.globl _start
    _start: call f
      xor %edi, %edi
      mov $60, %eax
      syscall
    .type f, @gnu_indirect_function
    f: ret
    .section .data.rel.ro, "aw"
    .quad _start`)
  const words = ['indirect.o']
  t.equal((await linkOurs({ 'indirect.o': indirect }, words)).stderr, '')
  linkGnu({ 'indirect.o': indirect }, words)
  const relocations = (program: 'ours' | 'gnu') => {
    const text = runToSuccess('readelf', ['-SW', join(folder, program)])
    const names = new Map([...text.matchAll(/^ +\[ *(\d+)\] (\S+)/gm)].map(([, index, name]) => [index, name]))
    const [, flags, link = '', info = ''] = /\.rela\.plt +RELA .* 18 +(\w+) +(\d+) +(\d+) +8$/m.exec(text) ?? []
    return [flags, names.get(link), names.get(info)?.replace('.got.plt', '.got')]
  }
  t.same(relocations('ours'), ['AI', '.symtab', '.got'])
  t.same(relocations('ours'), relocations('gnu'))
  const headers = [
    ...runToSuccess('readelf', ['-lW', join(folder, 'ours')]).matchAll(
      /^ +(LOAD|GNU_RELRO) +\S+ (\S+) \S+ \S+ (\S+) /gm,
    ),
  ].map(([, type, start, size]) => ({ type, start: Number(start), end: Number(start) + Number(size) }))
  const relro = headers.find(({ type }) => type === 'GNU_RELRO')
  t.ok(relro && headers.some(({ type, start, end }) => type === 'LOAD' && start <= relro.start && relro.end <= end))
})

t.test('sections that describe others stand in the order of those (SHF_LINK_ORDER)', async (t) => {
  const files: Files = {
    'a.o': s(`.globl _start
      _start: movzbl first(%rip), %edi
      mov $60, %eax
      syscall
      .section .text.b, "ax"
      b: nop
      .section .text.a, "ax"
      a: nop
      .section order, "ao", @progbits, .text.a
      .byte 'a'
      .section order, "ao", @progbits, .text.b, unique, 1
      .globl first
      first: .byte 'b'`),
    'b.o': s(`.section .text.unlikely, "ax"
      c: nop
      .section order, "ao", @progbits, .text.unlikely
      .byte 'c'`),
  }
  linkGnu(files, Object.keys(files))
  t.equal((await linkOurs(files, Object.keys(files))).stderr, '')
  const content = (program: 'ours' | 'gnu') =>
    / {2}(\w+) *$/m.exec(runToSuccess('objdump', ['-sj', 'order', join(folder, program)]))?.[1]
  t.equal(content('ours'), 'cba')
  t.equal(content('ours'), content('gnu'))
})

t.test('functions before and after main', async (t) => {
  const entry = (section: string, ...names: string[]) =>
    `.section ${section}, "aw"\n${names.map((name) => `.quad ${name}`).join('\n')}\n.text\n${names.map((name) => `${name}: ret`).join('\n')}\n`
  const files: Files = {
    'a.o': s(
      `.globl _start\n_start: ret\n${entry('.init_array', 'a1', 'a2')}${entry('.init_array.00300', 'a300')}
       ${entry('.ctors', 'old1', 'old2', 'old3')}${entry('.ctors.65000', 'old65000')}${entry('.fini_array.5', 'f5')}
       ${entry('.preinit_array', 'p1', 'p2')}${entry('.dtors', 'd1', 'd2')}`,
    ),
    'b.o': s(
      `${entry('.init_array', 'b1')}${entry('.init_array.00200', 'b200')}${entry('.init_array.99', 'b99')}
       ${entry('.ctors.00100', 'old100')}${entry('.fini_array', 'f1')}${entry('.fini_array.00004', 'f4')}`,
    ),
    'crtbegin.o': s('.section .ctors, "aw"\n.quad -1'),
  }
  const words = ['crtbegin.o', 'a.o', 'b.o']
  linkGnu(files, words)
  t.equal((await linkOurs(files, words)).stderr, '')
  for (const section of ['.preinit_array', '.init_array', '.fini_array', '.ctors']) {
    t.same(functionsIn('ours', section), functionsIn('gnu', section), section)
  }
  const headers = (program: string) =>
    runToSuccess('readelf', ['-SW', join(folder, program)]).match(/\.(pre)?\w+_array +\w+/g)
  t.same(headers('ours'), headers('gnu'))
})

t.test('thread-local zeros in several sections', async (t) => {
  const zeros = (...names: readonly (readonly [section: string, symbol: string])[]) =>
    s(`.globl answer
    answer: ret
    .section .tdata, "awT"
    .globl one
    one: .long 1
    .data
    .quad __tdata_start
    ${names.map(([section, symbol]) => `.section ${section}, "awT", @nobits\n.globl ${symbol}\n${symbol}: .skip 9`).join('\n')}`)
  const places = (program: string) =>
    runToSuccess('nm', ['-n', join(folder, program)]).match(/^\S+ [BbDd] one|^\S+ B \w$/gm)
  const image = (program: string) =>
    / TLS +\S+ \S+ \S+ (\S+ \S+)/.exec(runToSuccess('readelf', ['-lW', join(folder, program)]))?.[1]
  t.test('.tcommon is at the end of .tbss', async (t) => {
    const files = { 'start.o': start, 'a.o': zeros(['.tcommon', 'a'], ['.tbss.x', 'b'], ['.tbss', 'c']) }
    linkGnu(files, Object.keys(files))
    t.equal((await linkOurs(files, Object.keys(files))).stderr, '')
    t.same(places('ours'), places('gnu'))
    t.same(image('ours'), image('gnu'))
  })
  t.test('alone they make no segment', async (t) => {
    const files = { 'a.o': s('.globl _start\n_start: ret\n.section .tbss, "awT", @nobits\n.balign 32\nx: .skip 40') }
    linkGnu(files, ['a.o'])
    t.equal((await linkOurs(files, ['a.o'])).stderr, '')
    const headers = (program: string) =>
      runToSuccess('readelf', ['-lW', join(folder, program)]).match(/^ +(LOAD|TLS|GNU_RELRO) /gm)
    t.same(headers('ours'), headers('gnu'))
    t.same(image('ours'), image('gnu'))
  })
  t.test('those of other names stand one behind the other', async (t) => {
    const files = { 'start.o': start, 'a.o': zeros(['mine', 'a'], ['.tbss', 'b'], ['other', 'c']) }
    t.equal((await linkOurs(files, Object.keys(files))).stderr, '')
    t.same(
      places('ours')?.map((line) => Number.parseInt(line, 16)),
      [0, 4, 13, 22],
    )
    t.same(image('ours'), '0x000004 0x00001f')
  })
})

t.test('images of more than 2 GiB', async (t) => {
  const source = `
    char big[3UL << 30]; const char table[100000] = { 1, 2 }; char data[100000] = { 3 }; __thread char t[1 << 30]; __thread int u = 4;
    int answer(void) { big[sizeof big - 1] = 7; return big[sizeof big - 1] + table[1] + data[0]; } int other(void) { return t[5] + u; }`
  for (const model of ['medium', 'large']) {
    t.test(`the ${model} code model`, async (t) => {
      const files: Files = { 'start.o': start, 'a.o': c(source, `-mcmodel=${model}`, '-fno-pie') }
      const words = ['start.o', 'a.o', '--build-id']
      const gnu = linkGnu(files, words)
      const ours = await linkOurs(files, words)
      t.match([gnu.run, ours.run, ours.stderr], [12, 12, ''])
      t.equal(runToSuccess('readelf', ['-lW', join(folder, 'ours')]).match(/0xc00\w+ RW/g)?.length, 1)
      t.ok(runToSuccess('stat', ['-c', '%s', join(folder, 'ours')]).length < 8, 'and a small file')
    })
  }
  t.test('what the small code model cannot reach: the formula, and what to do', async (t) => {
    const far = s('.globl answer\nanswer: mov far(%rip), %eax\n ret\n.bss\n.skip 0xc0000000\nfar: .long 0')
    const { stderr } = await linkOurs({ 'start.o': start, 'a.o': far }, ['start.o', 'a.o'])
    t.match(
      stderr,
      /R_X86_64_PC32 is out of range: 0x\w+ does not fit in -2\^31 … 2\^31-1\n>>> i32\(.* - 📍\) = 0x.*\n>>> referenced by a\.o.*\n>>> hint: .*-mcmodel=/,
    )
  })
})

t.test('properties of objects become those of the program', async (t) => {
  const note = (...properties: readonly (readonly number[])[]) => `.section .note.gnu.property, "a", @note
    .balign 8
    .long 4, 2f - 1f, 5
    .asciz "GNU"
    1: ${properties.map(([type, ...data]) => `.long ${type}, ${4 * data.length}, ${data.join()}\n.balign 8`).join('\n')}
    2:`
  const isaNeeded = 0xc0008002
  const isaUsed = 0xc0010002
  const feature = 0xc0000002
  const object = (...properties: readonly (readonly number[])[]) => s(`nop\n${note(...properties)}`)
  const starting = (...properties: readonly (readonly number[])[]) =>
    s(`.globl _start\n_start: mov $60, %eax\n xor %edi, %edi\n syscall\n${note(...properties)}`)
  const cases: Readonly<Record<string, readonly Uint8Array[]>> = {
    'what one needs, all need': [starting([isaNeeded, 1]), object([isaNeeded, 4]), s('nop')],
    'what all keep to': [starting([feature, 3]), object([feature, 1]), object([feature, 3])],
    'what not all keep to': [starting([feature, 3]), object([feature, 3]), s('nop')],
    'nothing that all keep to': [starting([feature, 2]), object([feature, 1])],
    'what all say they use': [starting([isaUsed, 1], [isaNeeded, 1]), object([isaUsed, 8])],
    'what not all say they use': [starting([isaUsed, 1], [isaNeeded, 1]), s('nop'), object([isaUsed, 8])],
    'the largest stack, and what has no value': [starting([1, 0x8000, 0]), object([1, 0x2000, 0], [2])],
    'several of one kind in one object': [
      starting([feature, 1], [feature, 2], [isaNeeded, 1], [isaNeeded, 2]),
      object([feature, 2], [feature, 4]),
    ],
    'one object that says nothing': [starting([feature, 0], [isaUsed, 0], [isaNeeded, 0])],
    'objects that say nothing': [starting([isaUsed, 0], [isaNeeded, 0]), object([isaUsed, 0], [isaNeeded, 0])],
    'properties of a range': [starting([0xb0000001, 7], [0xb0008001, 1]), object([0xb0000001, 5], [0xb0008001, 2])],
  }
  const shown = (program: 'ours' | 'gnu') =>
    runToSuccess('readelf', ['-nlW', join(folder, program)])
      .split('\n')
      .filter((line) => /NT_GNU_PROPERTY|Properties|stack size|GNU_PROPERTY/.test(line))
      .map((line) => line.trim().replace(/^(GNU_PROPERTY) .* (0x\w+ 0x\w+) R/, '$1 $2'))
  const compare = async (t: Test, files: Files, words: readonly string[]) => {
    t.equal(linkGnu(files, words).status, 0)
    t.match(await linkOurs(files, words), { status: 0, stderr: '' })
    t.strictSame(shown('ours'), shown('gnu'))
  }
  for (const [what, objects] of Object.entries(cases)) {
    t.test(what, async (t) => {
      const files = Object.fromEntries(objects.map((bytes, i) => [`${i}.o`, bytes]))
      await compare(t, files, Object.keys(files))
      await compare(t, files, ['-r', ...Object.keys(files)])
      await compare(t, files, [...Object.keys(files), '-z', 'ibt', '-z', 'x86-64-v2', '-z', 'x86-64-v3'])
    })
  }
  t.test('keywords alone', async (t) => {
    for (const keyword of ['ibt', 'shstk', 'lam-u48', 'lam-u57', 'x86-64-v4'])
      await compare(t, { '0.o': s('.globl _start\n_start: nop') }, ['0.o', '-z', keyword])
  })
  t.test('malformed ones are ignored, with a warning', async (t) => {
    const files = { '0.o': s(`.globl _start\n_start: nop\n${note([isaNeeded, 1, 1])}`) }
    t.match(await linkOurs(files, ['0.o']), {
      status: 0,
      stderr: 'fle-ld: warning: 0.o: .note.gnu.property is malformed, and ignored\n',
    })
    t.strictSame(shown('ours'), [])
  })
})

t.test('strings', async (t) => {
  const files: Files = {
    'start.o': start,
    'a.o': s(`.globl answer
      answer: lea whole(%rip), %rax
        lea tail(%rip), %rcx
        sub %rax, %rcx
        lea plain(%rip), %rdx
        mov (%rdx), %edx
        lea (%rcx, %rdx), %eax
        ret
      .section .rodata
      plain: .long 30
      .section .rodata.str1.1, "aMS", @progbits, 1
      .string "one"
      whole: .string "twenty-one"
      other: .string "other"
      .section .rodata.wide, "aMS", @progbits, 4
      .long 1, 2, 3, 0, 2, 3, 0`),
    'b.o': s(`.section .rodata.str1.1, "aMS", @progbits, 1
      .globl tail
      tail: .string "one"
      .string "other"
      .section .rodata.wide, "aMS", @progbits, 4
      .long 3, 0, 1, 2, 3, 0
      .section .rodata.cst8, "aM", @progbits, 8
      .quad 7, 8, 7`),
  }
  const sizeOf = (program: string) =>
    Number.parseInt(runToSuccess('size', ['-A', join(folder, program)]).match(/\.rodata +(\d+)/)?.[1] ?? '', 10)
  const words = ['-z', 'noseparate-code', '-O2', ...Object.keys(files)]
  const gnu = linkGnu(files, words)
  t.test('equal ones are one, beside others in one section; with -O2 ends of others are in those', async (t) => {
    t.match([gnu.run, (await linkOurs(files, words)).run], [37, 37])
    t.equal(sizeOf('ours'), sizeOf('gnu'))
  })
  t.test('without -O2 only equal ones', async (t) => {
    await linkOurs(files, Object.keys(files))
    t.ok(sizeOf('ours') > sizeOf('gnu'))
  })
})

t.test('more sections than 16 bits can count', async (t) => {
  const count = 66_000
  const sections = Array.from(
    { length: count },
    (_, i) => `.section .s${i}, "a"\n.globl d${i}\nd${i}: .byte ${i % 100}`,
  )
  const files: Files = {
    'start.o': start,
    'a.o': s(`.globl answer\nanswer: movzbl d65999(%rip), %eax\n ret\n${sections.join('\n')}`),
  }
  const words = ['start.o', 'a.o']
  t.match(await linkOurs(files, words), { run: 99, stderr: '' })
  const { stdout, stderr } = runCommand('readelf', ['-hsW', join(folder, 'ours')])
  t.equal(stderr, '')
  t.notMatch(stdout, /arning/)
  const [, section] = /GLOBAL DEFAULT (\d+) d65990$/m.exec(stdout) ?? []
  t.ok(Number(section) > 65_280, section)
  await linkOurs(files, ['-r', ...words])
  const joined = new Uint8Array(readFileSync(join(folder, 'ours')))
  t.match(linkGnu({ 'joined.o': joined }, ['joined.o']), { run: 99 }, 'GNU ld links what -r makes')
  t.match(await linkOurs({ 'joined.o': joined }, ['joined.o']), { run: 99 })
})

t.test('--emit-relocs keeps relocations that say what stands in the program', async (t) => {
  const files: Files = {
    'start.o': start,
    'answer.o': c(
      `extern int other(const int *); extern int table[]; extern __attribute__((weak)) int absent;
       static int local[4] = { 1, 2, 3, 4 };
       int *pointers[] = { &local[2], table + 1 };
       const char *texts[] = { "tail", "detail" };
       int answer(void) { return other(pointers[0]) + *pointers[1] + (&absent != 0) + texts[1][6]; }`,
      '-g',
      '-fPIC',
      '-fasynchronous-unwind-tables',
    ),
    'other.o': c('int table[9] = { 0, 9 }; int other(const int *p) { return *p; }', '-ffunction-sections', '-fno-plt'),
    'list.o': s('.section .ctors, "aw"\n.quad other, table + 8\n.text\nnop'),
  }
  const words = ['-q', ...Object.keys(files)]
  t.match(linkGnu(files, words), { status: 0, run: 12 })
  t.match(await linkOurs(files, words), { status: 0, stderr: '', run: 12 })
  const [ours, gnu] = (['ours', 'gnu'] as const).map(relocationsOf)
  const checked = /^R_X86_64_(64|32S?|PC32|PLT32)$/
  const content = new Uint8Array(readFileSync(join(folder, 'ours')))
  let count = 0
  for (const { type, place, at, target } of ours) {
    if (!checked.test(type)) continue
    const is64 = type === 'R_X86_64_64'
    const value = target - (/P/.test(type.slice(9)) ? place : 0n)
    const view = new DataView(content.buffer)
    t.equal(
      BigInt.asUintN(is64 ? 64 : 32, value),
      is64 ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true)),
    )
    count++
  }
  t.ok(count > 30, `${count} relocations checked`)
  const kinds = (list: readonly Emitted[]) => list.map(({ section, type }) => `${section} ${type}`).sort()
  t.strictSame(
    kinds(ours).filter((kind) => !kind.startsWith('.rela.text')),
    kinds(gnu).filter((kind) => !kind.startsWith('.rela.text') && kind !== '.rela.eh_frame R_X86_64_NONE'),
  )
  t.equal((await linkOurs(files, ['-q', '-s', ...Object.keys(files)])).run, 12)
})

interface Emitted {
  readonly section: string
  readonly type: string
  readonly place: bigint
  /** Where the field is in the file. */
  readonly at: number
  /** Symbol and addend. */
  readonly target: bigint
}

/** The relocations of a program as readelf tells them. */
function relocationsOf(program: 'ours' | 'gnu'): Emitted[] {
  const text = runToSuccess('readelf', ['-SrW', join(folder, program)])
  const headers = new Map(
    Array.from(text.matchAll(/^ +\[ *\d+\] (\S+) +\w+ +([\da-f]{16}) ([\da-f]+) /gm), ([, name, address, offset]) => [
      name,
      { address: BigInt(`0x${address}`), offset: Number.parseInt(offset, 16) },
    ]),
  )
  return text.split("Relocation section '").flatMap((part) => {
    const section = part.slice(0, part.indexOf("'"))
    const header = headers.get(section.replace('.rela', ''))
    if (!header) return []
    const pattern = /^([\da-f]{16}) +[\da-f]{16} (\S+) +([\da-f]{16}) +\S+ ([+-]) ([\da-f]+)$/gm
    return Array.from(part.matchAll(pattern), ([, offset, type, value, sign, addend]) => {
      const place = BigInt(`0x${offset}`)
      const target = BigInt(`0x${value}`) + BigInt(`0x${addend}`) * (sign === '-' ? -1n : 1n)
      return { section, type, place, at: header.offset + Number(place - header.address), target }
    })
  })
}

t.test('--icf: functions of the same code', async (t) => {
  const options = ['-ffunction-sections', '-fno-optimize-sibling-calls', '-fno-ipa-icf', '-fno-inline', '-fno-ipa-cp']
  const files: Files = {
    'start.o': start,
    'a.o': c(
      `int g; int (*volatile taken)(int);
       int a1(int x) { return x * 3 + g; } int a2(int x) { return x * 3 + g; } int a3(int x) { return x * 3 - g; }
       int b1(int x) { return a1(x) + 1; } int b2(int x) { return a2(x) + 1; } int b3(int x) { return a3(x) + 1; }
       int r1(int x) { return x ? r1(x - 1) * 2 : 1; } int r2(int x) { return x ? r2(x - 1) * 2 : 1; }
       int t1(int x) { return x + 77; } int t2(int x) { return x + 77; }
       int other(int x);
       int answer(void) {
         taken = t1; int same = taken == t2 ? 100 : 0;
         return b1(1) + b2(2) + b3(3) + r1(3) + r2(2) + same + other(1);
       }`,
      ...options,
    ),
    'b.o': c('extern int g; int other(int x) { return x * 3 + g; }', ...options),
    'exceptions.o': compile(
      `struct E {}; void f(int);
       int c1(int x) { try { f(x); } catch (E &) { return 1; } return 0; }
       int c2(int x) { try { f(x); } catch (int) { return 1; } return 0; }`,
      ['-O1', '-fPIE', ...options],
      'cc',
    ),
    'library.o': s(
      ['_Z1fi', '__cxa_begin_catch', '__cxa_end_catch', '_Unwind_Resume', '__gxx_personality_v0', '_ZTIi']
        .concat('_ZTVN10__cxxabiv117__class_type_infoE')
        .map((name) => `.globl ${name}\n${name}: ret`)
        .join('\n'),
    ),
  }
  for (const [kind, status] of [
    ['safe', 36],
    ['all', 136],
  ] as const) {
    t.test(kind, async (t) => {
      const words = [`--icf=${kind}`, '--print-icf-sections', ...Object.keys(files)]
      const ours = await linkOurs(files, words)
      t.match(ours, { run: status, stderr: '' })
      linkGnu(files, Object.keys(files))
      const gold = runCommand('ld.gold', [...words, '-o', 'gold'], { cwd: folder })
      t.equal(gold.status, 0, gold.stderr)
      const goldPairs = [
        ...gold.stderr.matchAll(/folding section '(\S+)' in file '(\S+)' into '(\S+)' in file '(\S+)'/g),
      ].map(([, section, file, kept, keptFile]) => `${file}:(${section}) is ${keptFile}:(${kept})`)
      let kept = ''
      const pairs = ours.stdout.split('\n').flatMap((line) => {
        if (line.startsWith('selected')) kept = line.replace('selected section ', '')
        return line.startsWith('  removing') ? [`${line.replace('  removing identical section ', '')} is ${kept}`] : []
      })
      t.same(pairs.sort(), goldPairs.sort())
      t.ok(pairs.length >= 4)
    })
  }
  t.test('functions that call each other, and tables of the unwinder', async (t) => {
    const mutual = c(
      `int m2(int); int m1(int x) { return x > 5 ? m2(x - 1) : x; } int m2(int x) { return x > 5 ? m1(x - 1) : x; }
       int n1(int); int n2(int x) { return x > 5 ? n1(x - 1) : x + 1; } int n1(int x) { return x > 5 ? n2(x - 1) : x; }
       int answer(void) { return m1(7) + m2(9) + n1(8); }`,
      ...options,
      '-fasynchronous-unwind-tables',
    )
    const words = ['--icf=all', '--print-icf-sections', '--eh-frame-hdr', 'start.o', 'm.o']
    const { run, stdout } = await linkOurs({ 'start.o': start, 'm.o': mutual }, words)
    t.equal(run, 5 + 5 + 6)
    t.equal(stdout.match(/removing/g)?.length, 1)
    const frames = runToSuccess('readelf', ['--debug-dump=frames', join(folder, 'ours')])
    t.equal(frames.match(/ FDE /g)?.length, 4, 'one record for each function that is left')
  })
})

t.test('common symbols that are thread-local are at the end of .tbss', async (t) => {
  const source = s(`.globl answer
    answer: mov $first@tpoff, %rax
    and $second@tpoff, %rax
    shr $60, %rax
    ret
    .tls_common second, 4, 4
    .section .tdata, "awT"
    .long 1`)
  const files = { 'start.o': start, 'a.o': source, 'b.o': s('.tls_common first, 8, 8\n.tls_common second, 4, 4') }
  const gnu = linkGnu(files, Object.keys(files))
  const ours = await linkOurs(files, Object.keys(files))
  t.match([gnu.run, ours.run, ours.stderr], [15, 15, ''])
  const kinds = (program: string) => runToSuccess('nm', ['-S', join(folder, program)]).match(/\S+ B (first|second)$/gm)
  t.same(kinds('ours'), kinds('gnu'))
})

t.test('-r keeps what common and undefined symbols are', async (t) => {
  const source = assemble('.comm plain, 30, 4\n mov %fs:t@tpoff, %eax\n.tls_common u, 4, 4', [
    '-Wa,--elf-stt-common=yes',
  ])
  for (const words of [[], ['-z', 'nocommon'], ['-z', 'common']]) {
    linkGnu({ 'a.o': source }, ['-r', 'a.o', ...words])
    t.equal((await linkOurs({ 'a.o': source }, ['-r', 'a.o', ...words])).stderr, '')
    const symbols = (object: string) =>
      runToSuccess('readelf', ['-sW', join(folder, object)])
        .match(/\d+ (COMMON|OBJECT|TLS) .*/g)
        ?.sort()
    t.ok(symbols('gnu'))
    t.same(symbols('ours'), symbols('gnu'), words.join(' '))
  }
})
