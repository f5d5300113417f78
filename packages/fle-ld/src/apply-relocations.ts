import { makeRules, type RecordWalker, Rule } from '@fle/kernels'
import { type ObjectFile, SHF, SHT } from '@fle/object'
import { Form, formOfType, Range, rangeOfType, widthOfType } from '@fle/x86-64'
import { isAddress, SymbolPlace } from './classify-symbols.ts'
import { copyReversed, isReversed } from './constructor-arrays.ts'
import type { EhFrame } from './eh-frame.ts'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { Relocator, type SectionPlace } from './relocator.ts'
import { isGotAccess, isRelaxedCall } from './scan-relocations.ts'
import { isCopiedByHand, SymbolValues } from './symbol-values.ts'

/** Copies every input section to its place in the output and applies its relocations. */
export function copySections(link: LinkState, output: Uint8Array): void {
  const view = new DataView(output.buffer, output.byteOffset, output.length)
  const values = new SymbolValues(link)
  const walk = link.memory.addressOf(output) < 0 ? undefined : new RelocationWalk(link, output)
  const byHand = sectionsByHand(link)
  let run = 0
  for (const input of link.objects) {
    const { object } = input
    values.turnTo(input)
    const relocator = new Relocator(link, input, values, output, view)
    const isWalked = walk !== undefined && input.record > 0
    if (isWalked) walk.copySections(input, relocator)
    const sections = isWalked ? (byHand.get(input.index) ?? []) : allSections(object)
    for (const section of sections) {
      const target = input.outputSection[section]
      if (target === dropped || input.discarded[section] || object.sectionType(section) === SHT.NOBITS) continue
      if (link.outputSections[target] !== link.ehFrame?.section) copySection(link, relocator, section, output)
      else run = copyEhFrameRuns(link.ehFrame, run, input, section, output, relocator, isWalked ? walk : undefined)
    }
  }
  for (const { output: section, pieces, offset = 0 } of link.mergeGroups)
    pieces.write(output, section.fileOffset + offset)
  if (link.ehFrame) pointToCies(link.ehFrame, output, link.walker)
  for (const { synthetic, fileOffset } of link.outputSections) synthetic?.write(view, fileOffset)
  link.dynamic?.writeRelocations(view)
}

/** By object: the sections that the walker leaves, since they are not copied as they stand. */
function sectionsByHand(link: LinkState): Map<number, number[]> {
  const byHand = new Map<number, number[]>()
  for (const output of link.outputSections) {
    if (!isCopiedByHand(link, output)) continue
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
function copyEhFrameRuns(
  { section: outputSection, runs }: EhFrame,
  first: number,
  input: InputObject,
  section: number,
  output: Uint8Array,
  relocator: Relocator,
  walk: RelocationWalk | undefined,
): number {
  const { object } = input
  relocator.turnTo(section, object.relocationSections[section])
  let next = first
  for (; next < runs.length && runs[next].object === input.index && runs[next].section === section; next++) {
    const { start, size, outputOffset, firstRelocation, endRelocation } = runs[next]
    const at = outputSection.fileOffset + outputOffset
    const place = { at: at - start, address: outputSection.address + outputOffset - start, isProgram: true }
    const from = object.sectionOffset(section) + start
    output.set(object.bytes.subarray(from, from + size), at)
    if (walk) walk.applySome(relocator, place, firstRelocation, endRelocation)
    else relocator.apply(place, firstRelocation, endRelocation)
  }
  return next
}

/** Points each FDE to its CIE, which may have become another object's. */
function pointToCies({ section, fdes }: EhFrame, output: Uint8Array, walker: RecordWalker): void {
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

  /** Applies the relocations of the program's section at hand from `first` up to `end`. */
  applySome(relocator: Relocator, place: SectionPlace, first: number, end: number): void {
    if (first === end) return
    const { rela, input } = relocator
    const { walker } = this.#link
    const { at, address } = place
    const left = walker.applySome(input.record, rela, first, end, this.#output, at, address, this.#programRules)
    for (let i = 0; i < left; i++) {
      const { relocation } = walker.leftRelocation(i)
      relocator.apply(place, relocation, relocation + 1)
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
