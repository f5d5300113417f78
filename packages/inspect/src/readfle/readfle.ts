import type { BinaryFile } from '../view/binary-file.ts'
import { formatDynamic } from './dynamic.ts'
import { formatFileHeader } from './file-header.ts'
import { formatGroups } from './groups.ts'
import { formatNotes } from './notes.ts'
import { formatRelocations } from './relocations.ts'
import { formatSections } from './sections.ts'
import { formatSegments } from './segments.ts'
import { formatSummary } from './summary.ts'
import { formatSymbols } from './symbols.ts'

/** What of a file may be shown, in the order in which it is. */
export const views = [
  'file-header',
  'sections',
  'groups',
  'segments',
  'dynamic',
  'relocations',
  'symbols',
  'dynamic-symbols',
  'notes',
] as const
export type View = (typeof views)[number]

/** The wanted views of a file in readelf's order and words; a summary if none is wanted. */
export async function readfle(file: BinaryFile, wanted: ReadonlySet<View>): Promise<string> {
  if (wanted.size === 0) return formatSummary(file)
  const parts: string[] = []
  for (const view of views) if (wanted.has(view)) parts.push(await format(view, file, !wanted.has('file-header')))
  return parts.join('')
}

function format(view: View, file: BinaryFile, withPlace: boolean): string | Promise<string> {
  switch (view) {
    case 'file-header':
      return formatFileHeader(file)
    case 'sections':
      return formatSections(file, { withPlace })
    case 'groups':
      return formatGroups(file)
    case 'segments':
      return formatSegments(file, { withPlace })
    case 'dynamic':
      return formatDynamic(file)
    case 'relocations':
      return formatRelocations(file)
    case 'symbols':
      return formatSymbols(file, { dynamicOnly: false })
    case 'dynamic-symbols':
      return formatSymbols(file, { dynamicOnly: true })
    case 'notes':
      return formatNotes(file)
  }
}
