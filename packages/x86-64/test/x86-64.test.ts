import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toWord } from '@fle/object'
import { assemble, runToSuccess, seededRandom } from '@fle/testkit'
import {
  describeRange,
  dynamicRelocationNames,
  elfRelocationKinds,
  Form,
  fieldTypes,
  firstExpressionType,
  fitsField,
  formOfType,
  GotRelaxation,
  gotRelaxation,
  isElfRelocation,
  pcRelativeType,
  R_X86_64,
  Range,
  rangeOfType,
  relaxGotAccess,
  relaxGotToImmediate,
  relocationKind,
  relocationName,
  relocationType,
  widthOfType,
  writeField,
} from '@fle/x86-64'
import t from 'tap'

/** Table "Relocation Types" of the psABI: number, name, width in bytes, whether P is taken away. */
const psabi: readonly (readonly [number, string, number, boolean])[] = [
  [0, 'NONE', 0, false],
  [1, '64', 8, false],
  [2, 'PC32', 4, true],
  [3, 'GOT32', 4, false],
  [4, 'PLT32', 4, true],
  [9, 'GOTPCREL', 4, true],
  [10, '32', 4, false],
  [11, '32S', 4, false],
  [12, '16', 2, false],
  [13, 'PC16', 2, true],
  [14, '8', 1, false],
  [15, 'PC8', 1, true],
  [17, 'DTPOFF64', 8, false],
  [18, 'TPOFF64', 8, false],
  [19, 'TLSGD', 4, true],
  [20, 'TLSLD', 4, true],
  [21, 'DTPOFF32', 4, false],
  [22, 'GOTTPOFF', 4, true],
  [23, 'TPOFF32', 4, false],
  [24, 'PC64', 8, true],
  [25, 'GOTOFF64', 8, false],
  [26, 'GOTPC32', 4, true],
  [27, 'GOT64', 8, false],
  [28, 'GOTPCREL64', 8, true],
  [29, 'GOTPC64', 8, true],
  [30, 'GOTPLT64', 8, false],
  [31, 'PLTOFF64', 8, false],
  [32, 'SIZE32', 4, false],
  [33, 'SIZE64', 8, false],
  [34, 'GOTPC32_TLSDESC', 4, true],
  [35, 'TLSDESC_CALL', 0, false],
  [41, 'GOTPCRELX', 4, true],
  [42, 'REX_GOTPCRELX', 4, true],
]

t.test('the kinds of the psABI', async (t) => {
  t.equal(elfRelocationKinds.length, psabi.length)
  for (const [number, name, width, pcRelative] of psabi) {
    t.match(relocationKind(number), { type: number, name: `R_X86_64_${name}`, width, pcRelative }, name)
    t.equal(relocationName(number), `R_X86_64_${name}`)
    t.ok(isElfRelocation(number))
  }
  for (const [name, number] of Object.entries(R_X86_64)) t.equal(relocationName(number), `R_X86_64_${name}`)
  for (const type of [...dynamicRelocationNames.keys(), 39, 43, 0xff, 2 ** 32 - 1])
    t.equal(relocationKind(type), undefined, `${type} is no kind of static objects`)
  t.equal(relocationName(99), 'relocation type 99')
})

t.test('readelf gives the kinds the same names', async (t) => {
  const types = [...psabi.map(([number]) => number), ...dynamicRelocationNames.keys()]
  const source = types.map(() => `.quad s`).join('\n')
  const object = assemble(source)
  // GNU as cannot write every kind by number: the records are patched, in the order in which they stand.
  const view = new DataView(object.buffer, object.byteOffset)
  const headers = Number(view.getBigUint64(40, true))
  let patched = 0
  for (let i = 0; i < view.getUint16(60, true); i++) {
    const header = headers + 64 * i
    if (view.getUint32(header + 4, true) !== 4) continue
    const start = Number(view.getBigUint64(header + 24, true))
    for (const [j, type] of types.entries()) {
      view.setUint32(start + 24 * j + 8, type, true)
      patched++
    }
  }
  t.equal(patched, types.length)
  const path = join(t.testdir(), 'kinds.o')
  writeFileSync(path, object)
  const listing = runToSuccess('readelf', ['-W', '-r', path])
  const listed = Array.from(listing.matchAll(/R_X86_64_\w+/g), ([name]) => name)
  t.strictSame(listed, types.map(relocationName))
})

t.test('every combination of field, form and place has one number, and the number leads back', async (t) => {
  const seen = new Map<number, string>()
  for (const field of fieldTypes) {
    for (const [formName, form] of Object.entries(Form)) {
      for (const pcRelative of [false, true]) {
        const type = relocationType(field, form, pcRelative)
        const meaning = `${field} ${formName} ${pcRelative}`
        t.equal(seen.get(type), undefined, `${meaning} has a number of its own`)
        seen.set(type, meaning)
        t.match(relocationKind(type), { type, field, form, pcRelative })
        const { width, range } = relocationKind(type) ?? {}
        t.strictSame(
          [formOfType[type], widthOfType[type], rangeOfType[type], pcRelativeType[type]],
          [form, width, range, pcRelative ? 1 : 0],
          `${meaning}: the tables of the inner loop say the same`,
        )
      }
    }
  }
  for (const { type, name } of elfRelocationKinds) t.ok(seen.has(type), name)
  const beyond = firstExpressionType + fieldTypes.length * Object.keys(Form).length * 2
  t.equal(relocationKind(beyond), undefined)
  t.equal(formOfType[200], 255, 'a number that means nothing')
  const difference = relocationType('u32', Form.absolute, true)
  t.notOk(isElfRelocation(difference))
  t.equal(relocationName(difference), 'u32(absolute - 📍)')
})

t.test('the ranges are those of GNU ld', async (t) => {
  const ranges = { 32: Range.unsigned, '32S': Range.signed, 16: Range.either, 8: Range.either, PC16: Range.either }
  for (const [name, range] of Object.entries(ranges))
    t.equal(elfRelocationKinds.find((kind) => kind.name === `R_X86_64_${name}`)?.range, range, name)
  t.equal(relocationKind(R_X86_64.PC32)?.range, Range.signed)
  t.equal(relocationKind(R_X86_64[64])?.range, Range.any)
})

t.test('fields', async (t) => {
  const random = seededRandom(7)
  const values: bigint[] = []
  for (const bits of [7n, 8n, 15n, 16n, 31n, 32n, 52n, 53n, 62n, 63n])
    for (const near of [-1n, 0n, 1n]) values.push(2n ** bits + near, -(2n ** bits) + near)
  for (let i = 0; i < 500; i++)
    values.push(
      BigInt.asIntN(1 + random.below(64), (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32))),
    )
  const signed = values.map((value) => BigInt.asIntN(64, value))

  t.test('fitsField agrees with exact arithmetic', async (t) => {
    const limits = (width: number, range: Range): readonly [bigint, bigint] => {
      const half = 2n ** BigInt(8 * width - 1)
      if (range === Range.signed) return [-half, half - 1n]
      return [range === Range.unsigned ? 0n : -2n * half, 2n * half - 1n]
    }
    for (const width of [1, 2, 4]) {
      for (const range of [Range.signed, Range.unsigned, Range.either]) {
        const [least, most] = limits(width, range)
        const wrong = signed.filter(
          (value) => fitsField(toWord(value), width, range) !== (value >= least && value <= most),
        )
        t.strictSame(wrong, [], describeRange(width, range))
      }
    }
    t.ok(signed.every((value) => fitsField(toWord(value), 8, Range.any)))
  })

  t.test('writeField stores the low bytes and nothing else', async (t) => {
    const view = new DataView(new ArrayBuffer(12))
    const wrong: unknown[] = []
    for (const width of [0, 1, 2, 4, 8]) {
      for (const value of signed) {
        view.setBigUint64(0, 0x5555555555555555n, true)
        view.setUint32(8, 0x55555555, true)
        writeField(view, 2, width, toWord(value))
        const bits = BigInt(8 * width)
        let stored = 0n
        for (let i = width - 1; i >= 0; i--) stored = (stored << 8n) | BigInt(view.getUint8(2 + i))
        const around = [1, 2 + width].every((at) => view.getUint8(at) === 0x55)
        if (stored !== BigInt.asUintN(Number(bits), value) || !around) wrong.push([width, value])
      }
    }
    t.strictSame(wrong, [])
  })

  t.test('describeRange', async (t) => {
    t.equal(describeRange(4, Range.signed), '-2^31 … 2^31-1')
    t.equal(describeRange(4, Range.unsigned), '0 … 2^32-1')
    t.equal(describeRange(1, Range.either), '-2^8 … 2^8-1')
  })
})

t.test('access through the GOT is relaxed as GNU ld does', async (t) => {
  const folder = t.testdir()
  /** The bytes of an instruction that refers to `foo`, as assembled and as linked by GNU ld at 0x401000. */
  const linked = (instruction: string, definition: string, ...options: string[]) => {
    const object = join(folder, 'a.o')
    const source = `.globl _start\n_start: ${instruction}\n.balign 64, 0xcc\n${definition}`
    writeFileSync(object, assemble(source))
    const text = (input: string, output: string) => {
      runToSuccess('objcopy', ['-O', 'binary', '-j', '.text', input, output])
      return new Uint8Array(readFileSync(output))
    }
    const program = join(folder, 'a.out')
    runToSuccess('ld', [...options, '-Ttext=0x401000', '-o', program, object])
    return [text(object, join(folder, 'object.bin')), text(program, join(folder, 'program.bin'))] as const
  }
  const cases: readonly (readonly [string, number, number])[] = [
    ['mov foo@GOTPCREL(%rip), %rax', 3, Form.rexgotx],
    ['mov foo@GOTPCREL(%rip), %r15', 3, Form.rexgotx],
    ['mov foo@GOTPCREL(%rip), %ecx', 2, Form.gotx],
    ['call *foo@GOTPCREL(%rip)', 2, Form.gotx],
    ['jmp *foo@GOTPCREL(%rip)', 2, Form.gotx],
  ]
  for (const [instruction, field, form] of cases) {
    // Without -pie GNU ld takes the address for an immediate value, which only low addresses allow.
    const [bytes, expected] = linked(instruction, 'foo: ret', '-pie')
    const relaxation = gotRelaxation(bytes, field, form)
    t.not(relaxation, GotRelaxation.none, instruction)
    const place = relaxGotAccess(bytes, field, relaxation)
    new DataView(bytes.buffer).setInt32(place, 64 - 4 - place, true)
    t.strictSame(bytes.subarray(0, 8), expected.subarray(0, 8), instruction)
  }
  for (const [instruction, field, form] of cases.slice(0, 3)) {
    const [bytes, expected] = linked(instruction, '.weak foo')
    relaxGotToImmediate(bytes, field, form === Form.rexgotx)
    t.strictSame(bytes.subarray(0, 8), expected.subarray(0, 8), `${instruction}, undefined weak`)
  }
  for (const operator of ['test', 'add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor', 'cmp']) {
    for (const [register, field, form] of [
      ['%rax', 3, Form.rexgotx],
      ['%r13', 3, Form.rexgotx],
      ['%r9d', 3, Form.rexgotx],
      ['%esi', 2, Form.gotx],
    ] as const) {
      const instruction = `${operator} foo@GOTPCREL(%rip), ${register}`
      const [bytes, expected] = linked(instruction, 'foo: ret')
      t.equal(gotRelaxation(bytes, field, form), GotRelaxation.operand, instruction)
      relaxGotToImmediate(bytes, field, form === Form.rexgotx)
      new DataView(bytes.buffer).setUint32(field, 0x401040, true)
      t.strictSame(bytes.subarray(0, 8), expected.subarray(0, 8), instruction)
    }
  }
  const [short] = linked('add foo@GOTPCREL(%rip), %cx', 'foo: ret')
  t.equal(gotRelaxation(short, 3, Form.gotx), GotRelaxation.none, 'an operand of 16 bits')
  const add = new Uint8Array([0x48, 0x03, 0x05, 0, 0, 0, 0])
  t.equal(gotRelaxation(add, 1, Form.gotx), GotRelaxation.none, 'a field at the start of a section')
})
