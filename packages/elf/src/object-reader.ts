import type { Diagnostics } from '@fle/diagnostics'
import {
  ObjectFile,
  type ObjectTables,
  readSize,
  relocationRecord,
  SHF,
  SHN,
  SHT,
  sectionHeader,
  symbolRecord,
} from '@fle/object'
import { FileErrors } from './file-errors.ts'
import { fileHeader } from './headers.ts'
import { checkIdentity, checkIsObject } from './identify.ts'
import { checkGroups, checkRelocations, checkSymbols } from './record-checks.ts'

/** LLVM's compact relocations (`clang -Wa,--crel`), of which no ABI knows yet. */
const SHT_CREL = 0x40000014

/**
 * Reads a relocatable object (ELF, 64-bit, little-endian, x86-64). Nothing is copied: `bytes` becomes the arena of the
 * {@link ObjectFile} and must not change after. All that ObjectFile promises is checked here, in loops over the tables;
 * what is wrong is reported (20 errors at most) and gives undefined. `name` is for messages: `main.o`, `libc.a(printf.o)`.
 *
 * Left to the linker, which knows what it needs: that a relocated field ends inside its section (only its first byte is
 * checked), the types of relocations, and values of symbols beyond their section, which are legal.
 */
export function readObject(bytes: Uint8Array, name: string, diagnostics: Diagnostics): ObjectFile | undefined {
  const errors = new FileErrors(name, diagnostics)
  if (!checkIdentity(bytes, errors)) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!checkIsObject(view, errors)) return undefined
  const headers = locateSectionHeaders(view, errors)
  if (!headers) return undefined
  // Until the symbol table is known to be sound, an object without one serves to read the section headers.
  const sections = new ObjectFile(name, bytes, headers)
  checkSections(sections, errors)
  if (errors.count > 0) return undefined
  const tables = locateSymbols(sections, errors)
  checkLinks(sections, tables, errors)
  if (errors.count > 0) return undefined

  const object = new ObjectFile(name, bytes, tables)
  checkSymbols(object, errors)
  checkRelocations(object, errors)
  checkGroups(object, errors)
  if (errors.count > 0) return undefined
  if (isSlimLto(object)) {
    const message = 'the object holds no machine code, only the intermediate code of link-time optimization'
    return errors.add('lto-object', message, { hint: 'compile it without -flto, or with -ffat-lto-objects' })
  }
  return object
}

/** Finds the section headers and the string table of their names. A file without sections has none of both. */
function locateSectionHeaders(view: DataView, errors: FileErrors): ObjectTables | undefined {
  const sectionHeaders = readSize(view, fileHeader.sectionHeaders)
  let sectionCount = view.getUint16(fileHeader.sectionHeaderCount, true)
  // The upper bytes of e_version, known to be zero: an empty string for the names of sections that have none.
  const emptyName = fileHeader.version + 1
  const none = { sectionCount: 0, sectionHeaders: 0, sectionNames: emptyName, symbolTable: 0, extendedIndexTable: 0 }
  if (sectionHeaders === 0 && sectionCount === 0) return none

  const recordSize = view.getUint16(fileHeader.sectionHeaderSize, true)
  if (recordSize !== sectionHeader.size) {
    return errors.add(
      'malformed-elf',
      `section headers of ${recordSize} bytes; in ELF64 they have ${sectionHeader.size}`,
    )
  }
  const room = (view.byteLength - sectionHeaders) / sectionHeader.size
  // Counts and indices of 0xff00 and more do not fit the file header and stand in section 0 (gABI, e_shnum, e_shstrndx).
  if (sectionCount === 0 && room >= 1) sectionCount = readSize(view, sectionHeaders + sectionHeader.length)
  if (sectionCount === 0 || sectionCount > room) {
    const wanted = `${Math.max(sectionCount, 1)} section headers at offset ${sectionHeaders}`
    return errors.add('truncated', `the file is cut short: it should have ${wanted}, but has ${view.byteLength} bytes`)
  }
  let namesIndex = view.getUint16(fileHeader.sectionNames, true)
  if (namesIndex === SHN.XINDEX) namesIndex = view.getUint32(sectionHeaders + sectionHeader.link, true)
  const tables = { ...none, sectionHeaders, sectionCount }
  if (namesIndex === 0) return tables
  if (namesIndex >= sectionCount) {
    return errors.add(
      'malformed-elf',
      `the table of section names is section ${namesIndex}, but there are ${sectionCount}`,
    )
  }
  const header = sectionHeaders + namesIndex * sectionHeader.size
  const size = checkStringTable(view, header, `the table of section names (section ${namesIndex})`, errors)
  if (size === 0) return undefined
  for (let section = 0; section < sectionCount; section++) {
    const name = view.getUint32(sectionHeaders + section * sectionHeader.size, true)
    if (name < size) continue
    errors.add('malformed-elf', `section ${section} has its name at offset ${name} of a table of ${size} bytes`)
    if (errors.full) return undefined
  }
  return errors.count > 0 ? undefined : { ...tables, sectionNames: readSize(view, header + sectionHeader.offset) }
}

/** Checks a string table by its section header: it lies in the file and ends with a NUL. Returns its size, 0 if not. */
function checkStringTable(view: DataView, header: number, what: string, errors: FileErrors): number {
  const type = view.getUint32(header + sectionHeader.type, true)
  const offset = readSize(view, header + sectionHeader.offset)
  const size = readSize(view, header + sectionHeader.length)
  if (type !== SHT.STRTAB) errors.add('malformed-elf', `${what} is no string table (sh_type ${type})`)
  else if (offset + size > view.byteLength) errors.add('truncated', outside(what, offset, size, view.byteLength))
  else if (size === 0) errors.add('malformed-elf', `${what} is empty`)
  else if (view.getUint8(offset + size - 1) !== 0) errors.add('malformed-elf', `${what} does not end with a NUL`)
  else return size
  return 0
}

function outside(what: string, offset: number, size: number, fileSize: number): string {
  return `the file is cut short: ${what} takes ${size} bytes from offset ${offset}, but the file has ${fileSize} bytes`
}

function describe(object: ObjectFile, section: number): string {
  const name = object.sectionName(section)
  return name ? `section ${name}` : `section ${section}`
}

/** Checks what each section header says of itself: content inside the file, alignment, entry size. */
function checkSections(object: ObjectFile, errors: FileErrors): void {
  const fileSize = object.bytes.length
  let contents = 0
  for (let section = 1; section < object.sectionCount && !errors.full; section++) {
    const type = object.sectionType(section)
    const alignment = object.sectionAlignment(section)
    if (!isAlignment(alignment)) {
      const message = `${describe(object, section)} has the alignment ${alignment}; it must be a power of two up to 2^32`
      errors.add('malformed-elf', message)
    }
    if (type !== SHT.NOBITS) {
      const offset = object.sectionOffset(section)
      const size = object.sectionSize(section)
      if (offset + size > fileSize) {
        errors.add('truncated', outside(describe(object, section), offset, size, fileSize))
      }
      contents += size
    }
    checkEntries(object, section, type, errors)
  }
  // Whoever goes through all sections then takes a time that the size of the file bounds.
  if (contents > fileSize && errors.count === 0) {
    errors.add('malformed-elf', `the sections overlap: their contents are ${contents} bytes in a file of ${fileSize}`)
  }
}

function isAlignment(value: number): boolean {
  return value === 2 ** 32 || (value < 2 ** 32 && (value & (value - 1)) === 0)
}

/** The sizes of their records, of the section types that are tables of records. */
const recordSizes: ReadonlyMap<number, number> = new Map([
  [SHT.SYMTAB, symbolRecord.size],
  [SHT.RELA, relocationRecord.size],
  [SHT.GROUP, 4],
  [SHT.SYMTAB_SHNDX, 4],
])

function checkEntries(object: ObjectFile, section: number, type: number, errors: FileErrors): void {
  if (type === SHT.REL || type === SHT_CREL) {
    const form = type === SHT.REL ? 'SHT_REL (no addends)' : 'SHT_CREL (compact)'
    const message = `${describe(object, section)} holds relocations of the form ${form}; x86-64 objects have SHT_RELA`
    errors.add('unsupported-relocations', message)
  }
  const recordSize = recordSizes.get(type)
  if (recordSize === undefined) return
  const size = object.sectionSize(section)
  // Groups and extended indices have words, whatever sh_entsize says; older tools leave it 0.
  const entrySize = recordSize === 4 ? 4 : object.sectionEntrySize(section)
  if (entrySize !== recordSize || size % recordSize !== 0) {
    const what = `entries of ${entrySize} bytes in ${size} bytes`
    errors.add('malformed-elf', `${describe(object, section)} has ${what}; its entries must have ${recordSize} bytes`)
  }
  if (type === SHT.GROUP && size === 0) errors.add('malformed-elf', `${describe(object, section)} is an empty group`)
}

/** Finds the symbol table and its table of extended section indices, and checks their strings and sizes. */
function locateSymbols(object: ObjectFile, errors: FileErrors): ObjectTables {
  let symbolTable = 0
  let extendedIndexTable = 0
  for (let section = 1; section < object.sectionCount; section++) {
    const type = object.sectionType(section)
    if (type === SHT.SYMTAB) {
      if (symbolTable) errors.add('malformed-elf', 'the file has more than one symbol table')
      symbolTable = section
    } else if (type === SHT.SYMTAB_SHNDX) {
      if (extendedIndexTable)
        errors.add('malformed-elf', 'the file has more than one table of extended section indices')
      extendedIndexTable = section
    }
  }
  if (symbolTable) {
    const strings = object.sectionLink(symbolTable)
    if (strings === 0 || strings >= object.sectionCount) {
      errors.add('malformed-elf', `the string table of the symbols is section ${strings}, which does not exist`)
    } else {
      const header = object.sectionHeader(strings)
      checkStringTable(object.view, header, `the table of symbol names (section ${strings})`, errors)
    }
    const symbols = object.sectionSize(symbolTable) / symbolRecord.size
    const locals = object.sectionInfo(symbolTable)
    // The null symbol is local, so that the first global is 1 at least.
    if (locals > symbols || (locals === 0 && symbols > 0)) {
      errors.add('malformed-elf', `the symbol table claims ${locals} local symbols out of ${symbols}`)
    }
    if (extendedIndexTable && object.sectionSize(extendedIndexTable) !== 4 * symbols) {
      errors.add(
        'malformed-elf',
        `the table of extended section indices does not have one for each of ${symbols} symbols`,
      )
    }
  }
  return { ...object.tables, symbolTable, extendedIndexTable }
}

/** Checks the numbers by which sections refer to each other. */
function checkLinks(object: ObjectFile, { symbolTable }: ObjectTables, errors: FileErrors): void {
  const count = object.sectionCount
  const relocated = new Uint8Array(count)
  for (let section = 1; section < count && !errors.full; section++) {
    const type = object.sectionType(section)
    const link = object.sectionLink(section)
    if (link >= count) {
      errors.add('malformed-elf', `${describe(object, section)} is linked to section ${link}, but there are ${count}`)
      continue
    }
    const isTable = type === SHT.RELA || type === SHT.GROUP || type === SHT.SYMTAB_SHNDX
    if (isTable && (link === 0 || link !== symbolTable)) {
      errors.add('malformed-elf', `${describe(object, section)} is linked to section ${link}, not to the symbol table`)
    }
    const info = object.sectionInfo(section)
    if (type !== SHT.RELA) {
      if (object.sectionFlags(section) & SHF.INFO_LINK && info >= count) {
        errors.add('malformed-elf', `${describe(object, section)} refers to section ${info}, but there are ${count}`)
      }
    } else if (info === 0 || info >= count) {
      errors.add('malformed-elf', `${describe(object, section)} is for section ${info}, which does not exist`)
    } else if (!canBeRelocated(object.sectionType(info))) {
      errors.add(
        'malformed-elf',
        `${describe(object, section)} is for ${describe(object, info)}, which has no content to relocate`,
      )
    } else if (relocated[info]++) {
      errors.add('malformed-elf', `${describe(object, info)} has more than one section of relocations`)
    }
  }
}

/** Whether a section of this type can have relocations: it has content, and is no table of the object itself. */
function canBeRelocated(type: number): boolean {
  return type !== SHT.NULL && type !== SHT.NOBITS && type !== SHT.STRTAB && !recordSizes.has(type)
}

/** Whether gcc made the object with -flto and without -ffat-lto-objects. */
function isSlimLto(object: ObjectFile): boolean {
  let isLto = false
  for (let section = 1; section < object.sectionCount && !isLto; section++) {
    // gcc gives the flag to all of them; the names of all other sections need not be read.
    isLto = (object.sectionFlags(section) & SHF.EXCLUDE) !== 0 && object.sectionName(section).startsWith('.gnu.lto_')
  }
  if (!isLto) return false
  for (let symbol = object.firstGlobal; symbol < object.symbolCount; symbol++) {
    if (object.symbolName(symbol) === '__gnu_lto_slim') return true
  }
  return false
}
