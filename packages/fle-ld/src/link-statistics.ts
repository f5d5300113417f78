import { SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'

/** How much was linked, one figure a line (--stats). */
export function describeLink(link: LinkState, output: Uint8Array | undefined): string[] {
  let sections = 0
  let relocations = 0
  for (const { object } of link.objects) {
    sections += object.sectionCount - 1
    for (let section = 1; section < object.sectionCount; section++) {
      if (object.sectionType(section) === SHT.RELA) relocations += object.relocationCount(section)
    }
  }
  let pieces = 0
  for (const group of link.mergeGroups) pieces += group.pieces.count
  const rows: [count: number, what: string][] = [
    [link.inputFiles.length, 'files read'],
    [link.archives.length, 'of them archives'],
    [link.objects.length, 'objects linked'],
    [link.inputSize, 'bytes of objects'],
    [sections, 'input sections'],
    [link.collectedSections.length, 'of them unused and left out'],
    [relocations, 'relocations'],
    [link.symbols.count, 'names of global symbols'],
    [pieces, 'strings and constants after merging'],
    [link.outputSections.length, 'output sections'],
    [output?.length ?? 0, 'bytes of output'],
  ]
  return rows.map(([count, what]) => `${`${count}`.padStart(12)}  ${what}`)
}
