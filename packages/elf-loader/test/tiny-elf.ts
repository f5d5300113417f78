// The smallest ELF program there is, to be damaged: one segment, whose code exits with 42.

/** Offsets of fields in the file: the ELF header, then two program headers. */
export const field = {
  class: 4,
  data: 5,
  identVersion: 6,
  osAbi: 7,
  type: 16,
  machine: 18,
  version: 20,
  entry: 24,
  tableOffset: 32,
  headerSize: 52,
  entrySize: 54,
  count: 56,
} as const

/** Offsets of fields of program header `index`. */
function segmentField(index: number, name: keyof typeof segmentFields): number {
  return 64 + 56 * index + segmentFields[name]
}

const segmentFields = {
  type: 0,
  flags: 4,
  offset: 8,
  address: 16,
  fileSize: 32,
  memorySize: 40,
  alignment: 48,
} as const

export const base = 0x400000
/** Where the code stands in the file and, from {@link base}, in memory. */
export const codeOffset = 64 + 3 * 56
const exit42 = [0xb8, 0x3c, 0, 0, 0, 0xbf, 0x2a, 0, 0, 0, 0x0f, 0x05]

export interface TinyOptions {
  readonly type?: number
  readonly code?: readonly number[]
  /** Text behind the code, for PT_INTERP. */
  readonly tail?: string
}

/** A program with one PT_LOAD (header 0) and two headers of type 0 (PT_NULL), to be made into something. */
export function tinyElf({ type = 2, code = exit42, tail = '' }: TinyOptions = {}): Elf {
  const address = type === 2 ? base : 0
  const text = new TextEncoder().encode(tail)
  const elf = new Elf(new Uint8Array(codeOffset + code.length + text.length))
  elf.bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  elf.half(field.type, type).half(field.machine, 62).word(field.version, 1)
  elf.long(field.entry, address + codeOffset).long(field.tableOffset, 64)
  elf.half(field.headerSize, 64).half(field.entrySize, 56).half(field.count, 3)
  elf.segment(0, { type: 1, flags: 5, offset: 0, address, fileSize: elf.bytes.length, memorySize: elf.bytes.length })
  elf.bytes.set(code, codeOffset)
  elf.bytes.set(text, codeOffset + code.length)
  return elf
}

/** Where the tail stands in the file. */
export const tailOffset = codeOffset + exit42.length

/** The bytes of a file, with setters that can be chained. */
export class Elf {
  bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
  get #view() {
    return new DataView(this.bytes.buffer)
  }
  byte(at: number, value: number): this {
    this.bytes[at] = value
    return this
  }
  half(at: number, value: number): this {
    this.#view.setUint16(at, value, true)
    return this
  }
  word(at: number, value: number): this {
    this.#view.setUint32(at, value, true)
    return this
  }
  long(at: number, value: number | bigint): this {
    this.#view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true)
    return this
  }
  /** Sets fields of program header `index`; the alignment is a page if it is not given. */
  segment(index: number, values: Partial<Record<keyof typeof segmentFields, number | bigint>>): this {
    const all = index === 0 ? values : { alignment: 4096, ...values }
    for (const [name, value] of Object.entries(all)) {
      if (name === 'type' || name === 'flags') this.word(segmentField(index, name), Number(value))
      else if (isField(name)) this.long(segmentField(index, name), value)
    }
    return this
  }
  truncate(size: number): this {
    this.bytes = this.bytes.slice(0, size)
    return this
  }
}

function isField(name: string): name is keyof typeof segmentFields {
  return name in segmentFields
}
