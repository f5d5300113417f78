import { PieceTable, type RecordWalker, type SectionPieces } from '@fle/kernels'
import { type ObjectFile, SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import type { OutputSection } from './output-section.ts'

/** Sections of one output section whose equal pieces become one: strings, or constants of one size. */
export interface MergeGroup {
  readonly output: OutputSection
  readonly alignment: number
  readonly pieces: PieceTable
  /** Of strings, in bytes; 0 for constants. */
  readonly characterSize: number
  /** Where the group begins in its output section, once that is laid out; undefined before. */
  offset: number | undefined
}

/** A merged input section: where each of its pieces went. */
export class MergedSection {
  readonly group: MergeGroup
  /** What the loops of {@link RecordWalker} know its pieces by. */
  readonly record: number
  readonly #pieces: SectionPieces

  constructor(group: MergeGroup, pieces: SectionPieces) {
    this.group = group
    this.record = pieces.record
    this.#pieces = pieces
  }

  /** Offset in the output section of what stands at an offset in the input section. */
  outputOffset(offset: number): number {
    const { starts, numbers } = this.#pieces
    const { pieces, offset: base = 0 } = this.group
    if (starts.length === 0) return base + offset
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle] <= offset) low = middle
      else high = middle - 1
    }
    return base + pieces.offset(numbers[low]) + (offset - starts[low])
  }
}

/** Merges the pieces of all mergeable sections that are in the output (gABI, SHF_MERGE and SHF_STRINGS). */
export function mergeSections(link: LinkState): void {
  const groups = new Map<string, MergeGroup>()
  for (const output of link.outputSections) {
    if (!output.hasMergeable) continue
    for (let i = 0; i < output.members.length; i += 2) {
      const input = link.objects[output.members[i]]
      const section = output.members[i + 1]
      const { object } = input
      const flags = object.sectionFlags(section)
      if ((flags & SHF.MERGE) === 0 || object.sectionSize(section) === 0) continue
      const entrySize = object.sectionEntrySize(section)
      const alignment = object.sectionAlignment(section)
      const key = `${output.number} ${flags & SHF.STRINGS} ${entrySize} ${alignment}`
      const characterSize = flags & SHF.STRINGS ? entrySize : 0
      let group = groups.get(key)
      if (!group) {
        const pieces = new PieceTable(link.memory, alignment)
        group = { output, alignment, pieces, characterSize, offset: undefined }
      }
      const merged = takeApart(group, object, section)
      if (!merged) continue
      groups.set(key, group)
      input.merged ??= []
      input.merged[section] = merged
      if (input.record > 0) link.walker.setPieces(input.record, section, merged.record)
    }
  }
  link.mergeGroups.push(...groups.values())
  if (link.options.mergeTails)
    for (const { pieces, characterSize } of groups.values()) if (characterSize > 0) pieces.mergeTails()
}

/** Adds the pieces of a section to their group; undefined where it cannot be taken apart. */
function takeApart(group: MergeGroup, object: ObjectFile, section: number): MergedSection | undefined {
  const size = object.sectionSize(section)
  const entrySize = object.sectionEntrySize(section)
  if (object.sectionType(section) === SHT.NOBITS || object.relocationSections[section] !== 0) return undefined
  if (entrySize < 1 || size % entrySize !== 0 || size > 0x7fffffff) return undefined
  const pieces = group.pieces.add(object.sectionContent(section), entrySize, group.characterSize > 0)
  return pieces && new MergedSection(group, pieces)
}
