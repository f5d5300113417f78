// Segments, dynamic section and versions in BFD's words (objdump -p). Source: elf_print_private_bfd_data() of bfd/elf.c.
import { PF, PT } from '@fle/elf'
import { SHT } from '@fle/object'
import { dynamicEntries, dynamicTagName } from '../readfle/dynamic.ts'
import type { BinaryFile, Segment } from '../view/binary-file.ts'
import { stringAt } from '../view/elf-records.ts'
import { hex } from '../view/hexadecimal.ts'
import { definedVersions, neededVersions } from '../view/symbol-versions.ts'

/** What the headers of a program say; nothing for an object. */
export function formatPrivateHeaders(file: BinaryFile): string {
  const segments = file.segments.map(segmentLines).join('')
  const program = segments === '' ? '' : `\nProgram Header:\n${segments}`
  return program + dynamicLines(file) + definitionLines(file) + referenceLines(file)
}

const segmentNames: Readonly<Record<number, string>> = {
  [PT.NULL]: 'NULL',
  [PT.LOAD]: 'LOAD',
  [PT.DYNAMIC]: 'DYNAMIC',
  [PT.INTERP]: 'INTERP',
  [PT.NOTE]: 'NOTE',
  5: 'SHLIB',
  [PT.PHDR]: 'PHDR',
  [PT.TLS]: 'TLS',
  [PT.GNU_EH_FRAME]: 'EH_FRAME',
  [PT.GNU_STACK]: 'STACK',
  [PT.GNU_RELRO]: 'RELRO',
}

function segmentLines({
  type,
  flags,
  offset,
  address,
  physicalAddress,
  fileSize,
  memorySize,
  alignment,
}: Segment): string {
  const name = segmentNames[type] ?? `0x${hex(type)}`
  const power = Math.ceil(Math.log2(Math.max(Number(alignment), 1)))
  const letters = `${flags & PF.R ? 'r' : '-'}${flags & PF.W ? 'w' : '-'}${flags & PF.X ? 'x' : '-'}`
  const others = (flags & ~(PF.R | PF.W | PF.X)) >>> 0
  const place = `off    0x${hex(offset, 16)} vaddr 0x${hex(address, 16)} paddr 0x${hex(physicalAddress, 16)}`
  const sizes = `filesz 0x${hex(fileSize, 16)} memsz 0x${hex(memorySize, 16)}`
  const more = others === 0 ? '' : ` ${hex(others)}`
  return `${name.padStart(8)} ${place} align 2**${power}\n         ${sizes} flags ${letters}${more}\n`
}

const DT_NULL = 0
/** The tags whose values are strings: NEEDED, SONAME, RPATH, RUNPATH. */
const stringTags: ReadonlySet<unknown> = new Set([1, 14, 15, 29])

function dynamicLines(file: BinaryFile): string {
  const section = file.sections.find(({ type }) => type === SHT.DYNAMIC)
  if (!section) return ''
  const names = file.sections[section.link]?.content ?? new Uint8Array()
  const lines = dynamicEntries(file).flatMap(({ tag, value }) => {
    if (tag === DT_NULL) return []
    const text = stringTags.has(tag) ? stringAt(names, Number(value)) : `0x${hex(value, 16)}`
    return [`  ${(dynamicTagName(tag) ?? hex(tag)).padEnd(20)} ${text}\n`]
  })
  return `\nDynamic Section:\n${lines.join('')}`
}

function definitionLines({ sections }: BinaryFile): string {
  const lines = definedVersions(sections).map(({ number, flags, hash, names }) => {
    const parents = names.slice(1)
    const list = parents.length === 0 ? '' : `\t${parents.map((name) => `${name} `).join('')}\n`
    return `${number} 0x${hex(flags, 2)} 0x${hex(hash, 8)} ${names[0] ?? ''}\n${list}`
  })
  return lines.length === 0 ? '' : `\nVersion definitions:\n${lines.join('')}`
}

function referenceLines({ sections }: BinaryFile): string {
  const lines = neededVersions(sections).map(({ file, versions }) => {
    const rows = versions.map(({ hash, flags, number, name }) => {
      return `    0x${hex(hash, 8)} 0x${hex(flags, 2)} ${String(number).padStart(2, '0')} ${name}\n`
    })
    return `  required from ${file}:\n${rows.join('')}`
  })
  return lines.length === 0 ? '' : `\nVersion References:\n${lines.join('')}`
}
