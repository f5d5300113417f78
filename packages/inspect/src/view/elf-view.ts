// An ELF file as a view. Source: gABI, "ELF Header", "Sections", "Program Header".
import type { Diagnostics } from '@fle/diagnostics'
import { EM_X86_64, fileHeader, machineName, programHeader } from '@fle/elf'
import { readSize, readWord, SHN, SHT, sectionHeader } from '@fle/object'
import type { BinaryFile, Section, Segment } from './binary-file.ts'
import { readRelocations, readSections, readSymbols } from './elf-records.ts'
import { lazily } from './lazily.ts'
import { readSymbolVersions } from './symbol-versions.ts'

/**
 * Views an ELF file of any type (64-bit, little-endian, x86-64). Reported: another machine, headers outside of the file.
 * Tables that are damaged are cut to what the file has.
 */
export function viewElf(bytes: Uint8Array, name: string, diagnostics: Diagnostics): BinaryFile | undefined {
  const refuse = (code: string, message: string) => diagnostics.error(code, message, { at: { file: name } })
  if (bytes.length < fileHeader.size) {
    return refuse('truncated', `the file is cut short: an ELF header has 64 bytes, the file has ${bytes.length}`)
  }
  if (bytes[4] !== 2 || bytes[5] !== 1) return refuse('wrong-class', 'only 64-bit little-endian ELF files can be shown')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const machine = view.getUint16(fileHeader.machine, true)
  if (machine !== EM_X86_64) {
    return refuse('wrong-machine', `the file is for another machine: ${machineName(machine)}; expected x86-64`)
  }
  const sections = sectionsOf(bytes, view)
  if (!sections) return refuse('truncated', 'the file is cut short: its section headers lie beyond its end')
  const segments = segmentsOf(view)
  if (!segments) return refuse('truncated', 'the file is cut short: its program headers lie beyond its end')
  const symbols = lazily(() => tableOf(sections, SHT.SYMTAB))
  const dynamicSymbols = lazily(() => tableOf(sections, SHT.DYNSYM))
  const relocations = lazily(() => readRelocations(sections, [symbols(), dynamicSymbols()]))
  return {
    name,
    format: 'elf64-x86-64',
    dialect: undefined,
    type: view.getUint16(fileHeader.type, true),
    osAbi: bytes[fileHeader.osAbi],
    entry: readWord(view, fileHeader.entry),
    bytes,
    sections,
    segments,
    get symbols() {
      return symbols()
    },
    get dynamicSymbols() {
      return dynamicSymbols()
    },
    get relocations() {
      return relocations()
    },
  }
}

function tableOf(sections: readonly Section[], type: number) {
  const section = sections.find((candidate) => candidate.type === type)
  if (!section) return undefined
  return readSymbols(section, sections, type === SHT.DYNSYM ? readSymbolVersions(sections) : undefined)
}

function sectionsOf(bytes: Uint8Array, view: DataView): Section[] | undefined {
  const offset = readSize(view, fileHeader.sectionHeaders)
  if (offset === 0) return []
  // Counts and indices of 0xff00 and more stand in section 0 (gABI, e_shnum and e_shstrndx).
  const room = Math.floor((bytes.length - offset) / sectionHeader.size)
  let count = view.getUint16(fileHeader.sectionHeaderCount, true)
  if (count === 0 && room >= 1) count = readSize(view, offset + sectionHeader.length)
  if (count > room || view.getUint16(fileHeader.sectionHeaderSize, true) !== sectionHeader.size) return undefined
  let names = view.getUint16(fileHeader.sectionNames, true)
  if (names === SHN.XINDEX) names = view.getUint32(offset + sectionHeader.link, true)
  return readSections(bytes, offset, count, (sections) => sections[names]?.content ?? new Uint8Array())
}

function segmentsOf(view: DataView): Segment[] | undefined {
  const offset = readSize(view, fileHeader.programHeaders)
  const count = offset === 0 ? 0 : view.getUint16(fileHeader.programHeaderCount, true)
  if (offset + count * programHeader.size > view.byteLength) return undefined
  const segments: Segment[] = []
  for (let at = offset; segments.length < count; at += programHeader.size) {
    segments.push({
      type: view.getUint32(at, true),
      flags: view.getUint32(at + programHeader.flags, true),
      offset: readWord(view, at + programHeader.offset),
      address: readWord(view, at + programHeader.virtualAddress),
      physicalAddress: readWord(view, at + programHeader.physicalAddress),
      fileSize: readWord(view, at + programHeader.fileSize),
      memorySize: readWord(view, at + programHeader.memorySize),
      alignment: readWord(view, at + programHeader.alignment),
    })
  }
  return segments
}
