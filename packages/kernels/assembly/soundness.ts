// Whether the records of an object are sound at first sight, as nearly all are (gABI, Elf64_Shdr, Elf64_Sym,
// Elf64_Rela).

import {
  SHN_ABS,
  SHT_RELA,
  sectionHeaderSize,
  sectionInfo,
  sectionOffset,
  sectionSize,
  sectionType,
  symbolSize,
} from './input-object'

const relocationSize: u32 = 24

const STT_TLS: u32 = 6
const STB_GLOBAL: u32 = 1
const STB_WEAK: u32 = 2
const STB_GNU_UNIQUE: u32 = 10

/** Relocation types from here on are none of ELF's. */
const firstForeignType: u32 = 256

/**
 * Whether every symbol is named, in its place among local and global ones, and undefined, a constant or in a section
 * by number, but no thread-local one there. The offset of each name is below `namesSize`, the number of each section
 * below `sectionLimit`.
 */
export function symbolsAreSound(symbols: usize, count: u32, locals: u32, namesSize: u32, sectionLimit: u32): bool {
  for (let symbol: u32 = 0; symbol < count; symbol++, symbols += symbolSize) {
    // st_info, st_other, st_shndx
    const properties = load<u32>(symbols, 4)
    const binding = (properties >>> 4) & 0xf
    const section = properties >>> 16
    if (load<u32>(symbols) >= namesSize || (section !== 0 && (properties & 0xf) === STT_TLS)) return false
    if (section >= sectionLimit && section !== SHN_ABS) return false
    if (symbol < locals) {
      if (binding !== 0) return false
    } else if (binding !== STB_GLOBAL && binding !== STB_WEAK && binding !== STB_GNU_UNIQUE) return false
  }
  return true
}

/**
 * Whether every relocation of the object at `object` is in its section, of ELF's kinds, and for one of its symbols.
 * No section is compressed, and what the headers say has been found sound.
 */
export function relocationsAreSound(object: usize, headers: usize, sectionCount: u32, symbolCount: u32): bool {
  for (let section: u32 = 1; section < sectionCount; section++) {
    const header = headers + section * sectionHeaderSize
    if (load<u32>(header, sectionType) !== SHT_RELA) continue
    const target = headers + load<u32>(header, sectionInfo) * sectionHeaderSize
    // A section of 4 GiB and more is for those who take more time.
    if (load<u32>(target, sectionSize + 4) !== 0) return false
    const size = load<u32>(target, sectionSize)
    let record = object + load<u32>(header, sectionOffset)
    const end = record + load<u32>(header, sectionSize)
    for (; record < end; record += relocationSize) {
      if (load<u32>(record) >= size || load<u32>(record, 4) !== 0) return false
      if (load<u32>(record, 8) >= firstForeignType || load<u32>(record, 12) >= symbolCount) return false
    }
  }
  return true
}
