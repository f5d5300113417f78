// Checks the records of an object's tables, one loop over each. The sections they stand in are sound already.
import { type ObjectFile, relocationRecord, SHF, SHN, SHT, STB, STT, symbolRecord } from '@fle/object'
import type { FileErrors } from './file-errors.ts'

/**
 * Relocation types from here on stand, in an {@link ObjectFile}, for expressions that other formats have. The psABI uses
 * the numbers below 50, GNU 250 and 251.
 */
export const firstForeignType = 0x100

/** Checks each symbol: name inside the string table, section inside the file, binding, order of local and global. */
export function checkSymbols(object: ObjectFile, errors: FileErrors): void {
  const { bytes, view, symbolCount, sectionCount, firstGlobal } = object
  const table = object.tables.symbolTable
  if (!table) return
  const namesSize = object.sectionSize(object.sectionLink(table))
  for (let symbol = 0; symbol < symbolCount && !errors.full; symbol++) {
    const at = object.symbols + symbol * symbolRecord.size
    if (view.getUint32(at, true) >= namesSize) {
      errors.add('malformed-elf', `the name of symbol ${symbol} is outside of the string table`)
      continue
    }
    const info = bytes[at + symbolRecord.info]
    const binding = info >> 4
    if (binding !== STB.LOCAL && binding !== STB.GLOBAL && binding !== STB.WEAK && binding !== STB.GNU_UNIQUE) {
      errors.add('malformed-elf', `${describe(object, symbol)} has a binding that does not exist (${binding})`)
    } else if ((binding === STB.LOCAL) !== symbol < firstGlobal) {
      const kind =
        binding === STB.LOCAL ? 'a local symbol among the global ones' : 'a global symbol among the local ones'
      errors.add('malformed-elf', `${describe(object, symbol)} is ${kind}`)
    }
    let section = view.getUint16(at + symbolRecord.section, true)
    if (section === SHN.UNDEF || section === SHN.ABS) continue
    if (section === SHN.COMMON || section === SHN.X86_64_LCOMMON) {
      checkCommon(object, symbol, errors)
      continue
    }
    if (section === SHN.XINDEX) {
      section = object.tables.extendedIndexTable ? object.symbolSection(symbol) : 0
    } else if (section >= SHN.LORESERVE) {
      section = 0
    }
    if (section === 0 || section >= sectionCount) {
      const index = object.symbolRawSection(symbol)
      const text = index === SHN.XINDEX ? 'an extended index' : `0x${index.toString(16)}`
      errors.add('malformed-elf', `${describe(object, symbol)} is in a section that does not exist (${text})`)
    } else if ((info & 0xf) === STT.TLS && !(object.sectionFlags(section) & SHF.TLS)) {
      const where = object.sectionName(section)
      errors.add('malformed-elf', `${describe(object, symbol)} is thread-local, but its section ${where} is not`)
    }
  }
}

/** The value of a common symbol is its alignment. */
function checkCommon(object: ObjectFile, symbol: number, errors: FileErrors): void {
  const value = object.symbolValue(symbol)
  if (typeof value === 'number' && value >= 0 && value <= 2 ** 31 && (value & (value - 1)) === 0) return
  errors.add('malformed-elf', `common ${describe(object, symbol)} has the alignment ${value}, which is no power of two`)
}

/** Checks each relocation: its place inside its section, its symbol inside the symbol table. */
export function checkRelocations(object: ObjectFile, errors: FileErrors): void {
  const { view, symbolCount } = object
  for (let section = 1; section < object.sectionCount && !errors.full; section++) {
    if (object.sectionType(section) !== SHT.RELA) continue
    const target = object.sectionInfo(section)
    const size = object.sectionSize(target)
    const start = object.sectionOffset(section)
    const end = start + object.sectionSize(section)
    for (let at = start; at < end; at += relocationRecord.size) {
      const offset = view.getUint32(at, true)
      const type = view.getUint32(at + relocationRecord.type, true)
      const symbol = view.getUint32(at + relocationRecord.symbol, true)
      const inside = offset < size && view.getUint32(at + 4, true) === 0
      if (inside && symbol < symbolCount && type < firstForeignType) continue
      const number = (at - start) / relocationRecord.size
      const which = `relocation ${number} of section ${object.sectionName(target)}`
      // R_X86_64_NONE (`.reloc`) changes nothing: it may stand behind the last byte.
      const none = offset === size && view.getUint32(at + 4, true) === 0 && type === 0
      if (type >= firstForeignType) {
        errors.add('malformed-elf', `${which} has a type that does not exist (${type})`)
      } else if (!inside && !none) errors.add('malformed-elf', `${which} is outside of the section`)
      else if (symbol !== 0 && symbol >= symbolCount) {
        errors.add('malformed-elf', `${which} is for symbol ${symbol}, but there are ${symbolCount}`)
      }
      if (errors.full) return
    }
  }
}

/** Checks each section group: its signature is a symbol, its members are sections and no groups. */
export function checkGroups(object: ObjectFile, errors: FileErrors): void {
  const { view, sectionCount, symbolCount } = object
  for (let group = 1; group < sectionCount && !errors.full; group++) {
    if (object.sectionType(group) !== SHT.GROUP) continue
    const signature = object.sectionInfo(group)
    if (signature === 0 || signature >= symbolCount) {
      errors.add(
        'malformed-elf',
        `the section group ${group} has symbol ${signature} as its signature, which does not exist`,
      )
    }
    const start = object.sectionOffset(group)
    const end = start + object.sectionSize(group)
    for (let at = start + 4; at < end && !errors.full; at += 4) {
      const member = view.getUint32(at, true)
      if (member === 0 || member >= sectionCount || object.sectionType(member) === SHT.GROUP) {
        errors.add('malformed-elf', `the section group ${group} has section ${member} as a member, which cannot be one`)
      }
    }
  }
}

function describe(object: ObjectFile, symbol: number): string {
  const name = object.symbolName(symbol)
  return name ? `symbol ${name}` : `symbol ${symbol}`
}
