import { ET, PT } from '@fle/elf'
import { addWords, GRP_COMDAT, SHF, SHT, subtractWords, type Word } from '@fle/object'
import type { BinaryFile, Section } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import { sectionKind, visibleSections } from '../view/section-kind.ts'
import type { ObjdumpOptions } from './objdump.ts'
import { relocationsBySection } from './sections.ts'

/** The sections as objdump -h shows them. Source: dump_section_header() of binutils/objdump.c. */
export function formatSectionHeaders(file: BinaryFile, { wide, onlySections }: ObjdumpOptions): string {
  const sections = visibleSections(file.sections)
  const isShown = ({ name }: Section) => onlySections.length === 0 || onlySections.includes(name)
  const nameWidth = wide ? sections.reduce((most, { name }) => Math.max(most, name.length), 13) : 13
  const tables = relocationsBySection(file)
  const columns = 'Size      VMA               LMA               File off  Algn'
  const rows = sections.flatMap((section, index) => {
    if (!isShown(section)) return []
    const { name, size, address, offset, alignment } = section
    const power = Math.floor(Math.log2(Math.max(alignment, 1)))
    const places = `${hex(address, 16)}  ${hex(loadAddress(section, file), 16)}  ${hex(offset, 8)}`
    const line = `${String(index).padStart(3)} ${name.padEnd(nameWidth)} ${hex(size, 8)}  ${places}  2**${power}`
    return [`${line}${wide ? '  ' : `\n${' '.repeat(18)}`}${flagWords(section, tables.has(section)).join(', ')}\n`]
  })
  return `Sections:\nIdx ${'Name'.padEnd(nameWidth)} ${columns}${wide ? '  Flags' : ''}\n${rows.join('')}`
}

/** The physical address that the section's segment gives it. */
function loadAddress({ address, flags, size }: Section, { segments, type }: BinaryFile): Word {
  if ((flags & SHF.ALLOC) === 0 || type === ET.REL) return address
  for (const segment of segments) {
    if (segment.type !== PT.LOAD) continue
    const distance = subtractWords(address, segment.address)
    if (distance >= 0 && addWords(distance, size) <= segment.memorySize) {
      return addWords(segment.physicalAddress, distance)
    }
  }
  return address
}

/** Sections whose addresses count bytes on every machine. */
const octetPrefixes = [
  '.debug',
  '.zdebug',
  '.gnu.debuglto_.debug_',
  '.gnu.linkonce.wi.',
  '.note.gnu',
  '.gnu.build.attributes',
]

function flagWords(section: Section, hasRelocations: boolean): string[] {
  const kind = sectionKind(section)
  const isGroup = section.type === SHT.GROUP
  const isComdat = isGroup ? isComdatGroup(section) : section.name.startsWith('.gnu.linkonce')
  const words: [boolean, string][] = [
    [kind.hasContents, 'CONTENTS'],
    [kind.isAllocated, 'ALLOC'],
    [kind.isLoaded, 'LOAD'],
    [hasRelocations, 'RELOC'],
    [kind.isReadOnly, 'READONLY'],
    [kind.isCode, 'CODE'],
    [kind.isData, 'DATA'],
    [kind.isDebugging, 'DEBUGGING'],
    [(section.flags & SHF.EXCLUDE) !== 0, 'EXCLUDE'],
    [!kind.isAllocated && octetPrefixes.some((prefix) => section.name.startsWith(prefix)), 'OCTETS'],
    [(section.flags & SHF.TLS) !== 0, 'THREAD_LOCAL'],
    [isGroup, 'GROUP'],
    [isComdat, 'LINK_ONCE_DISCARD'],
  ]
  return words.flatMap(([isSet, word]) => (isSet ? [word] : []))
}

function isComdatGroup({ content }: Section): boolean {
  return content.length >= 4 && (content[0] & GRP_COMDAT) !== 0
}
