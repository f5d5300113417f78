import { PF, PT } from '@fle/elf'
import { SHF, SHT, type Word } from '@fle/object'
import type { BinaryFile, Section, Segment } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import { isPositionIndependentProgram } from './dynamic.ts'
import { fileTypeWords, segmentTypeWords } from './words.ts'

const decoder = new TextDecoder()
const heading = '  Type           Offset   VirtAddr           PhysAddr           FileSiz  MemSiz   Flg Align\n'

/** The program headers of a file, and which sections each covers (readelf -l). */
export function formatSegments(file: BinaryFile, { withPlace }: { readonly withPlace: boolean }): string {
  const { segments } = file
  if (segments.length === 0) return '\nThere are no program headers in this file.\n'
  const rows = segments.map((segment) => row(segment) + interpreterLine(segment, file))
  return `${withPlace ? place(file) : ''}\nProgram Headers:\n${heading}${rows.join('')}${mapping(file)}`
}

function place(file: BinaryFile): string {
  const { format, segments, bytes, entry } = file
  const kind = format === 'fle' ? 'FLE' : 'Elf'
  const type = fileTypeWords(file.type, isPositionIndependentProgram(file))
  const count = segments.length === 1 ? 'There is 1 program header' : `There are ${segments.length} program headers`
  const headers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const where = format === 'fle' ? '' : `, starting at offset ${headers.getBigUint64(32, true)}`
  return `\n${kind} file type is ${type}\nEntry point 0x${hex(entry)}\n${count}${where}\n`
}

function row({ type, flags, offset, address, physicalAddress, fileSize, memorySize, alignment }: Segment): string {
  const permissions = `${flags & PF.R ? 'R' : ' '}${flags & PF.W ? 'W' : ' '}${flags & PF.X ? 'E' : ' '}`
  const columns = [
    `  ${segmentTypeWords(type).slice(0, 14).padEnd(14)}`,
    `0x${hex(offset, 6)}`,
    `0x${hex(address, 16)}`,
    `0x${hex(physicalAddress, 16)}`,
    `0x${hex(fileSize, 6)}`,
    `0x${hex(memorySize, 6)}`,
    permissions,
    `0x${hex(alignment)}`,
  ]
  return `${columns.join(' ')}\n`
}

function interpreterLine({ type, offset, fileSize }: Segment, { bytes }: BinaryFile): string {
  if (type !== PT.INTERP) return ''
  const path = bytes.subarray(Number(offset), Number(offset) + Number(fileSize))
  const end = path.indexOf(0)
  const text = decoder.decode(end < 0 ? path : path.subarray(0, end))
  return `      [Requesting program interpreter: ${text}]\n`
}

function mapping({ sections, segments, format }: BinaryFile): string {
  if (sections.length === 0) return ''
  const lines = segments.map((segment, index) => {
    const names = sections.slice(1).filter((section) => isInSegment(section, segment, format === 'elf64-x86-64'))
    return `   ${String(index).padStart(2, '0')}     ${names.map(({ name }) => `${name} `).join('')}\n`
  })
  return `\n Section to Segment mapping:\n  Segment Sections...\n${lines.join('')}`
}

const mayHoldTls: readonly number[] = [PT.TLS, PT.GNU_RELRO, PT.LOAD]
const holdsLoadedOnly: readonly number[] = [PT.LOAD, PT.DYNAMIC, PT.GNU_EH_FRAME, PT.GNU_STACK, PT.GNU_RELRO]

/**
 * Whether a section belongs to a segment. Source: ELF_SECTION_IN_SEGMENT_STRICT of include/elf/internal.h. Without
 * `byOffset` only addresses are looked at.
 */
function isInSegment(section: Section, segment: Segment, byOffset: boolean): boolean {
  const { type, flags, address, offset } = section
  const isTls = (flags & SHF.TLS) !== 0
  const isAllocated = (flags & SHF.ALLOC) !== 0
  const isNoBits = type === SHT.NOBITS
  if (isTls && isNoBits && segment.type !== PT.TLS) return false
  if (isTls ? !mayHoldTls.includes(segment.type) : segment.type === PT.TLS || segment.type === PT.PHDR) return false
  if (!isAllocated && holdsLoadedOnly.includes(segment.type)) return false
  const { size } = section
  const bySize = byOffset && !isNoBits
  if (bySize && !isWithin(offset, size, segment.offset, segment.fileSize)) return false
  if (isAllocated && !isWithin(address, size, segment.address, segment.memorySize)) return false
  // No empty section at the start or the end of PT_DYNAMIC and PT_NOTE.
  if ((segment.type !== PT.DYNAMIC && segment.type !== PT.NOTE) || size !== 0 || segment.memorySize === 0) return true
  const inFile = isNoBits || isInside(offset, segment.offset, segment.fileSize)
  return inFile && (!isAllocated || isInside(address, segment.address, segment.memorySize))
}

function isWithin(start: Word, size: number, from: Word, length: Word): boolean {
  const distance = Number(start) - Number(from)
  const room = Number(length)
  return distance >= 0 && (room === 0 || distance <= room - 1) && distance + size <= room
}

function isInside(place: Word, from: Word, length: Word): boolean {
  return Number(place) > Number(from) && Number(place) - Number(from) < Number(length)
}
