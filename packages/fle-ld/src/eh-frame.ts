import { CallFrameCursor, type CallFrameRecord, isCie, isTerminator } from '@fle/dwarf'
import { type FrameRun, FrameTable } from '@fle/kernels'
import { readWord, relocationRecord } from '@fle/object'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'

/** The records of .eh_frame that a program keeps. */
export interface EhFrame {
  readonly section: OutputSection
  readonly runs: readonly FrameRun[]
  /** Where in the output section each FDE stands, and where its CIE does, in turn. */
  readonly fdes: ArrayLike<number>
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
  const { size, hasTerminator, runs, fdes } = walkSections(link, section) ?? splitSections(link, section)
  section.size = alignUp(size, terminatorSize) + (hasTerminator ? terminatorSize : 0)
  link.ehFrame = { section, runs, fdes }
}

/** What the records are taken apart into: all by a loop in WebAssembly, or one by one. */
type FrameSplit = Pick<FrameTable, 'size' | 'hasTerminator' | 'runs' | 'fdes'> | EhFrameSplit

/** Undefined if the loop leaves a section. */
function walkSections({ objects, memory, symbols }: LinkState, { members }: OutputSection): FrameSplit | undefined {
  let size = 0
  for (let i = 0; i < members.length; i += 2) size += objects[members[i]].object.sectionSize(members[i + 1])
  if (!memory.hasRoom(largestShare * size)) return undefined
  const table = new FrameTable(memory, size, symbols.record)
  for (let i = 0; i < members.length; i += 2) {
    const input = objects[members[i]]
    const section = members[i + 1]
    const { object, record, index } = input
    const rela = object.relocationSections[section]
    input.outputOffset[section] = table.size
    const added =
      record > 0 &&
      table.add({
        record,
        object: index,
        section,
        size: object.sectionSize(section),
        rela,
        relocationsSize: rela === 0 ? 0 : object.sectionSize(rela),
      })
    if (!added) return undefined
  }
  return table
}

/** A table of frames takes at most so many times the bytes of the sections. */
const largestShare = 16

function splitSections(link: LinkState, { members }: OutputSection): FrameSplit {
  const split = new EhFrameSplit(link)
  for (let i = 0; i < members.length; i += 2) split.add(link.objects[members[i]], members[i + 1])
  return split
}

class EhFrameSplit {
  readonly runs: FrameRun[] = []
  readonly fdes: number[] = []
  /** Bytes of the records so far. */
  size = 0
  hasTerminator = false
  readonly #link: LinkState
  /** Where each CIE stands in the output, by what it says. */
  readonly #cies = new Map<string, number>()

  constructor(link: LinkState) {
    this.#link = link
  }

  /** Adds the records of an input section. */
  add(input: InputObject, section: number): void {
    const { object } = input
    input.outputOffset[section] = this.size
    const content = object.sectionContent(section)
    const record = new CallFrameCursor(new DataView(content.buffer, content.byteOffset, content.byteLength))
    // Relocations stand in the order of their places, and so each record has those that follow the last one's.
    const rela = object.relocationSections[section]
    const relocationCount = rela ? object.relocationCount(rela) : 0
    let at = rela ? object.relocationRecord(rela, 0) / 4 : 0
    let relocation = 0
    let run: { -readonly [Key in keyof FrameRun]: FrameRun[Key] } | undefined
    const cies: number[] = []
    const ciesInOutput: number[] = []
    while (record.next()) {
      const end = record.offset + record.size
      const firstRelocation = relocation
      const first = at
      while (relocation < relocationCount && object.words[at] < end) {
        relocation++
        at += relocationWords
      }
      let isKept = true
      if (record.cie === isTerminator) {
        this.hasTerminator = true
        isKept = false
      } else if (record.cie === isCie) {
        const key = cieKey(this.#link, input, content, record, first, at)
        const known = this.#cies.get(key)
        cies.push(record.offset)
        ciesInOutput.push(known ?? this.size)
        isKept = known === undefined
        if (isKept) this.#cies.set(key, this.size)
      } else if (first !== at && object.words[first] === record.body && !isLive(input, first)) {
        isKept = false
      } else {
        this.fdes.push(this.size, ciesInOutput[cies.lastIndexOf(record.cie)])
      }
      if (!isKept) {
        run = undefined
        continue
      }
      if (!run) {
        const { offset: start, size } = record
        const ends = { firstRelocation, endRelocation: relocation }
        run = { object: input.index, section, start, size, outputOffset: this.size, ...ends }
        this.runs.push(run)
      } else {
        run.size += record.size
        run.endRelocation = relocation
      }
      this.size += record.size
    }
    if (record.isMalformed) reportMalformed(this.#link, input)
  }
}

const relocationWords = relocationRecord.size / 4
const symbolWord = relocationRecord.symbol / 4

function reportMalformed(link: LinkState, input: InputObject): void {
  link.diagnostics.error('eh-frame', 'its .eh_frame section is malformed: its records do not fill it', {
    at: { file: input.object.name },
  })
}

/** An FDE is dead if the function that it describes, its first relocation, is in a section that is not in the output. */
function isLive({ object, outputSection }: InputObject, relocation: number): boolean {
  const definedIn = object.symbolSection(object.words[relocation + symbolWord])
  return definedIn === 0 || outputSection[definedIn] !== dropped
}

/** CIEs with the same bytes and the same relocations say the same. Relocations are given by their places, in words. */
function cieKey(
  link: LinkState,
  input: InputObject,
  content: Uint8Array,
  { offset, size }: CallFrameRecord,
  first: number,
  end: number,
): string {
  const { object } = input
  let key = decoder.decode(content.subarray(offset, offset + size))
  for (let at = first; at < end; at += relocationWords) {
    const record = 4 * at
    const symbol = object.words[at + symbolWord]
    const global = input.globalOf(symbol)
    const name = global >= 0 && link.symbols.isDefined(global) ? `${global}` : `${input.index}:${symbol}`
    const type = object.view.getUint32(record + relocationRecord.type, true)
    const addend = readWord(object.view, record + relocationRecord.addend)
    key += `|${object.words[at] - offset} ${type} ${name} ${addend}`
  }
  return key
}
