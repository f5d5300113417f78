import { type CallFrameRecord, isCie, isTerminator, splitCallFrameRecords } from '@fle/dwarf'
import { readWord, relocationRecord } from '@fle/object'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'

/** A record of an input section that is in the output. */
interface EhFramePiece {
  readonly input: InputObject
  readonly section: number
  /** Where it stands in the input section, in bytes. */
  readonly start: number
  readonly size: number
  /** Where it stands in the output section. */
  readonly outputOffset: number
  /** The records of the relocation section that belong to it: from the first up to the second. */
  readonly relocations: readonly [number, number]
  /** Where the CIE of an FDE stands in the output section; -1 for anything else. */
  readonly cieOffset: number
}

/** The records of .eh_frame that a program keeps. */
export interface EhFrame {
  readonly section: OutputSection
  readonly pieces: readonly EhFramePiece[]
}

const terminatorSize = 4
/** One character a byte. */
const decoder = new TextDecoder('latin1')

/**
 * Takes .eh_frame apart: equal CIEs become one, FDEs of functions that are not in the output go, and the records stand
 * without gaps, since four bytes of padding would read as the end of the table. That end, crtend.o's zero word, comes last.
 */
export function splitEhFrame(link: LinkState): void {
  const section = link.outputSections.find(({ name }) => name === '.eh_frame')
  if (!section) return
  const pieces: EhFramePiece[] = []
  const commonCies = new Map<string, number>()
  let size = 0
  let hasTerminator = false
  for (let i = 0; i < section.members.length; i += 2) {
    const input = link.objects[section.members[i]]
    const index = section.members[i + 1]
    input.outputOffset[index] = size
    const records = recordsOf(input, index)
    if (!records) {
      reportMalformed(link, input)
      continue
    }
    const walk = new RelocationWalk(input, index)
    const cieOffsets = new Map<number, number>()
    for (const record of records) {
      const relocations = walk.take(record.offset + record.size)
      if (record.cie === isTerminator) {
        hasTerminator = true
        continue
      }
      const { offset: start, size: length } = record
      const piece = { input, section: index, start, size: length, outputOffset: size, relocations }
      if (record.cie === isCie) {
        const key = cieKey(link, input, index, record, relocations)
        const known = commonCies.get(key)
        cieOffsets.set(start, known ?? size)
        if (known !== undefined) continue
        commonCies.set(key, size)
        pieces.push({ ...piece, cieOffset: -1 })
      } else {
        if (!isLive(input, index, record, relocations)) continue
        pieces.push({ ...piece, cieOffset: cieOffsets.get(record.cie) ?? 0 })
      }
      size += length
    }
  }
  section.size = alignUp(size, terminatorSize) + (hasTerminator ? terminatorSize : 0)
  link.ehFrame = { section, pieces }
}

function recordsOf(input: InputObject, section: number): CallFrameRecord[] | undefined {
  const content = input.object.sectionContent(section)
  return splitCallFrameRecords(new DataView(content.buffer, content.byteOffset, content.byteLength))
}

function reportMalformed(link: LinkState, input: InputObject): void {
  link.diagnostics.error('eh-frame', 'its .eh_frame section is malformed: its records do not fill it', {
    at: { file: input.object.name },
  })
}

/** Hands out the relocations of a section to the records that they belong to; both stand in the order of their places. */
class RelocationWalk {
  readonly #input: InputObject
  readonly #rela: number
  readonly #count: number
  #next = 0

  constructor(input: InputObject, section: number) {
    this.#input = input
    this.#rela = input.object.relocationSections[section]
    this.#count = this.#rela ? input.object.relocationCount(this.#rela) : 0
  }

  /** The relocations up to an offset in the section, that have not been handed out before. */
  take(end: number): readonly [number, number] {
    const { object } = this.#input
    const first = this.#next
    while (this.#next < this.#count) {
      const offset = readWord(object.view, object.relocationRecord(this.#rela, this.#next))
      if (offset >= end) break
      this.#next++
    }
    return [first, this.#next]
  }
}

/** An FDE is dead if the function that it describes is in a section that is not in the output. */
function isLive(
  input: InputObject,
  section: number,
  record: CallFrameRecord,
  [first, end]: readonly [number, number],
): boolean {
  const { object } = input
  if (first === end) return true
  const at = object.relocationRecord(object.relocationSections[section], first)
  if (readWord(object.view, at) !== record.body) return true
  const symbol = object.view.getUint32(at + relocationRecord.symbol, true)
  const definedIn = object.symbolSection(symbol)
  return definedIn === 0 || input.outputSection[definedIn] !== dropped
}

/** CIEs with the same bytes and the same relocations say the same. */
function cieKey(
  link: LinkState,
  input: InputObject,
  section: number,
  { offset, size }: CallFrameRecord,
  [first, end]: readonly [number, number],
): string {
  const { object } = input
  const content = object.sectionContent(section).subarray(offset, offset + size)
  let key = decoder.decode(content)
  const rela = object.relocationSections[section]
  for (let i = first; i < end; i++) {
    const at = object.relocationRecord(rela, i)
    const symbol = object.view.getUint32(at + relocationRecord.symbol, true)
    const global = input.globalOf(symbol)
    const name = global >= 0 && link.symbols.isDefined(global) ? `${global}` : `${input.index}:${symbol}`
    const type = object.view.getUint32(at + relocationRecord.type, true)
    const addend = readWord(object.view, at + relocationRecord.addend)
    key += `|${Number(readWord(object.view, at)) - offset} ${type} ${name} ${addend}`
  }
  return key
}
