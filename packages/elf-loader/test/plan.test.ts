// The planner in memory: what it answers, and that no file makes it do anything but answer.

import { Diagnostics, memoryFiles, renderText } from '@fle/diagnostics'
import { mutate, seededRandom } from '@fle/testkit'
import t from 'tap'
import { type Machine, type Permission, type ProgramFiles, plan, readMachine, showPlan } from '../src/index.ts'
import { stubImage } from '../src/stub-image.ts'
import { base, codeOffset, tailOffset, tinyElf } from './tiny-elf.ts'

/** Files in memory, all of them executable unless the name ends in .data. */
function programFiles(contents: Readonly<Record<string, Uint8Array | string>>): ProgramFiles {
  const files = memoryFiles(contents)
  return {
    open: (path) => files.open(path),
    permission(path): Permission {
      if (!Object.hasOwn(contents, path)) return { errno: 'ENOENT', regular: false }
      return path.endsWith('.data') ? { errno: 'EACCES', regular: true } : { regular: true }
    },
  }
}

/** Plans a program and says, in the words of the messages, what came of it. */
function answer(program: string, contents: Readonly<Record<string, Uint8Array | string>>, fleOnly = false): string {
  const diagnostics = new Diagnostics()
  const result = plan(program, programFiles(contents), diagnostics, { fleOnly, searchPath: '/sbin:/bin' })
  const messages = diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 'elf-loader' })).join('')
  return result.kind === 'plan' ? messages + showPlan(result) : `${messages}${result.errno}`
}

const interpreterPath = '/lib/ld.so\0'
const dynamic = tinyElf({ type: 3, tail: interpreterPath }).segment(1, {
  type: 3,
  offset: tailOffset,
  fileSize: interpreterPath.length,
})
dynamic.segment(2, { type: 1, flags: 6, offset: 0x10, address: 0x2010, fileSize: 16, memorySize: 0x5000 })

t.test('shows what is loaded', (t) => {
  t.equal(
    answer('./a', { './a': tinyElf().bytes }),
    `program      ./a
file         ./a: ELF, loaded at fixed addresses
  addresses          access  from  bytes  zeros
  0x400000-0x4000f4  R-X      0x0    244      0

starts in    the program, at 0x4000e8
stack        is data only
`,
  )
  t.equal(
    answer('./a', { './a': dynamic.bytes, '/lib/ld.so': tinyElf({ type: 3 }).bytes }),
    `program      ./a
file         ./a: ELF, loaded at an address drawn at random; addresses below count from it
  addresses      access  from  bytes  zeros
  0x0-0xff       R-X      0x0    255      0
  0x2010-0x7010  RW-     0x10     16  20464

interpreter  /lib/ld.so
  addresses  access  from  bytes  zeros
  0x0-0xf4   R-X      0x0    244      0

starts in    the interpreter, at 0xe8 of it
stack        is data only
`,
  )
  t.end()
})

t.test('scripts become arguments', (t) => {
  const a = tinyElf().bytes
  const argumentsOf = (contents: Record<string, string>) =>
    /arguments {4}(.*) …/.exec(answer('./s', { ...contents, '/bin/a': a }))?.[1]
  t.equal(argumentsOf({ './s': '#!/bin/a\n' }), '/bin/a ./s')
  t.equal(argumentsOf({ './s': '#! \t/bin/a  -x  y \t\n' }), '/bin/a -x  y ./s')
  t.equal(argumentsOf({ './s': '#!./t -x\n', './t': '#!/bin/a -y' }), '/bin/a -y ./t -x ./s')
  t.match(
    answer('./s', { './s': '#!/bin/none\n' }),
    /\.\/s: .*its interpreter is \/bin\/none, and there is no such file \(ENOENT\)/,
  )
  t.match(answer('./s', { './s': '#!./s\n' }), /whose interpreter is one, and so on \(ELOOP\)/)
  t.end()
})

t.test('an FLE program needs no interpreter, whatever its #! line says', (t) => {
  const text = '#!/usr/bin/env fle-exec\n\n{"type": ".exe", "symbols": {"_start": 1}, ".load": ["🔢: 90 c3"]}'
  const expected = `program      ./f
file         ./f: FLE, loaded wherever there is room; addresses below count from there
  addresses  access  from  bytes  zeros
  0x0-0x2    RWX     text      2      0

starts in    the program, at 0x1, called as _start(argc, argv, envp)
stack        is data only
`
  t.equal(answer('./f', { './f': text }), expected)
  t.equal(answer('./f', { './f': text }, true), expected)
  t.match(answer('./s', { './s': '#!./f -x\n', './f': text }), /arguments {4}\.\/f -x \.\/s …/)
  t.match(answer('./f.data', { './f.data': text }), /^program/, 'it is text: it need not be executable')
  t.end()
})

t.test('what is no program', (t) => {
  const says = (content: Uint8Array | string, expected: RegExp) => t.match(answer('./p', { './p': content }), expected)
  says('', /neither an ELF program, an FLE program nor a script with a #! line \(ENOEXEC\)/)
  says(tinyElf().half(16, 1).bytes, /it is an object file, not yet a program \(ENOEXEC\)\n>>> hint: link it first/)
  says(
    '{"type": ".obj", ".text": ["🔢: c3"]}',
    /it is an object file, not yet a program .*\n>>> hint: link it first: fle-ld .\/p -o/,
  )
  says('{"type": ".ar", "members": []}', /an archive of objects/)
  says('🔢: e8\n❓: i32(puts - 0x4 - 📍)\n', /link it first: fle-ld/)
  says('📤: _start\n', /it has no code/)
  says('🔢: zz\n', /\.\/p:1:/)
  const segments = (...all: object[]) =>
    JSON.stringify({ type: '.exe', symbols: {}, entry: 0x1000, phdrs: all, a: ['🔢: c3'], b: ['🔢: c3'] })
  says(segments({ name: 'a', vaddr: 0x1001, size: 1, flags: 5 }), /segment a does not begin at a multiple of 4096/)
  says(segments({ name: 'a', vaddr: 2 ** 47, size: 1, flags: 5 }), /segment a lies beyond/)
  const twice = { name: 'a', vaddr: 0x1000, size: 4097, flags: 5 }
  says(segments(twice, { ...twice, name: 'b', vaddr: 0x2000 }), /share a page of memory at 0x2000|bytes/)
  t.match(
    answer('./p.data', { './p.data': tinyElf().bytes }),
    /may not be executed \(EACCES\)\n>>> hint: allow it: chmod \+x/,
  )
  t.match(
    answer('p', { '/bin/p': tinyElf().bytes }),
    /there is no such file \(ENOENT\)\n>>> hint: .*did you mean: \/bin\/p/,
  )
  t.match(answer('./p', { './p': tinyElf().bytes }, true), /it is an ELF program \(ENOEXEC\)\n>>> hint: use elf-loader/)
  t.match(
    answer('./p', { './p': tinyElf().segment(0, { memorySize: 1 }).bytes }),
    /segment 1 has more bytes .*\(SIGSEGV\)/,
  )
  t.end()
})

t.test('the machine is read from /proc', (t) => {
  const maps = `7ffff7fc3000-7ffff7fc7000 r--p 00000000 00:00 0                          [vvar]
7ffff7fc7000-7ffff7fc9000 r--p 00000000 00:00 0                          [vvar_vclock]
7ffff7fc9000-7ffff7fcb000 r-xp 00000000 00:00 0                          [vdso]
7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0                          [stack]
`
  const vdso = [
    { before: 0x6000, size: 0x4000 },
    { before: 0x2000, size: 0x2000 },
    { before: 0, size: 0x2000 },
  ]
  t.same(readMachine('00000000\n', maps, '2\n'), { randomizes: true, randomizesHeap: true, vdso })
  const below = `${maps.split('\n')[3]}\n${maps}`
  t.same(readMachine('00040000\n', below, '2\n'), {
    randomizes: false,
    randomizesHeap: false,
    vdso: [],
  })
  t.same(readMachine('00000000\n', '', '1\n'), { randomizes: true, randomizesHeap: false, vdso: [] })
  t.end()
})

t.test('the stub keeps clear of the program', (t) => {
  const machine: Machine = { randomizes: false, randomizesHeap: false, vdso: [] }
  const baseOf = (segment: Parameters<ReturnType<typeof tinyElf>['segment']>[1]) => {
    const contents = { './a': tinyElf().segment(1, { type: 1, ...segment }).bytes }
    const result = plan('./a', programFiles(contents), new Diagnostics())
    const image = result.kind === 'plan' && stubImage(result, machine, new Uint8Array(16))
    return image instanceof Uint8Array ? new DataView(image.buffer).getBigUint64(64 + 16, true) : undefined
  }
  t.equal(baseOf({ address: base + 0x10000, memorySize: 1 }), 0x2000_0010_0000n)
  t.equal(baseOf({ address: 0x2000_0000_0000, memorySize: 2 ** 40 }), 0x2100_0010_0000n)
  t.equal(baseOf({ address: 0x1000_0000_0000, memorySize: 2 ** 46 }), undefined, 'no room')
  t.end()
})

t.test('damaged programs are planned or refused, nothing else', (t) => {
  const fle =
    '{"type": ".exe", "symbols": {"_start": 4096}, "entry": 4096, "phdrs": [{"name": "a", "vaddr": 4096, ' +
    '"size": 9, "flags": 5}, {"name": "b", "vaddr": 8192, "size": 90, "flags": 6}], "a": ["🔢: c3"], "b": ["🕳️: 90"]}'
  const originals = [
    tinyElf().bytes,
    dynamic.bytes,
    new TextEncoder().encode('#!./b x\n'),
    new TextEncoder().encode(fle),
  ]
  const random = seededRandom(2)
  const machine: Machine = {
    randomizes: true,
    randomizesHeap: true,
    vdso: [{ before: 0, size: 4096 }],
  }
  const outcomes = { plan: 0, failure: 0 }
  for (let round = 0; round < 6000; round++) {
    const damaged = mutate(originals[round % originals.length], random)
    const diagnostics = new Diagnostics()
    const contents = { './a': damaged, './b': tinyElf().bytes, '/lib/ld.so': mutate(originals[1], random) }
    const result = plan('./a', programFiles(contents), diagnostics)
    outcomes[result.kind]++
    if (result.kind === 'plan') stubImage(result, machine, new Uint8Array(codeOffset))
    if ((result.kind === 'failure') !== diagnostics.hasErrors) t.fail(`round ${round}: a failure and its message`)
  }
  t.ok(outcomes.plan > 500 && outcomes.failure > 500, `${outcomes.plan} planned, ${outcomes.failure} refused`)
  t.end()
})
