import { makeRules, type RecordWalker, Rule } from '@fle/kernels'
import { SHF, SHT } from '@fle/object'
import { Form, formOfType, Range, rangeOfType, widthOfType } from '@fle/x86-64'
import { SymbolPlace } from './classify-symbols.ts'
import { copyReversed, isReversed } from './constructor-arrays.ts'
import type { EhFrame } from './eh-frame.ts'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { Relocator, type SectionPlace } from './relocator.ts'
import { isRelaxedCall } from './scan-relocations.ts'
import { SymbolValues } from './symbol-values.ts'

/** Copies every input section to its place in the output and applies its relocations. */
export function copySections(link: LinkState, output: Uint8Array, view: DataView): void {
  const values = new SymbolValues(link)
  const walks = new RelocationWalks(link, link.walker)
  let run = 0
  for (const input of link.objects) {
    const { object } = input
    const walk = values.turnTo(input) ? walks : undefined
    const relocator = new Relocator(link, input, values, output, view)
    const relocationSections = object.relocationSections
    for (let section = 1; section < object.sectionCount; section++) {
      const target = input.outputSection[section]
      if (target === dropped || input.discarded[section] || object.sectionType(section) === SHT.NOBITS) continue
      const outputSection = link.outputSections[target]
      if (outputSection === link.ehFrame?.section) {
        run = copyEhFrameRuns(link.ehFrame, run, input, section, output, relocator, walk)
        continue
      }
      if (input.merged?.[section]) continue
      const at = outputSection.fileOffset + input.outputOffset[section]
      const rela = relocationSections[section]
      const isReversedHere = isReversed(object, section, outputSection.type)
      if (isReversedHere) copyReversed(object.sectionContent(section), output, at)
      else if (rela === 0 || !walk) output.set(object.sectionContent(section), at)
      if (rela === 0) continue
      const isProgram = (outputSection.flags & SHF.ALLOC) !== 0
      const place = { at, address: outputSection.address + input.outputOffset[section], isProgram }
      relocator.turnTo(section, rela)
      if (isReversedHere) relocator.applyReversed(place)
      else if (walk)
        walk.copy(output, relocator, place, 0, object.sectionSize(section), 0, object.relocationCount(rela))
      else relocator.apply(place, 0, object.relocationCount(rela))
    }
  }
  for (const { output: section, pieces, offset = 0 } of link.mergeGroups)
    pieces.write(output, section.fileOffset + offset)
  if (link.ehFrame) pointToCies(link.ehFrame, view)
  for (const { synthetic, fileOffset } of link.outputSections) synthetic?.write(view, fileOffset)
  link.dynamic?.writeRelocations(view)
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
  walk: RelocationWalks | undefined,
): number {
  const { object } = input
  relocator.turnTo(section, object.relocationSections[section])
  let next = first
  for (; next < runs.length && runs[next].input === input && runs[next].section === section; next++) {
    const { start, size, outputOffset, firstRelocation, endRelocation } = runs[next]
    const at = outputSection.fileOffset + outputOffset
    const place = { at: at - start, address: outputSection.address + outputOffset - start, isProgram: true }
    if (walk && firstRelocation !== endRelocation) {
      walk.copy(output, relocator, place, start, size, firstRelocation, endRelocation)
      continue
    }
    const from = object.sectionOffset(section) + start
    output.set(object.bytes.subarray(from, from + size), at)
    relocator.apply(place, firstRelocation, endRelocation)
  }
  return next
}

/** Points each FDE to its CIE, which may have become another object's. */
function pointToCies({ section, fdes, ciesOfFdes }: EhFrame, view: DataView): void {
  for (let i = 0; i < fdes.length; i++) {
    view.setUint32(section.fileOffset + fdes[i] + 4, fdes[i] + 4 - ciesOfFdes[i], true)
  }
}

/** Copies sections and applies their relocations by the loops of {@link RecordWalker}; what those leave is done one by one. */
class RelocationWalks {
  readonly #walker: RecordWalker
  readonly #programRules: number
  readonly #otherRules: number

  constructor(link: LinkState, walker: RecordWalker) {
    this.#walker = walker
    this.#programRules = walker.addRules(makeRules((type, place) => applyRule(link, true, type, place)))
    this.#otherRules = walker.addRules(makeRules((type, place) => applyRule(link, false, type, place)))
  }

  /** Copies `size` bytes from the offset `start` of the section, and applies the relocations from `first` up to `end`. */
  copy(
    output: Uint8Array,
    relocator: Relocator,
    place: SectionPlace,
    start: number,
    size: number,
    first: number,
    end: number,
  ): void {
    const { object, section, rela } = relocator
    const walker = this.#walker
    const content = object.sectionOffset(section)
    const records = object.relocationRecord(rela, first)
    const rules = place.isProgram ? this.#programRules : this.#otherRules
    const left = walker.apply(records, end - first, content, place.address, rules)
    output.set(walker.content(content + start, size), place.at + start)
    for (let i = 0; i < left; i++) {
      const relocation = first + walker.left(i)
      relocator.apply(place, relocation, relocation + 1)
    }
  }
}

/** What {@link Relocator.apply} does with most relocations, and those few lines say in WebAssembly as well. */
function applyRule(link: LinkState, isProgram: boolean, type: number, place: number): number {
  const form = formOfType[type]
  if (form === Form.none) return Rule.pass
  if (isProgram && isRelaxedCall(form)) return Rule.leaveWithNext
  if (place !== SymbolPlace.address && place !== SymbolPlace.absolute) return Rule.leave
  const width = widthOfType[type]
  const range = rangeOfType[type]
  if (form === Form.pc || form === Form.plt) {
    return width === 4 && range === Range.signed ? Rule.distance32 : Rule.leave
  }
  if (form !== Form.absolute || (isProgram && (link.dynamic || link.shared))) return Rule.leave
  if (width === 4) return range === Range.signed ? Rule.signed32 : Rule.unsigned32
  return width === 8 ? Rule.word64 : Rule.leave
}
