import type { Diagnostics } from '@fle/diagnostics'
import {
  hexadecimal,
  type ObjectFile,
  readWord,
  relocationRecord,
  SHF,
  SHT,
  STB,
  STT,
  sectionHeader,
  symbolRecord,
  writeWord,
} from '@fle/object'
import { FileErrors } from './file-errors.ts'
import { extendedCounts, writeFileHeader, writeSectionHeader } from './header-writer.ts'
import { ET, fileHeader } from './headers.ts'
import { firstForeignType } from './record-checks.ts'
import { defineSectionAliases } from './section-aliases.ts'

/**
 * In the file a section's offset need not obey its alignment, which may be 4 GiB; this much keeps the tables and
 * ordinary data aligned for readers that map the file.
 */
const largestFileAlignment = 64

/** SHF_GNU_MBIND, which like SHF_GNU_RETAIN is of GNU's operating system interface. */
const SHF_GNU_MBIND = 0x01000000

/**
 * Writes an object as a relocatable ELF file: its sections in their order, then the section headers. The result is
 * a function of the object's records alone. What ELF cannot express is reported and gives undefined.
 */
export function writeObject(input: ObjectFile, diagnostics: Diagnostics): Uint8Array | undefined {
  if (!checkRelocationTypes(input, new FileErrors(input.name, diagnostics))) return undefined
  const object = defineSectionAliases(input)
  const { sectionCount } = object
  const offsets = placeSections(object)
  const sectionHeaders = align(offsets[sectionCount], 8)
  const bytes = new Uint8Array(sectionHeaders + sectionCount * sectionHeader.size)
  const view = new DataView(bytes.buffer)
  for (let section = 1; section < sectionCount; section++) {
    bytes.set(object.sectionContent(section), offsets[section])
    const from = object.sectionHeader(section)
    const to = sectionHeaders + section * sectionHeader.size
    bytes.set(object.bytes.subarray(from, from + sectionHeader.size), to)
    writeWord(view, to + sectionHeader.offset, offsets[section])
  }
  const sectionNames = sectionOfNames(object)
  if (sectionCount > 0) writeSectionHeader(view, sectionHeaders, extendedCounts(sectionCount, sectionNames))
  writeFileHeader(view, {
    type: ET.REL,
    entry: 0,
    programHeaders: 0,
    programHeaderCount: 0,
    sectionHeaders: sectionCount > 0 ? sectionHeaders : 0,
    sectionHeaderCount: sectionCount,
    sectionNames,
    usesGnuExtensions: usesGnuExtensions(object),
  })
  return bytes
}

/** The offset of each section in the file, and where the last one ends. */
function placeSections(object: ObjectFile): Float64Array {
  const offsets = new Float64Array(object.sectionCount + 1)
  let end: number = fileHeader.size
  for (let section = 1; section < object.sectionCount; section++) {
    offsets[section] = align(end, Math.min(object.sectionAlignment(section), largestFileAlignment))
    if (object.sectionType(section) !== SHT.NOBITS) end = offsets[section] + object.sectionSize(section)
  }
  offsets[object.sectionCount] = end
  return offsets
}

function align(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment
}

/** The section that holds the names of the sections, 0 if there is none. */
function sectionOfNames(object: ObjectFile): number {
  for (let section = object.sectionCount - 1; section > 0; section--) {
    const isStrings = object.sectionType(section) === SHT.STRTAB
    if (isStrings && object.sectionOffset(section) === object.tables.sectionNames) return section
  }
  return 0
}

/** Whether the object uses what only GNU's operating system interface defines; gas sets the same (bfd: elf_gnu_osabi). */
function usesGnuExtensions(object: ObjectFile): boolean {
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.sectionFlags(section) & (SHF.GNU_RETAIN | SHF_GNU_MBIND)) return true
  }
  for (let symbol = 1; symbol < object.symbolCount; symbol++) {
    const info = object.bytes[object.symbolRecord(symbol) + symbolRecord.info]
    if ((info & 0xf) === STT.GNU_IFUNC || info >> 4 === STB.GNU_UNIQUE) return true
  }
  return false
}

/** Reports the relocations that stand for expressions which no relocation of ELF can carry. */
function checkRelocationTypes(object: ObjectFile, errors: FileErrors): boolean {
  const { view } = object
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.sectionType(section) !== SHT.RELA) continue
    const start = object.sectionOffset(section)
    const end = start + object.sectionSize(section)
    for (let at = start; at < end && !errors.full; at += relocationRecord.size) {
      if (view.getUint32(at + relocationRecord.type, true) < firstForeignType) continue
      const line = object.source?.lineOfRelocation(section, (at - start) / relocationRecord.size) ?? 0
      const place = `${object.sectionName(object.sectionInfo(section))}+${hexadecimal(readWord(view, at))}`
      errors.add(
        'not-in-elf',
        `the expression at ${place} cannot be written to an ELF object: ELF has no relocation for it`,
        {
          line,
        },
      )
    }
  }
  return errors.count === 0
}
