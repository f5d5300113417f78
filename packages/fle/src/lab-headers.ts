import type { Word } from '@fle/object'
import type { JsonScanner } from './json-scanner.ts'
import type { JsonWriter } from './json-writer.ts'
import { Keys } from './keys.ts'

/** The values of `type` in `shdrs`, as far as they differ from each other in what is done with them. */
export const labSectionType = { bytes: 1, noBits: 8 } as const

/** The bits of `flags` in `shdrs`. */
export const labSectionFlag = { allocated: 1, writable: 2, executable: 4, noBits: 8 } as const

/** An entry of `shdrs`. */
export interface LabSectionHeader {
  readonly name: string
  readonly type: number
  readonly flags: number
  /** In bytes, up to 2^47. */
  readonly size: number
  /** A power of two; undefined in the 2025 edition, which has no alignment. */
  readonly alignment: number | undefined
}

const largestSize = 2 ** 47
const largestAlignment = 2 ** 32

/** Reads the value of the key "shdrs". What is wrong with it is reported. */
export function readSectionHeaders(scanner: JsonScanner): LabSectionHeader[] {
  const headers: LabSectionHeader[] = []
  scanner.openArray()
  while (scanner.nextElement()) {
    const header = readHeader(scanner)
    if (header !== undefined) headers.push(header)
  }
  return headers
}

/** An entry of `shdrs` as it is written: the alignment is there in 2024 only. */
export interface WrittenLabHeader {
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly addr: Word
  readonly offset: number
  readonly size: number
  readonly addralign?: number
}

/** Writes the key "shdrs". */
export function writeSectionHeaders(json: JsonWriter, headers: readonly WrittenLabHeader[]): void {
  json.key('shdrs')
  json.openArray()
  for (const { name, ...numbers } of headers) {
    json.item()
    json.openObject()
    json.key('name')
    json.string(name)
    for (const [key, value] of Object.entries(numbers)) {
      json.key(key)
      json.raw(`${value}`)
    }
    json.closeObject()
  }
  json.closeArray()
}

function readHeader(scanner: JsonScanner): LabSectionHeader | undefined {
  const place = scanner.at
  const keys = new Keys(scanner)
  let name = ''
  const numbers = { type: 1, flags: 0, addr: 0, offset: 0, size: 0, addralign: 0 }
  scanner.openObject()
  while (scanner.nextKey()) {
    const key = keys.take()
    if (key === 'name') {
      if (scanner.readString()) name = scanner.stringText
    } else if (isNumberKey(numbers, key)) {
      const value = scanner.readInteger()
      if (typeof value === 'number' && value >= 0) numbers[key] = value
      else if (value !== undefined) scanner.source.error('invalid-fle', `"${key}" is too small or too large`, place)
    } else scanner.skipValue()
  }
  if (scanner.failed) return undefined
  const { type, flags, size, addralign } = numbers
  if (name === '') return scanner.source.error('invalid-fle', 'a section header needs a "name"', place)
  if (size > largestSize) return scanner.source.error('invalid-fle', '"size" is at most 2^47', place)
  if (addralign > largestAlignment || (addralign > 0 && !Number.isInteger(Math.log2(addralign))))
    return scanner.source.error('invalid-fle', '"addralign" is a power of two up to 2^32', place)
  return { name, type, flags, size, alignment: addralign > 0 ? addralign : undefined }
}

function isNumberKey<T extends object>(numbers: T, key: string): key is Extract<keyof T, string> {
  return Object.hasOwn(numbers, key)
}
