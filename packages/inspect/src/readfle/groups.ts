import { GRP_COMDAT, SHT, STT } from '@fle/object'
import type { BinaryFile, Section } from '../view/binary-file.ts'
import { sectionNameOf } from './sections.ts'

/** The section groups of a file (readelf -g). */
export function formatGroups(file: BinaryFile): string {
  if (file.sections.length === 0) return '\nThere are no sections to group in this file.\n'
  const groups = file.sections.filter(({ type }) => type === SHT.GROUP)
  if (groups.length === 0) return '\nThere are no section groups in this file.\n'
  return groups.map((group) => formatGroup(group, file)).join('')
}

function formatGroup(group: Section, file: BinaryFile): string {
  const { content } = group
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const members: number[] = []
  for (let at = 4; at + 4 <= view.byteLength; at += 4) members.push(view.getUint32(at, true))
  const kind = view.byteLength >= 4 && view.getUint32(0, true) & GRP_COMDAT ? 'COMDAT ' : ''
  const signature = `[${signatureOf(group, file)}]`
  const title = `${kind}group section [${String(group.index).padStart(5)}] \`${group.name}' ${signature}`
  const rows = members.map((index) => `   [${String(index).padStart(5)}]   ${sectionNameOf(index, file.sections)}\n`)
  return `\n${title} contains ${members.length} sections:\n   [Index]    Name\n${rows.join('')}`
}

function signatureOf({ info }: Section, { symbols, sections }: BinaryFile): string {
  const symbol = symbols?.symbols[info]
  if (!symbol) return '<corrupt>'
  return symbol.type === STT.SECTION && symbol.name === '' ? sectionNameOf(symbol.section, sections) : symbol.name
}
