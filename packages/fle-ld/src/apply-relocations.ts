import { type FrameRun, type FrameTable, makeRules, type RecordWalker, Rule } from '@fle/kernels'
import { type ObjectFile, SHF, SHT } from '@fle/object'
import { Form, formOfType, Range, rangeOfType, widthOfType } from '@fle/x86-64'
import { isAddress, SymbolPlace } from './classify-symbols.ts'
import { copyReversed, isReversed } from './constructor-arrays.ts'
import type { EhFrame } from './eh-frame.ts'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import type { OutputSection } from './output-section.ts'
import { Relocator, type SectionPlace } from './relocator.ts'
import { isGotAccess, isRelaxedCall } from './scan-relocations.ts'
import { isCopiedByHand, SymbolValues } from './symbol-values.ts'

/** Copies every input section to its place in the output and applies its relocations. */
export function copySections(link: LinkState, output: Uint8Array): void {
  const view = new DataView(output.buffer, output.byteOffset, output.length)
  const values = new SymbolValues(link)
  const walk = link.memory.addressOf(output) < 0 ? undefined : new RelocationWalk(link, output)
  const frames = walk && link.ehFrame?.table
  const runs = frames ? [] : (link.ehFrame?.records.runs ?? [])
  const byHand = sectionsByHand(link)
  let run = 0
  for (const input of link.objects) {
    const { object } = input
    values.turnTo(input)
    const relocator = new Relocator(link, input, values, output, view)
    const isWalked = walk !== undefined && input.record > 0
    if (isWalked) walk.copySections(input, relocator)
    if (isWalked && frames) walk.copyRuns(frames, input, relocator)
    const sections = isWalked ? (byHand.get(input.index) ?? []) : allSections(object)
    for (const section of sections) {
      const target = input.outputSection[section]
      if (target === dropped || input.discarded[section] || object.sectionType(section) === SHT.NOBITS) continue
      if (link.outputSections[target] !== link.ehFrame?.section) copySection(link, relocator, section, output)
      else run = copyRuns(link.ehFrame.section, runs, run, input, section, output, relocator)
    }
  }
  for (const { output: section, pieces, offset = 0 } of link.mergeGroups)
    pieces.write(output, section.fileOffset + offset)
  if (link.ehFrame) pointToCies(link.ehFrame, output, link.walker)
  for (const { synthetic, fileOffset } of link.outputSections) synthetic?.write(view, fileOffset)
  link.dynamic?.writeRelocations(view)
}

/** By object: the sections that the walker leaves, since they are not copied as they stand; but for .eh_frame, if that is in a table. */
function sectionsByHand(link: LinkState): Map<number, number[]> {
  const byHand = new Map<number, number[]>()
  for (const output of link.outputSections) {
    if (!isCopiedByHand(link, output) || (link.ehFrame?.table && output === link.ehFrame.section)) continue
    const { members } = output
    for (let i = 0; i < members.length; i += 2) {
      const known = byHand.get(members[i])
      if (known) known.push(members[i + 1])
      else byHand.set(members[i], [members[i + 1]])
    }
  }
  return byHand
}

function* allSections({ sectionCount }: ObjectFile): Generator<number> {
  for (let section = 1; section < sectionCount; section++) yield section
}

/** Copies a section that is in the output, unless its pieces are, and applies its relocations. */
function copySection(link: LinkState, relocator: Relocator, section: number, output: Uint8Array): void {
  const { object, input } = relocator
  if (input.merged?.[section]) return
  const place = placeOf(link, input, section)
  const rela = object.relocationSections[section]
  const isReversedHere = isReversed(object, section, link.outputSections[input.outputSection[section]].type)
  if (isReversedHere) copyReversed(object.sectionContent(section), output, place.at)
  else output.set(object.sectionContent(section), place.at)
  if (rela === 0) return
  relocator.turnTo(section, rela)
  if (isReversedHere) relocator.applyReversed(place)
  else relocator.apply(place, 0, object.relocationCount(rela))
}

function placeOf(link: LinkState, input: InputObject, section: number): SectionPlace {
  const { address, fileOffset, flags } = link.outputSections[input.outputSection[section]]
  const offset = input.outputOffset[section]
  return { at: fileOffset + offset, address: address + offset, isProgram: (flags & SHF.ALLOC) !== 0 }
}

/**
 * Copies the records of an .eh_frame section that are kept and applies their relocations. Runs stand in the order of their
 * sections: those of this one begin at `first`. Returns where those of the next begin.
 */
function copyRuns(
  frame: OutputSection,
  runs: readonly FrameRun[],
  first: number,
  input: InputObject,
  section: number,
  output: Uint8Array,
  relocator: Relocator,
): number {
  const { object } = input
  let next = first
  for (; next < runs.length && runs[next].object === input.index && runs[next].section === section; next++) {
    const run = runs[next]
    const from = object.sectionOffset(section) + run.start
    output.set(object.bytes.subarray(from, from + run.size), frame.fileOffset + run.outputOffset)
    relocator.turnTo(section, run.rela)
    relocator.apply(placeOfRun(frame, run), run.firstRelocation, run.endRelocation)
  }
  return next
}

/** Where the section of a run would stand, if all of it stood as the run does. */
function placeOfRun({ fileOffset, address }: OutputSection, { start, outputOffset }: FrameRun): SectionPlace {
  const offset = outputOffset - start
  return { at: fileOffset + offset, address: address + offset, isProgram: true }
}

/** Points each FDE to its CIE, which may have become another object's. */
function pointToCies({ section, records: { fdes } }: EhFrame, output: Uint8Array, walker: RecordWalker): void {
  walker.pointToCies(fdes, output.subarray(section.fileOffset, section.fileOffset + section.size))
}

/** Copies sections and applies their relocations by the loops of {@link RecordWalker}; what those leave is done one by one. */
class RelocationWalk {
  readonly #link: LinkState
  readonly #output: Uint8Array
  readonly #programRules: number
  readonly #otherRules: number

  constructor(link: LinkState, output: Uint8Array) {
    const { walker } = link
    this.#link = link
    this.#output = output
    this.#programRules = walker.addRules(makeRules((type, place) => applyRule(link, true, type, place)))
    this.#otherRules = walker.addRules(makeRules((type, place) => applyRule(link, false, type, place)))
  }

  copySections(input: InputObject, relocator: Relocator): void {
    const { object, record } = input
    const { walker } = this.#link
    const size = object.bytes.length
    const left = walker.copySections(record, size, this.#output, this.#programRules, this.#otherRules)
    for (let i = 0; i < left; i++) {
      const { rela, relocation } = walker.leftRelocation(i)
      const section = object.sectionInfo(rela)
      relocator.turnTo(section, rela)
      relocator.apply(placeOf(this.#link, input, section), relocation, relocation + 1)
    }
  }

  /** Copies what the object has in .eh_frame. */
  copyRuns(frames: FrameTable, input: InputObject, relocator: Relocator): void {
    const frame = this.#link.ehFrame?.section
    if (!frame) return
    const { object, record, index } = input
    const { walker } = this.#link
    const { fileOffset, address } = frame
    const size = object.bytes.length
    const left = walker.copyRuns(frames, record, index, size, this.#output, fileOffset, address, this.#programRules)
    for (let i = 0; i < left; i++) {
      const { rela, relocation } = walker.leftRelocation(i)
      const run = frames.runs.find(
        (run) =>
          run.object === index &&
          run.rela === rela &&
          run.firstRelocation <= relocation &&
          relocation < run.endRelocation,
      )
      if (!run) continue
      relocator.turnTo(run.section, rela)
      relocator.apply(placeOfRun(frame, run), relocation, relocation + 1)
    }
  }
}

/** What {@link Relocator.apply} does with most relocations, and those few lines say in WebAssembly as well. */
function applyRule(link: LinkState, isProgram: boolean, type: number, place: number): number {
  const form = formOfType[type]
  if (form === Form.none) return Rule.pass
  if (isProgram && isRelaxedCall(form)) return Rule.leaveWithNext
  if (!isAddress(place) && place !== SymbolPlace.absolute) return Rule.leave
  if (isProgram && isGotAccess(type) && isAddress(place)) {
    return link.options.relax === false ? Rule.leave : Rule.loadAddress
  }
  if (isProgram && form === Form.gottpoff && place === SymbolPlace.address) return Rule.threadOffset
  const width = widthOfType[type]
  const range = rangeOfType[type]
  if (form === Form.pc || form === Form.plt) {
    return width === 4 && range === Range.signed ? Rule.distance32 : Rule.leave
  }
  if (form !== Form.absolute || (isProgram && (link.dynamic || link.shared))) return Rule.leave
  if (width === 4) return range === Range.signed ? Rule.signed32 : Rule.unsigned32
  return width === 8 ? Rule.word64 : Rule.leave
}
