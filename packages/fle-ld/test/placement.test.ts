// What GNU ld's options say of where sections and symbols go, and which stay: the same command line for both linkers.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runToSuccess } from '@fle/testkit'
import t, { type Test } from 'tap'
import { c, type Files, folder, linkGnu, linkOurs, s, start } from './both-linkers.ts'

type Program = 'ours' | 'gnu'

const sectionsOf = (program: Program, shown: RegExp) =>
  runToSuccess('readelf', ['-SW', join(folder, program)]).match(shown) ?? []
const contentOf = (program: Program, section: string) =>
  runToSuccess('objdump', ['-sj', section, join(folder, program)])
    .match(/ {2}(\S+) *$/gm)
    ?.join('')
    .replace(/\s/g, '')

/** Links with both; neither is to say anything. */
async function linkBoth(t: Test, files: Files, words: readonly string[]): Promise<void> {
  const gnu = linkGnu(files, words)
  const ours = await linkOurs(files, words)
  t.match([gnu.status, ours.status, ours.stderr], [0, 0, ''], gnu.stderr)
}

t.test('--sort-section', async (t) => {
  const part = (name: string, alignment: number, letter: string) =>
    `.section ${name}, "aw"\n.balign ${alignment}\n.ascii "${letter}"\n`
  const files: Files = {
    'start.o': s('.globl _start\n_start: ret\n.bss\n.skip 1'),
    'a.o': s(part('.data.d', 1, 'd') + part('.data.b', 8, 'b') + part('.data', 2, 'x') + part('orphan.d', 1, '4')),
    'b.o': s(part('.data.c', 16, 'c') + part('.data.a', 4, 'a') + part('.data.d', 2, 'e')),
  }
  for (const key of ['name', 'alignment']) {
    await linkBoth(t, files, [...Object.keys(files), `--sort-section=${key}`])
    t.equal(contentOf('ours', '.data'), contentOf('gnu', '.data'), key)
  }
})

t.test('.text.sorted.NUMBER stand in the order of the numbers', async (t) => {
  const text = (number: string) => `.section .text.sorted.${number}, "ax"\n.ascii "${number[0]}"\n`
  const files: Files = { 'a.o': s(`.globl _start\n_start: ret\n${['30', '10', '20'].map(text).join('')}`) }
  await linkBoth(t, files, ['a.o'])
  t.equal(contentOf('ours', '.text'), contentOf('gnu', '.text'))
})

t.test('--unique', async (t) => {
  const source = '.section .text.f, "ax"\nf: ret\n.section orphan, "a"\n.byte 1\n.section other, "a"\n.byte 2'
  const files: Files = { 'start.o': s('.globl _start\n_start: ret'), 'a.o': s(source), 'b.o': s(source) }
  for (const words of [['--unique'], ['--unique=.text*'], ['--unique=o?her', '--unique=nothing']]) {
    for (const more of [[], ['-r']]) {
      await linkBoth(t, files, [...Object.keys(files), ...words, ...more])
      const names = (program: Program) => sectionsOf(program, /(\.text\S*|orphan|other) +PROGBITS/g).sort()
      t.same(names('ours'), names('gnu'), [...words, ...more].join(' '))
    }
  }
})

t.test('-R and --just-symbols take addresses and nothing else', async (t) => {
  const library = { 'library.o': s('.globl _start, f, v\n_start: ret\n.balign 16\nf: ret\n.data\nv: .long 1') }
  linkGnu(library, ['library.o', '-Ttext-segment=0x10000000'])
  const image = new Uint8Array(readFileSync(join(folder, 'gnu')))
  const files: Files = { image: image, 'a.o': s('.globl start\nstart: call f\n.data\n.quad v, f') }
  for (const option of ['-R', '--just-symbols=']) {
    const words = [
      ...(option === '-R' ? ['-R', 'image'] : [`${option}image`]),
      'a.o',
      '-e',
      'start',
      '-Ttext=0x11000000',
    ]
    await linkBoth(t, files, words)
    t.equal(contentOf('ours', '.data'), contentOf('gnu', '.data'))
    t.same(sectionsOf('ours', /\.(text|data)\S* +PROGBITS +\S+ \S+ \S+/g).length, 2)
  }
  await linkBoth(t, files, [
    '-R',
    '/usr/lib',
    '-R/nowhere',
    'a.o',
    '-e',
    'start',
    '--defsym=f=start',
    '--defsym=v=start',
  ])
  t.match((await linkOurs(files, ['--just-symbols=a.o', '--just-symbols=none', 'a.o'])).stderr, /cannot open none/)
  for (let size = 0; size < image.length; size += 61) {
    const { status, stderr } = await linkOurs({ ...files, image: image.subarray(0, size) }, ['-R', 'image', 'a.o'])
    t.match([status, stderr], [1, /error: (image: this is no ELF program|undefined symbol)/])
  }
})

t.test('-d gives common symbols their place in an object', async (t) => {
  const files: Files = { 'a.o': s('.bss\n.skip 3\n.comm big, 40, 16\n.comm small, 1, 1') }
  for (const words of [['-r'], ['-r', '-d']]) {
    await linkBoth(t, files, ['a.o', ...words])
    const symbols = (program: Program) =>
      runToSuccess('nm', ['-S', join(folder, program)])
        .match(/\S+ [BC] (big|small)/g)
        ?.sort()
    t.same(symbols('ours'), symbols('gnu'))
  }
  t.same(sectionsOf('ours', /\.bss +NOBITS/g), ['.bss              NOBITS'])
})

t.test('--warn-common', async (t) => {
  const files: Files = {
    'start.o': start,
    'a.o': c('int answer(void) { return 0; } int a, b = 1, d;', '-fcommon'),
    'b.o': c('int a, b, d = 2, e;', '-fcommon'),
  }
  const gnu = linkGnu(files, [...Object.keys(files), '--warn-common'])
  const ours = await linkOurs(files, [...Object.keys(files), '--warn-common'])
  const named = (text: string) => [...text.matchAll(/warning: .*?\b([abde])\b/g)].map(([, name]) => name).sort()
  t.same(named(ours.stderr), named(gnu.stderr))
  t.match(ours.stderr, /warning: a has two tentative definitions\n>>> first in a\.o\n>>> then in b\.o\n/)
  t.equal((await linkOurs(files, Object.keys(files))).stderr, '')
  t.equal((await linkOurs(files, [...Object.keys(files), '--warn-common', '--fatal-warnings'])).status, 1)
})

t.test('--gc-sections drops what describes dropped sections', async (t) => {
  const files: Files = {
    'a.o': s(`.section .text.a, "axG", @progbits, ga\n.globl _start\n_start: ret
      .section .about.a, "G", @progbits, ga\n.byte 1
      .section .sizes, "o", @progbits, .text.a\n.byte 2
      .section .text.b, "axG", @progbits, gb\nb: ret
      .section .about.b, "G", @progbits, gb\n.byte 3
      .section .sizes, "o", @progbits, .text.b, unique, 1\n.byte 4
      .section .about.c, "G", @progbits, gc, comdat\n.byte 5`),
  }
  await linkBoth(t, files, ['a.o', '--gc-sections'])
  const kept = (program: Program) => [...sectionsOf(program, /\.about\.\w/g), contentOf(program, '.sizes')?.slice(-3)]
  t.same(kept('ours'), kept('gnu'))
})

t.test('--gc-sections drops what is known of files that nothing needs', async (t) => {
  const files: Files = {
    'a.o': s(`.globl _start\n_start: mov used, %eax\n ret\n.comm used, 4, 4
      .section .debug_info, "", @progbits\n.quad _start, unused, described\n.section plain\n.long 1\n.section pointing\n.quad _start`),
    'c.o': s(`.section .debug_info, "", @progbits\n.globl described\ndescribed: .long .Labbreviation
      .section .debug_abbrev, "", @progbits\n.Labbreviation: .long 7\n.section .debug_str, "", @progbits\n.long 8`),
    'b.o':
      s(`dead: ret\n.comm unused, 4, 4\n.section .debug_info, "", @progbits\n.quad dead, dead\n.section plain\n.long 2
      .section .comment\n.string "b"`),
  }
  await linkBoth(t, files, [...Object.keys(files), '--gc-sections'])
  const kept = (program: Program) =>
    [
      ...sectionsOf(program, /(\.debug_\w+|plain|pointing|\.comment) +PROGBITS +\S+ \S+ \S+/g).map((line) => [
        line.split(' ')[0],
        line.slice(-6),
      ]),
      ...(runToSuccess('nm', ['-j', join(folder, program)]).match(/.*used$/gm) ?? []),
    ]
      .map(String)
      .sort()
  t.same(kept('ours'), kept('gnu'))
})

t.test('--discard-none keeps the labels of strings, too', async (t) => {
  const source = s(`.globl _start\n_start: lea .Ltext(%rip), %rax\n.Lcode: ret
    .section .rodata.str1.1, "aMS", @progbits, 1\n.Ltext: .string "text"`)
  for (const words of [[], ['--discard-none'], ['-X'], ['-x']]) {
    await linkBoth(t, { 'a.o': source }, ['a.o', ...words])
    const names = (program: Program) => runToSuccess('nm', ['-j', join(folder, program)]).match(/^\.L\w+/gm) ?? []
    t.same(names('ours'), names('gnu'), words.join())
  }
})

t.test('--build-id=uuid is one, and the same for the same content', async (t) => {
  const ids: string[] = []
  for (const word of ['uuid', 'uuid', 'md5']) {
    await linkBoth(t, { 'a.o': s('.globl _start\n_start: ret') }, ['a.o', `--build-id=${word}`])
    ids.push(/Build ID: (\w+)/.exec(runToSuccess('readelf', ['-n', join(folder, 'ours')]))?.[1] ?? '')
    t.equal(/Build ID: \w{32}\n/.test(runToSuccess('readelf', ['-n', join(folder, 'gnu')])), true)
  }
  t.match(ids[0], /^\w{12}3\w{3}[89ab]\w{15}$/)
  t.equal(ids[0], ids[1])
  t.not(ids[0], ids[2])
})

t.test('--build-id is as long as that of GNU ld, and is another one for another content', async (t) => {
  const idOf = async (word: string, code: string) => {
    await linkBoth(t, { 'a.o': s(`.globl _start\n_start: ${code}`) }, ['a.o', word])
    const [id, gnu] = (['ours', 'gnu'] as const).map(
      (program) => /Build ID: (\w+)/.exec(runToSuccess('readelf', ['-n', join(folder, program)]))?.[1] ?? '',
    )
    t.equal(id.length, gnu.length, word)
    return id
  }
  const id = await idOf('--build-id', 'ret')
  t.equal(await idOf('--build-id', 'ret'), id)
  t.not(await idOf('--build-id', 'nop'), id)
  // SHA-1 of the file without its id.
  const sha1 = await idOf('--build-id=sha1', 'ret')
  const bytes = readFileSync(join(folder, 'ours'))
  bytes.fill(0, bytes.indexOf(Buffer.from(sha1, 'hex')), bytes.indexOf(Buffer.from(sha1, 'hex')) + 20)
  t.equal(sha1, createHash('sha1').update(bytes).digest('hex'))
})

t.test('long options may be cut short', async (t) => {
  await linkBoth(t, { 'a.o': s('.globl x\nx: ret\n.section .text.dead, "ax"\nnop') }, ['a.o', '--gc-sec', '--ent=x'])
  t.same(
    sectionsOf('ours', / \.text +PROGBITS +\S+ \S+ \S+/g).map((line) => line.slice(-6)),
    ['000001'],
  )
  t.match((await linkOurs({}, ['--no'])).stderr, /unknown option: --no\n/)
})

t.test('an object may have a build id (-r --build-id); the program has its own alone', async (t) => {
  const source = s('.globl _start\n_start: ret')
  const ids = (program: Program) => runToSuccess('readelf', ['-n', join(folder, program)]).match(/Build ID: \w+/g) ?? []
  await linkBoth(t, { 'a.o': source }, ['-r', '--build-id', 'a.o'])
  t.match([ids('ours').length, ids('ours')[0]?.length], [ids('gnu').length, ids('gnu')[0]?.length])
  t.not(ids('ours')[0], `Build ID: ${'0'.repeat(40)}`)
  const object = new Uint8Array(readFileSync(join(folder, 'ours')))
  for (const words of [[], ['--build-id=0x1234']]) {
    await linkBoth(t, { 'ab.o': object }, ['ab.o', ...words])
    t.same(ids('ours'), ids('gnu'))
  }
})

t.test('libraries of the system need no -L', async (t) => {
  const main = c('int printf(const char *, ...); int main(void) { return printf("") + 5; }')
  const path = (name: string) => runToSuccess('gcc', [`-print-file-name=${name}`]).trim()
  const names = ['libc.a', 'libgcc.a', 'libgcc_eh.a', 'crt1.o', 'crti.o', 'crtn.o']
  const file = (name: string) => new Uint8Array(readFileSync(path(name)))
  const others = Object.fromEntries(names.slice(1).map((name) => [name, file(name)]))
  const files: Files = { ...others, 'main.o': main, '/usr/lib/libc.a': file('libc.a') }
  const begin = ['crt1.o', 'crti.o', 'main.o', '--start-group']
  const end = ['libgcc.a', 'libgcc_eh.a', '--end-group', 'crtn.o']
  t.match(await linkOurs(files, [...begin, '-lc', ...end]), { run: 5, stderr: '' })
  const without = await linkOurs(files, ['-nostdlib', ...begin, '-lc', ...end])
  t.match(without.stderr, /unable to find library -lc\n>>> hint: name the folder it is in with -L/)
  const rooted = { ...others, 'main.o': main, 'root/usr/lib/libc.a': files['/usr/lib/libc.a'] }
  t.match(await linkOurs(rooted, ['--sysroot=root', ...begin, '-lc', ...end]), { run: 5, stderr: '' })
  const fle = '{"type": ".obj"}'
  t.match((await linkOurs({ ...files, 'a.fle': fle }, ['a.fle', '-lc'])).stderr, /unable to find library -lc/)
})

t.test('operators on addresses in the GOT take them as operands, where those are low', async (t) => {
  const operators = ['test %rax, ', 'cmp %r9, ', 'add %edi, '].map((text) => {
    const [name, register] = text.replace(',', '').trim().split(' ')
    return `${name} f@GOTPCREL(%rip), ${register}`
  })
  const files: Files = {
    'a.o': s(`.globl _start, f
      _start: xor %edi, %edi
      ${operators.join('\n')}
      sub $f, %edi
      add none@GOTPCREL(%rip), %edi
      cmp %cx, f@GOTPCREL(%rip)
      mov $60, %eax
      syscall
      .weak none
      f: ret`),
  }
  const cases: readonly (readonly [words: string[], runs: boolean])[] = [
    [[], true],
    [['-q'], true],
    [['-Ttext-segment=0x10000000'], true],
    [['-Ttext-segment=0x7fffffff0000'], false],
  ]
  for (const [words, runs] of cases) {
    const ours = await linkOurs(files, ['a.o', ...words])
    t.match(
      ours,
      runs ? { run: 0, stderr: '' } : { run: undefined, stderr: /R_X86_64_32 is out of range/ },
      words.join(),
    )
    if (words.length > 0) continue
    linkGnu(files, ['a.o'])
    const code = (program: Program) =>
      runToSuccess('objdump', ['-d', '--no-show-raw-insn', join(folder, program)]).match(/(test|cmp|add) .*\$.*/g)
    t.match(
      code('ours')
        ?.slice(0, 3)
        .map((line) => line.replace(/0x\w+/, '')),
      code('gnu')
        ?.slice(0, 3)
        .map((line) => line.replace(/0x\w+/, '')),
    )
  }
})

t.test('options that change little: as GNU ld does them', async (t) => {
  const source = s(`.globl _start\n_start: call *f@GOTPCREL(%rip)\njmp *f@GOTPCREL(%rip)\n.globl f\nf: ret
     one: two: nop\n.comm small, 1, 1\n.comm large, 8, 8\n.comm middle, 2, 2\n.section .debug_str,"MS",@progbits,1
     .rept 99\n.ascii "abcdef"\n.endr\n.byte 0`)
  const other = s('one: two: nop')
  const files = { 'a.o': source, 'b.o': other, 'c.o': c('int unused;', '-fcf-protection') }
  const names = Object.keys(files)
  const shown: readonly (readonly [words: string, tool: string, ...options: string[]])[] = [
    ['-z call-nop=suffix-nop', 'objdump', '-d', '--no-show-raw-insn'],
    ['-z call-nop=prefix-0x40', 'objdump', '-d', '--no-show-raw-insn'],
    ['-z unique-symbol', 'nm', '-j'],
    ['-z unique-symbol -r', 'nm', '-j'],
    ['--sort-common', 'nm', '-nj'],
    ['--sort-common=ascending', 'nm', '-nj'],
    ['--package-metadata={"a":12}', 'readelf', '-nW'],
    ['-z stack-size=65536', 'readelf', '-nW'],
  ]
  for (const [words, tool, ...options] of shown) {
    const facts = (program: string) =>
      runToSuccess(tool, [...options, program], { cwd: folder })
        .replace(`${program}:`, '')
        .replace(/^.*\b(_GLOBAL_OFFSET_TABLE_|_edata|_end|__bss_start)(\.0)?$\n/gm, '')
    linkGnu(files, [...names, ...words.split(' ')])
    t.equal((await linkOurs(files, [...names, ...words.split(' ')])).stderr, '', words)
    const [ours, gnu] = [facts('ours'), facts('gnu')]
    if (tool === 'nm') t.strictSame(ours.split('\n').sort(), gnu.split('\n').sort(), words)
    else t.equal(ours, gnu, words)
    if (words.startsWith('--sort')) t.same(ours.match(/small|middle|large/g), gnu.match(/small|middle|large/g), words)
  }
  const { stderr } = await linkOurs(files, ['a.o', 'b.o', '--no-relax'])
  t.match(runToSuccess('objdump', ['-d', join(folder, 'ours')]), /call +\*0x[\s\S]*jmp +\*0x/, stderr)
  await linkOurs(files, ['a.o', 'b.o', '--compress-debug-sections=zlib-gnu'])
  const sections = runToSuccess('readelf', ['-SW', '-z', '-p.zdebug_str', join(folder, 'ours')])
  t.match(sections, /\.zdebug_str[\s\S]*abcdef/)
  const zstd = await linkOurs(files, ['a.o', 'b.o', '--compress-debug-sections=zstd'])
  t.match([zstd.status, zstd.stderr], [2, /there is no zstd here/])
})

t.test('a segment that can be written and executed is worth a warning', async (t) => {
  const source = s('.globl _start\n_start: mov $60, %eax\n mov $6, %edi\n syscall\n.data\n.quad 1')
  t.match(linkGnu({ 'a.o': source }, ['a.o', '-N']).stderr, /RWX permissions/)
  t.match((await linkOurs({ 'a.o': source }, ['a.o', '-N'])).stderr, /can be both written and executed/)
  t.equal((await linkOurs({ 'a.o': source }, ['a.o', '-N', '--no-warn-rwx-segments'])).stderr, '')
})

t.test('--orphan-handling, --no-check-sections', async (t) => {
  const source = s(
    '.globl _start\n_start: mov $60, %eax\n mov $6, %edi\n syscall\n.section own, "aw"\nx: .quad x\n.text\n.quad x',
  )
  const warned = await linkOurs({ 'a.o': source }, ['a.o', '--orphan-handling=warn'])
  t.match([warned.run, warned.stderr], [6, 'warning: a.o: section own has no place of its own'])
  t.match((await linkOurs({ 'a.o': source }, ['a.o', '--orphan-handling=error'])).status, 1)
  t.match(
    (await linkOurs({ 'a.o': source }, ['a.o', '--orphan-handling=discard'])).stderr,
    /own is in a discarded section: own of a.o/,
  )
  const overlapping = ['a.o', '--section-start=own=0x401000', '-Ttext=0x401000']
  t.equal((await linkOurs({ 'a.o': source }, overlapping)).status, 1)
  t.notMatch((await linkOurs({ 'a.o': source }, [...overlapping, '--no-check-sections'])).stderr, /sections overlap/)
})

t.test('a CIE that no FDE needs any more is left out', async (t) => {
  const source = s(`.globl _start\n_start: .cfi_startproc\n mov $60, %eax\n mov $6, %edi\n syscall\n.cfi_endproc
     .section .text.unused, "ax"\nunused: .cfi_startproc\n.cfi_signal_frame\n nop\n.cfi_endproc
     .section .text.third, "ax"\n.globl third\nthird: .cfi_startproc\n.cfi_return_column 3\n nop\n.cfi_endproc`)
  const cies = (program: string) =>
    runToSuccess('readelf', ['-wf', join(folder, program)]).match(/ CIE\n[\s\S]*?Augmentation: +"\w+"/g)?.length
  for (const [words, count] of [
    [[], 3],
    [['--gc-sections'], 1],
    [['--gc-sections', '-u', 'third'], 2],
  ] as const) {
    await linkBoth(t, { 'a.o': source }, ['a.o', ...words])
    t.match([cies('ours'), cies('gnu')], [count, count], words.join(' '))
  }
})

t.test('a section that is put below the others leaves them where they are', async (t) => {
  const source = s(`.globl _start\n_start: mov $60, %eax\n mov $6, %edi\n syscall\n.data\n.quad 1\n.rodata_like: .quad 2
     .section .boot, "a"\n.quad 3`)
  for (const words of [
    '--section-start=.boot=0x90000 -Ttext=0x100000',
    '--section-start=.boot=0x300000 -Ttext=0x100000',
  ]) {
    await linkBoth(t, { 'a.o': source }, ['a.o', ...words.split(' ')])
    const places = (program: Program) => sectionsOf(program, / \.(boot|text) .*? [0-9a-f]{16} /g)
    t.same(places('ours').sort(), places('gnu').sort(), words)
  }
})

t.test('.data.rel.ro.local stands before the rest of .data.rel.ro', async (t) => {
  const source =
    s(`.globl _start\n_start: nop\n.section .data.rel.ro.a, "aw"\n.byte 1\n.section .data.rel.ro.local.b, "aw"\n.byte 2
     .section .gnu.linkonce.d.rel.ro.c, "aw"\n.byte 3\n.section .gnu.linkonce.d.rel.ro.local.d, "aw"\n.byte 4
     .section .gnu.linkonce.d.e, "aw"\n.byte 5\n.data\n.byte 6`)
  await linkBoth(t, { 'a.o': source, 'b.o': source.slice() }, ['a.o', 'b.o', '-z', 'muldefs'])
  for (const section of ['.data.rel.ro', '.data']) t.equal(contentOf('ours', section), contentOf('gnu', section))
})

t.test('the map of an object: its sections and their parts, as GNU ld has them', async (t) => {
  const files = {
    'a.o': s('.globl f\nf: nop\n.data\n.quad 1\n.section .text.own, "ax"\n.p2align 4\nnop'),
    'b.o': s('.globl g\n.p2align 3\ng: nop\n.data\n.long 2'),
  }
  const parts = (text: string) => text.match(/^ \.(text|data)\S* +0x[0-9a-f]{16} +0x[1-9a-f].*$/gm)
  const gnu = linkGnu(files, ['-r', '-M', 'a.o', 'b.o'])
  const ours = await linkOurs(files, ['-r', '-M', 'a.o', 'b.o'])
  t.equal(ours.status, 0, ours.stderr)
  t.same(parts(ours.stdout)?.sort(), parts(gnu.stdout)?.sort())
  t.match(ours.stdout, /^\.text +0x0{16} +0x9$/m)
})

t.test('_edata of a program without initialized data is where the zeros begin', async (t) => {
  const source = s('.globl _start\n_start: mov $_edata, %eax\n.bss\n.zero 64')
  await linkBoth(t, { 'a.o': source }, ['a.o'])
  const addresses = (program: Program) =>
    runToSuccess('nm', [join(folder, program)]).match(/\w+ . (_edata|__bss_start|_end)$/gm)
  t.same(addresses('ours'), addresses('gnu'))
})

t.test('a section that names an interpreter has its program header', async (t) => {
  const source = s(
    '.globl _start\n_start: nop\n.section .interp, "a"\n.asciz "/bin/x"\n.section .note.a, "a", @note\n.long 0, 0, 1',
  )
  await linkBoth(t, { 'a.o': source }, ['a.o'])
  const header = (program: Program) =>
    /INTERP .*\n.*/.exec(runToSuccess('readelf', ['-lW', join(folder, program)]))?.[0].replace(/ 0x\w+/g, '')
  t.match(header('ours'), /interpreter: \/bin\/x/)
  t.equal(header('ours'), header('gnu'))
})
