// Whether an object is sound at first sight, as nearly all are (gABI, Elf64_Ehdr, Elf64_Shdr, Elf64_Sym, Elf64_Rela).
// What is found wanting here is looked at again by the reader, which says what is wrong with it, if anything is.
import {
  SHF_ALLOC,
  SHN_ABS,
  SHT_GROUP,
  SHT_NOBITS,
  SHT_NULL,
  SHT_PROGBITS,
  SHT_REL,
  SHT_RELA,
  SHT_STRTAB,
  SHT_SYMTAB,
  SHT_SYMTAB_SHNDX,
  sectionAlignment,
  sectionEntrySize,
  sectionFlags,
  sectionHeaderSize,
  sectionInfo,
  sectionLink,
  sectionOffset,
  sectionSize,
  sectionType,
  symbolSize,
  symbolValue,
} from './input-object'

// Elf64_Ehdr
const fileHeaderSize: u32 = 64
const typeField: usize = 16
const versionField: usize = 20
const sectionHeadersField: usize = 40
const sectionHeaderSizeField: usize = 58
const sectionCountField: usize = 60
const sectionNamesField: usize = 62

/** The first eight bytes but for the OSABI: magic number, ELFCLASS64, ELFDATA2LSB, EV_CURRENT. */
const identity: u64 = 0x00010102464c457f
const identityMask: u64 = 0x00ffffffffffffff
/** e_type and e_machine: ET_REL, EM_X86_64. */
const relocatable: u32 = 0x003e0001

/** LLVM's compact relocations. */
const SHT_CREL: u32 = 0x40000014

const SHF_INFO_LINK: u32 = 0x40
const SHF_TLS: u32 = 0x400
const SHF_COMPRESSED: u32 = 0x800
const SHF_EXCLUDE: u32 = 0x80000000

const relocationSize: u32 = 24

const STT_TLS: u32 = 6
const STB_GLOBAL: u32 = 1
const STB_WEAK: u32 = 2
const STB_GNU_UNIQUE: u32 = 10
const SHN_COMMON: u32 = 0xfff2

/** Section indices from here on are special (gABI, SHN_LORESERVE). */
const firstReserved: u32 = 0xff00

/** Relocation types from here on are none of ELF's. */
const firstForeignType: u32 = 256

/** `.gnu.lto`, and the first two bytes of `.zdebug_info`. */
const ltoName: u64 = 0x6f746c2e756e672e
const compressedName: u16 = 0x7a2e

/** Where the tables of an object are: src/record-walker.ts reads it. */
@unmanaged
class ObjectTables {
  /** Offsets in the file. */
  sectionHeaders: u32
  sectionNames: u32
  sectionCount: u32
  /** The number of the section, 0 if there is none. */
  symbolTable: u32
}

function isPowerOfTwo(value: u64): bool {
  return (value & (value - 1)) === 0
}

/** Whether the section at `header` is a string table that ends with a NUL. It may lie anywhere. */
function isStringTable(object: usize, size: u64, header: usize): bool {
  const start = load<u64>(header, sectionOffset)
  const length = load<u64>(header, sectionSize)
  if (load<u32>(header, sectionType) !== SHT_STRTAB || length === 0) return false
  return start <= size && length <= size - start && load<u8>(object + u32(start + length - 1)) === 0
}

/**
 * Whether the `size` bytes at `object` are a relocatable object that is sound: all that an ObjectFile promises, and no
 * section compressed or of link-time optimization alone. Writes where its tables are to `tables`. There is a byte for
 * each section at `relocated`.
 */
export function isSoundObject(object: usize, size: u32, relocated: usize, tables: ObjectTables): bool {
  if (size < fileHeaderSize || (load<u64>(object) & identityMask) !== identity) return false
  if (load<u32>(object, typeField) !== relocatable || load<u32>(object, versionField) !== 1) return false
  if (load<u16>(object, sectionHeaderSizeField) !== sectionHeaderSize) return false
  const count: u32 = load<u16>(object, sectionCountField)
  const start = load<u64>(object, sectionHeadersField)
  const names: u32 = load<u16>(object, sectionNamesField)
  if (count === 0 || start % 4 !== 0 || start > size || sectionHeaderSize * count > size - start) return false
  if (names === 0 || names >= count) return false
  const headers = object + u32(start)
  const namesHeader = headers + sectionHeaderSize * names
  if (load<u32>(headers) !== 0 || !isStringTable(object, size, namesHeader)) return false
  const namesOffset = load<u32>(namesHeader, sectionOffset)
  const symbolTable = findSymbolTable(object, size, headers, count, namesOffset, load<u64>(namesHeader, sectionSize))
  if (symbolTable < 0) return false
  tables.sectionHeaders = u32(start)
  tables.sectionNames = namesOffset
  tables.sectionCount = count
  tables.symbolTable = symbolTable
  memory.fill(relocated, 0, count)
  return tablesAreSound(object, size, headers, count, symbolTable, relocated)
}

/** The number of the symbol table, 0 if there is none, -1 if a section header is not sound by itself. */
function findSymbolTable(
  object: usize,
  fileSize: u32,
  headers: usize,
  count: u32,
  namesOffset: u32,
  namesSize: u64,
): i32 {
  let found = 0
  let contents: u64 = 0
  let header = headers + sectionHeaderSize
  for (let section: u32 = 1; section < count; section++, header += sectionHeaderSize) {
    const name = load<u32>(header)
    if (name >= namesSize) return -1
    const type = load<u32>(header, sectionType)
    const start = load<u64>(header, sectionOffset)
    const size = load<u64>(header, sectionSize)
    if (type !== SHT_NOBITS) {
      if (start > fileSize || size > fileSize - start) return -1
      contents += size
    } else if (size >= 0x100000000) return -1
    const alignment = load<u64>(header, sectionAlignment)
    if (alignment > 0x100000000 || !isPowerOfTwo(alignment)) return -1
    const flags = load<u32>(header, sectionFlags)
    if (load<u32>(header, sectionLink) >= count) return -1
    if ((flags & SHF_INFO_LINK) !== 0 && load<u32>(header, sectionInfo) >= count) return -1
    const nameAt = object + namesOffset + name
    if ((flags & SHF_COMPRESSED) !== 0) return -1
    if ((flags & SHF_EXCLUDE) !== 0 && name + 8 <= namesSize && load<u64>(nameAt, 0, 1) === ltoName) return -1
    if (type === SHT_PROGBITS) {
      if ((flags & SHF_ALLOC) === 0 && load<u16>(nameAt, 0, 1) === compressedName) return -1
    } else if (type === SHT_SYMTAB) {
      if (found !== 0) return -1
      found = section
    } else if (type === SHT_SYMTAB_SHNDX || type === SHT_REL || type === SHT_CREL) return -1
  }
  return contents > fileSize ? -1 : found
}

/** Whether a section of this type can have relocations: it has content, and is no table of the object itself. */
function canBeRelocated(type: u32): bool {
  return (
    type !== SHT_NULL &&
    type !== SHT_NOBITS &&
    type !== SHT_SYMTAB &&
    type !== SHT_STRTAB &&
    type !== SHT_RELA &&
    type !== SHT_GROUP
  )
}

/** Whether the tables of the object are what their headers say, and each of their records is sound. */
function tablesAreSound(
  object: usize,
  fileSize: u32,
  headers: usize,
  count: u32,
  symbolTable: u32,
  relocated: usize,
): bool {
  const table = headers + sectionHeaderSize * symbolTable
  let symbolCount: u32 = 0
  if (symbolTable !== 0) {
    const size = load<u32>(table, sectionSize)
    const strings = load<u32>(table, sectionLink)
    const stringsHeader = headers + sectionHeaderSize * strings
    if (load<u64>(table, sectionEntrySize) !== symbolSize || size % symbolSize !== 0) return false
    if (load<u32>(table, sectionOffset) % 4 !== 0) return false
    if (strings === 0 || !isStringTable(object, fileSize, stringsHeader)) return false
    symbolCount = size / symbolSize
    const locals = load<u32>(table, sectionInfo)
    if (locals > symbolCount || (locals === 0 && symbolCount > 0)) return false
    const symbols = object + load<u32>(table, sectionOffset)
    if (!symbolsAreSound(headers, count, symbols, symbolCount, locals, load<u32>(stringsHeader, sectionSize)))
      return false
  }
  let header = headers + sectionHeaderSize
  for (let section: u32 = 1; section < count; section++, header += sectionHeaderSize) {
    const type = load<u32>(header, sectionType)
    if (type !== SHT_RELA && type !== SHT_GROUP) continue
    if (symbolTable === 0 || load<u32>(header, sectionLink) !== symbolTable) return false
    if (load<u32>(header, sectionOffset) % 4 !== 0) return false
    if (type === SHT_GROUP) {
      if (!isSoundGroup(object, headers, count, header, symbolCount)) return false
      continue
    }
    if (load<u64>(header, sectionEntrySize) !== relocationSize) return false
    if (load<u32>(header, sectionSize) % relocationSize !== 0) return false
    const target = load<u32>(header, sectionInfo)
    if (target === 0 || target >= count || load<u8>(relocated + target) !== 0) return false
    store<u8>(relocated + target, 1)
    const targetHeader = headers + sectionHeaderSize * target
    if (!canBeRelocated(load<u32>(targetHeader, sectionType))) return false
    if (!relocationsAreSound(object, header, load<u32>(targetHeader, sectionSize), symbolCount)) return false
  }
  return true
}

/** Whether the signature of a group is a symbol, and its members are sections and no groups. */
function isSoundGroup(object: usize, headers: usize, count: u32, header: usize, symbolCount: u32): bool {
  const signature = load<u32>(header, sectionInfo)
  const size = load<u32>(header, sectionSize)
  if (signature === 0 || signature >= symbolCount || size === 0 || size % 4 !== 0) return false
  const content = object + load<u32>(header, sectionOffset)
  for (let at: u32 = 4; at < size; at += 4) {
    const member = load<u32>(content + at)
    if (member === 0 || member >= count) return false
    if (load<u32>(headers + sectionHeaderSize * member, sectionType) === SHT_GROUP) return false
  }
  return true
}

/**
 * Whether every symbol is named, in its place among local and global ones, and undefined, a constant, common, or in a
 * section by number: a thread-local one in a thread-local section.
 */
function symbolsAreSound(
  headers: usize,
  sectionCount: u32,
  symbols: usize,
  count: u32,
  locals: u32,
  namesSize: u32,
): bool {
  const sectionLimit = min(sectionCount, firstReserved)
  for (let symbol: u32 = 0; symbol < count; symbol++, symbols += symbolSize) {
    // st_info, st_other, st_shndx
    const properties = load<u32>(symbols, 4)
    const binding = (properties >>> 4) & 0xf
    const section = properties >>> 16
    if (load<u32>(symbols) >= namesSize) return false
    if (section >= sectionLimit) {
      const alignment = load<u64>(symbols, symbolValue)
      const isSoundCommon = section === SHN_COMMON && alignment <= 0x80000000 && isPowerOfTwo(alignment)
      if (section !== SHN_ABS && !isSoundCommon) return false
    } else if (section !== 0 && (properties & 0xf) === STT_TLS) {
      if ((load<u32>(headers + sectionHeaderSize * section, sectionFlags) & SHF_TLS) === 0) return false
    }
    if (symbol < locals) {
      if (binding !== 0) return false
    } else if (binding !== STB_GLOBAL && binding !== STB_WEAK && binding !== STB_GNU_UNIQUE) return false
  }
  return true
}

/** Whether every relocation of a section, for one of `size` bytes, is in that, of ELF's kinds, and for a symbol. */
function relocationsAreSound(object: usize, header: usize, size: u32, symbolCount: u32): bool {
  let record = object + load<u32>(header, sectionOffset)
  const end = record + load<u32>(header, sectionSize)
  for (; record < end; record += relocationSize) {
    if (load<u32>(record) >= size || load<u32>(record, 4) !== 0) return false
    if (load<u32>(record, 8) >= firstForeignType || load<u32>(record, 12) >= symbolCount) return false
  }
  return true
}
