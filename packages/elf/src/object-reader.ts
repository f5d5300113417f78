import type { Diagnostics } from '@fle/diagnostics'
import { nameText, ObjectFile, type ObjectName, type ObjectTables, readSize, SHN, sectionHeader } from '@fle/object'
import { alignTables } from './align-tables.ts'
import { FileErrors } from './file-errors.ts'
import { fileHeader } from './headers.ts'
import { checkIdentity, checkIsObject } from './identify.ts'
import { checkGroups, checkRelocations, checkSymbols } from './record-checks.ts'
import { checkStringTable, type SectionHeaders, SectionScan } from './section-checks.ts'

/**
 * Reads a relocatable object (ELF, 64-bit, little-endian, x86-64). Nothing is copied, unless a table stands askew:
 * `bytes` becomes the arena of the {@link ObjectFile} and must not change after. All that ObjectFile promises is checked here, in loops over the tables;
 * what is wrong is reported (20 errors at most) and gives undefined. `name` is for messages: `main.o`, `libc.a(printf.o)`.
 * `firstLook` may find out that the object is sound in all respects, and spare the loops over its tables.
 *
 * Left to the linker, which knows what it needs: that a relocated field ends inside its section (only its first byte is
 * checked), the types of relocations below 0x100, and values of symbols beyond their section, which are legal.
 */
export function readObject(
  bytes: Uint8Array,
  name: ObjectName,
  diagnostics: Diagnostics,
  firstLook: (bytes: Uint8Array) => ObjectTables | undefined = () => undefined,
): ObjectFile | undefined {
  const sound = firstLook(bytes)
  if (sound) return new ObjectFile(name, bytes, sound)
  const errors = new FileErrors(nameText(name), diagnostics)
  const readAgain = (aligned: Uint8Array) => readObject(aligned, name, diagnostics)
  if (bytes.byteOffset % 4 !== 0) return readAgain(bytes.slice())
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!checkIdentity(bytes, view, errors) || !checkIsObject(view, errors)) return undefined
  const headers = locateSectionHeaders(view, errors)
  if (!headers) return undefined
  if (headers.tables.sectionHeaders % 4 !== 0) return readAgain(alignTables(view, headers.tables))
  const found = new SectionScan(bytes, headers, errors).run()
  if (!found) return undefined
  if (found.hasMisaligned) return readAgain(alignTables(view, headers.tables))

  const { symbolTable, extendedIndexTable, hasCompressed } = found
  const object = new ObjectFile(name, bytes, { ...headers.tables, symbolTable, extendedIndexTable }, { hasCompressed })
  checkSymbols(object, errors)
  checkRelocations(object, found.relocations, errors)
  checkGroups(object, found.groups, errors)
  if (errors.count > 0) return undefined
  if (found.hasLto && isSlimLto(object)) {
    const message = 'the object holds no machine code, only the intermediate code of link-time optimization'
    return errors.add('lto-object', message, { hint: 'compile it without -flto, or with -ffat-lto-objects' })
  }
  return object
}

/** Finds the section headers and the string table of their names. A file without sections has none of both. */
function locateSectionHeaders(view: DataView, errors: FileErrors): SectionHeaders | undefined {
  const sectionHeaders = readSize(view, fileHeader.sectionHeaders)
  let sectionCount = view.getUint16(fileHeader.sectionHeaderCount, true)
  if (sectionHeaders === 0 && sectionCount === 0) return withoutNames(0, 0)

  const recordSize = view.getUint16(fileHeader.sectionHeaderSize, true)
  if (recordSize !== sectionHeader.size) {
    const expected = `in ELF64 they have ${sectionHeader.size}`
    return errors.add('malformed-elf', `section headers of ${recordSize} bytes; ${expected}`)
  }
  const room = (view.byteLength - sectionHeaders) / sectionHeader.size
  // Counts and indices of 0xff00 and more do not fit the file header and stand in section 0 (gABI, e_shnum, e_shstrndx).
  if (sectionCount === 0 && room >= 1) sectionCount = readSize(view, sectionHeaders + sectionHeader.length)
  if (sectionCount === 0 || sectionCount > room) {
    const wanted = `${Math.max(sectionCount, 1)} section headers at offset ${sectionHeaders}`
    return errors.add('truncated', `the file is cut short: it should have ${wanted}, but has ${view.byteLength} bytes`)
  }
  let names = view.getUint16(fileHeader.sectionNames, true)
  if (names === SHN.XINDEX) names = view.getUint32(sectionHeaders + sectionHeader.link, true)
  const { tables } = withoutNames(sectionHeaders, sectionCount)
  if (names === 0) return { tables, namesSize: 0 }
  if (names >= sectionCount) {
    const what = `the table of section names is section ${names}`
    return errors.add('malformed-elf', `${what}, but there are ${sectionCount}`)
  }
  const header = sectionHeaders + names * sectionHeader.size
  const namesSize = checkStringTable(view, header, `the table of section names (section ${names})`, errors)
  if (namesSize === 0) return undefined
  // The null section is an ObjectFile's section too, and its name is empty.
  if (view.getUint32(sectionHeaders, true) !== 0) return errors.add('malformed-elf', 'the null section has a name')
  return { tables: { ...tables, sectionNames: readSize(view, header + sectionHeader.offset) }, namesSize }
}

/** Sections that all have the empty name. */
function withoutNames(sectionHeaders: number, sectionCount: number): SectionHeaders {
  // The upper bytes of e_version, known to be zero, serve as the empty string.
  const sectionNames = fileHeader.version + 1
  const tables = { sectionHeaders, sectionCount, sectionNames, symbolTable: 0, extendedIndexTable: 0 }
  return { tables, namesSize: 0 }
}

/** Whether gcc made the object with -flto and without -ffat-lto-objects. */
function isSlimLto(object: ObjectFile): boolean {
  for (let symbol = object.firstGlobal; symbol < object.symbolCount; symbol++) {
    if (object.symbolName(symbol) === '__gnu_lto_slim') return true
  }
  return false
}
