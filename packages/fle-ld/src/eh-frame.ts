import { CallFrameCursor, isCie, isTerminator } from '@fle/dwarf'
import { type FrameRun, FrameTable } from '@fle/kernels'
import { readWord, relocationRecord } from '@fle/object'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'

/** The records of .eh_frame that a program keeps. */
export interface EhFrame {
  readonly section: OutputSection
  readonly records: FrameSplit
  /** The same where a loop in WebAssembly has taken all sections apart. */
  readonly table: FrameTable | undefined
}

const terminatorSize = 4
/** One character a byte. */
const decoder = new TextDecoder('latin1')

/**
 * Takes .eh_frame apart: equal CIEs become one, FDEs of functions that are not in the output go, and with them the CIEs
 * that no other needs; the records stand without gaps, since four bytes of padding would read as the end of the table. That end, crtend.o's zero word, comes last.
 */
export function splitEhFrame(link: LinkState): void {
  const section = link.outputSections.find(({ name }) => name === '.eh_frame')
  if (!section) return
  const table = walkSections(link, section)
  const records = table ?? splitSections(link, section)
  section.size = alignUp(records.size, terminatorSize) + (records.hasTerminator ? terminatorSize : 0)
  link.ehFrame = { section, records, table }
}

/** What the records are taken apart into. */
interface FrameSplit {
  /** Bytes of the records that are kept. */
  readonly size: number
  readonly hasTerminator: boolean
  readonly runs: readonly FrameRun[]
  /** Where in the output section each FDE stands, and where its CIE does, in turn. */
  readonly fdes: ArrayLike<number>
}

/** Undefined if the loop leaves a section. */
function walkSections(link: LinkState, { members }: OutputSection): FrameTable | undefined {
  const { objects, memory, symbols } = link
  let size = 0
  for (let i = 0; i < members.length; i += 2) size += objects[members[i]].object.sectionSize(members[i + 1])
  if (!memory.hasRoom(largestShare * size)) return undefined
  const table = new FrameTable(memory, size, symbols.record)
  return table.add(link.objectRecords, members) ? table : undefined
}

/** A table of frames takes at most so many times the bytes of the sections. */
const largestShare = 16

function splitSections(link: LinkState, { members }: OutputSection): FrameSplit {
  const split = new EhFrameSplit(link)
  for (let i = 0; i < members.length; i += 2) split.add(link.objects[members[i]], members[i + 1])
  return split
}

/** A record of .eh_frame and the relocations that belong to it: from the first up to the end. */
interface RelocatedRecord {
  readonly offset: number
  readonly size: number
  readonly firstRelocation: number
  readonly endRelocation: number
}

class EhFrameSplit implements FrameSplit {
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
    const wordOf = (relocation: number) => (rela ? object.relocationRecord(rela, relocation) / 4 : 0)
    let relocation = 0
    /** The section's CIEs by their offsets, and where they stand in the output once an FDE needs them. */
    const cies = new Map<number, RelocatedRecord>()
    const places = new Map<number, number>()
    const keep = this.#runsOf(input, section)
    while (record.next()) {
      const { offset, size } = record
      const firstRelocation = relocation
      while (relocation < relocationCount && object.words[wordOf(relocation)] < offset + size) relocation++
      const known = { offset, size, firstRelocation, endRelocation: relocation }
      const first = firstRelocation === relocation ? undefined : wordOf(firstRelocation)
      if (record.cie === isTerminator) this.hasTerminator = true
      else if (record.cie === isCie) cies.set(offset, known)
      else if (first === undefined || object.words[first] !== record.body || isLive(input, first)) {
        const cie = cies.get(record.cie)
        const place = places.get(record.cie) ?? (cie && this.#placeCie(input, content, cie, wordOf, keep))
        if (place === undefined) break
        places.set(record.cie, place)
        this.fdes.push(this.size, place)
        keep(known)
      }
    }
    if (record.isMalformed) reportMalformed(this.#link, input)
  }

  /** What puts records of a section into the output, in runs of those that stand behind each other. */
  #runsOf({ object, index }: InputObject, section: number): (record: RelocatedRecord) => void {
    let run: { -readonly [Key in keyof FrameRun]: FrameRun[Key] } | undefined
    return ({ offset, size, firstRelocation, endRelocation }) => {
      if (!run || run.start + run.size !== offset) {
        run = {
          object: index,
          section,
          rela: object.relocationSections[section],
          start: offset,
          size: 0,
          outputOffset: this.size,
          firstRelocation,
          endRelocation,
        }
        this.runs.push(run)
      }
      run.size += size
      run.endRelocation = endRelocation
      this.size += size
    }
  }

  /** Where a CIE, or one that says the same, stands in the output. */
  #placeCie(
    input: InputObject,
    content: Uint8Array,
    cie: RelocatedRecord,
    wordOf: (relocation: number) => number,
    keep: (record: RelocatedRecord) => void,
  ): number {
    const key = cieKey(this.#link, input, content, cie, wordOf(cie.firstRelocation), wordOf(cie.endRelocation))
    const known = this.#cies.get(key)
    if (known !== undefined) return known
    const place = this.size
    this.#cies.set(key, place)
    keep(cie)
    return place
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
  { offset, size }: RelocatedRecord,
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
