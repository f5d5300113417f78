// The bytes and relocations of two sections, symbol by symbol.
import { addWords, SHF } from '@fle/object'
import type { Instruction } from '../disassemble/disassembler.ts'
import type { Section } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import type { DiffOptions } from './diff-files.ts'
import { type Difference, pairUp } from './difference.ts'
import { type CutFile, type Region, regionsOf } from './regions.ts'

/** A section in its file. */
export interface Side {
  readonly file: CutFile
  readonly section: Section
}

/** Bytes that are shown of each side where no instruction is. */
const shownBytes = 8

/** The differences of two sections of one name; a symbol that only one has is told as a symbol. */
export function diffContents(name: string, a: Side, b: Side, options: DiffOptions): Difference[] {
  const differences: Difference[] = []
  for (const { a: first, b: second } of pairUp(regionsOf(a.file, a.section), regionsOf(b.file, b.section))) {
    if (!first || !second) continue
    const at = firstDifference(first.content, second.content)
    if (at !== undefined)
      differences.push(bytesDifference(name, { ...a, region: first }, { ...b, region: second }, at, options))
    for (const difference of diffRelocations(name, first, second)) differences.push(difference)
  }
  return differences
}

/** The offset of the first byte that differs, or where the shorter one ends; undefined if there is none. */
function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return i
  return a.length === b.length ? undefined : length
}

/** `.text+0x12 (main+0xc)`: an offset in a section, and the same from the symbol before it. */
function placeWords(name: string, { symbol, offset }: Region, at: number): string {
  const distance = at === 0 ? '' : `+0x${hex(at)}`
  return `${name}+0x${hex(offset + at)}${symbol === undefined ? '' : ` (${symbol}${distance})`}`
}

interface RegionSide extends Side {
  readonly region: Region
}

function bytesDifference(name: string, a: RegionSide, b: RegionSide, at: number, options: DiffOptions): Difference {
  const { symbol } = a.region
  const count = countDifferences(a.region.content, b.region.content)
  const more = count === 1 ? '' : `, the first of ${count} bytes that differ`
  const place = { section: name, ...(symbol === undefined ? {} : { symbol }), offset: at }
  const what = `${placeWords(name, a.region, at)}: bytes${more}`
  return { kind: 'bytes', what, first: bytesWords(a, at, options), second: bytesWords(b, at, options), ...place }
}

function countDifferences(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  let count = Math.max(a.length, b.length) - length
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) count++
  return count
}

/** The instruction that a place is in, or the bytes from there on. */
function bytesWords({ section, region }: RegionSide, at: number, { disassembler }: DiffOptions): string | undefined {
  const { content, offset } = region
  if (at >= content.length) return undefined
  if (disassembler && section.flags & SHF.EXECINSTR) {
    const address = addWords(section.address, offset)
    const range = { start: 0, stop: content.length, end: content.length, address }
    for (const instruction of disassembler.instructions(content, range)) {
      if (instruction.offset + instruction.size > at) return instructionWords(instruction)
    }
  }
  const shown = Array.from(content.subarray(at, at + shownBytes), (byte) => byte.toString(16).padStart(2, '0'))
  return `${shown.join(' ')}${content.length > at + shownBytes ? ' …' : ''}`
}

function instructionWords({ hex: digits, text, target, isBranch }: Instruction): string {
  const place = target === undefined ? '' : isBranch ? hex(target) : ` # ${hex(target)}`
  return `${digits.padEnd(21)} ${text}${place}`
}

function diffRelocations(name: string, a: Region, b: Region): Difference[] {
  return pairUp(a.relocations, b.relocations).flatMap(({ key, a: first, b: second }): Difference[] => {
    if (first === second) return []
    const offset = Number.parseInt(key, 16)
    const { symbol } = a
    const place = { section: name, ...(symbol === undefined ? {} : { symbol }), offset }
    return [{ kind: 'relocation', what: `${placeWords(name, a, offset)}: relocation`, first, second, ...place }]
  })
}
