// Checks the records of an object's tables, one loop over each. The sections they stand in are sound already.
import {
  type ObjectFile,
  readSize,
  relocationRecord,
  SHF,
  SHN,
  SHT,
  STB,
  STT,
  symbolRecord,
  uncompressedSize,
} from '@fle/object'
import type { FileErrors } from './file-errors.ts'

/**
 * Relocation types from here on stand, in an {@link ObjectFile}, for expressions that other formats have. The psABI uses
 * the numbers below 50, GNU 250 and 251.
 */
export const firstForeignType = 0x100

/** The records and their fields in words of 32 bits. */
const symbolWords = symbolRecord.size / 4
const relocationWords = relocationRecord.size / 4
const relocationTypeWord = relocationRecord.type / 4
const relocationSymbolWord = relocationRecord.symbol / 4

/** Checks each symbol: name inside the string table, section inside the file, binding, order of local and global. */
export function checkSymbols(object: ObjectFile, errors: FileErrors): void {
  const { words, symbolCount, firstGlobal } = object
  const table = object.tables.symbolTable
  if (!table) return
  const namesSize = object.sectionSize(object.sectionLink(table))
  const sectionLimit = Math.min(object.sectionCount, SHN.LORESERVE)
  let at = object.symbols / 4
  for (let symbol = 0; symbol < symbolCount; symbol++, at += symbolWords) {
    // st_info, st_other, st_shndx
    const properties = words[at + 1]
    const binding = (properties >> 4) & 0xf
    // Nearly all symbols are sound at first sight: named, in their place, global or weak, in a section by number.
    if (
      words[at] < namesSize &&
      properties >>> 16 < sectionLimit &&
      (properties & 0xf) !== STT.TLS &&
      (symbol < firstGlobal ? binding === STB.LOCAL : binding === STB.GLOBAL || binding === STB.WEAK)
    ) {
      continue
    }
    checkSymbol(object, symbol, namesSize, errors)
    if (errors.full) return
  }
}

function checkSymbol(object: ObjectFile, symbol: number, namesSize: number, errors: FileErrors): void {
  if (object.view.getUint32(object.symbolRecord(symbol), true) >= namesSize) {
    errors.add('malformed-elf', `the name of symbol ${symbol} is outside of the string table`)
    return
  }
  const binding = object.symbolBinding(symbol)
  if (binding !== STB.LOCAL && binding !== STB.GLOBAL && binding !== STB.WEAK && binding !== STB.GNU_UNIQUE) {
    errors.add('malformed-elf', `${describe(object, symbol)} has a binding that does not exist (${binding})`)
  } else if ((binding === STB.LOCAL) !== symbol < object.firstGlobal) {
    const kind = binding === STB.LOCAL ? 'a local symbol among the global ones' : 'a global symbol among the local ones'
    errors.add('malformed-elf', `${describe(object, symbol)} is ${kind}`)
  }
  const index = object.symbolRawSection(symbol)
  if (index === SHN.UNDEF || index === SHN.ABS) return
  if (index === SHN.COMMON || index === SHN.X86_64_LCOMMON) {
    checkCommon(object, symbol, errors)
    return
  }
  const isExtended = index === SHN.XINDEX
  const section = isExtended && !object.tables.extendedIndexTable ? 0 : object.symbolSection(symbol)
  if (section === 0 || section >= object.sectionCount) {
    const text = isExtended ? 'an extended index' : `0x${index.toString(16)}`
    errors.add('malformed-elf', `${describe(object, symbol)} is in a section that does not exist (${text})`)
  } else if (object.symbolType(symbol) === STT.TLS && !(object.sectionFlags(section) & SHF.TLS)) {
    const where = object.sectionName(section)
    errors.add('malformed-elf', `${describe(object, symbol)} is thread-local, but its section ${where} is not`)
  }
}

/** The value of a common symbol is its alignment. */
function checkCommon(object: ObjectFile, symbol: number, errors: FileErrors): void {
  const value = object.symbolValue(symbol)
  if (typeof value === 'number' && value >= 0 && value <= 2 ** 31 && (value & (value - 1)) === 0) return
  errors.add('malformed-elf', `common ${describe(object, symbol)} has the alignment ${value}, which is no power of two`)
}

/** Checks the records of the SHT_RELA sections: place inside the relocated section, symbol inside the symbol table. */
export function checkRelocations(object: ObjectFile, sections: readonly number[], errors: FileErrors): void {
  const { words, symbolCount } = object
  for (const section of sections) {
    const size = uncompressedSize(object, object.sectionInfo(section))
    const start = object.sectionOffset(section) / 4
    const end = start + object.sectionSize(section) / 4
    for (let at = start; at < end; at += relocationWords) {
      if (
        words[at] < size &&
        words[at + 1] === 0 &&
        words[at + relocationTypeWord] < firstForeignType &&
        words[at + relocationSymbolWord] < symbolCount
      ) {
        continue
      }
      checkRelocation(object, section, (at - start) / relocationWords, errors)
      if (errors.full) return
    }
  }
}

function checkRelocation(object: ObjectFile, section: number, relocation: number, errors: FileErrors): void {
  const { view, symbolCount } = object
  const at = object.relocationRecord(section, relocation)
  const target = object.sectionInfo(section)
  const which = `relocation ${relocation} of section ${object.sectionName(target)}`
  const offset = readSize(view, at)
  const type = view.getUint32(at + relocationRecord.type, true)
  const symbol = view.getUint32(at + relocationRecord.symbol, true)
  // R_X86_64_NONE (`.reloc`) changes nothing: it may stand behind the last byte.
  const size = uncompressedSize(object, target) + (type === 0 ? 1 : 0)
  if (offset >= size) errors.add('malformed-elf', `${which} is outside of the section`)
  else if (type >= firstForeignType) {
    errors.add('malformed-elf', `${which} has a type that does not exist (${type})`)
  } else if (symbol !== 0 && symbol >= symbolCount) {
    errors.add('malformed-elf', `${which} is for symbol ${symbol}, but there are ${symbolCount}`)
  }
}

/** Checks each section group: its signature is a symbol, its members are sections and no groups. */
export function checkGroups(object: ObjectFile, groups: readonly number[], errors: FileErrors): void {
  const { view, sectionCount, symbolCount } = object
  for (const group of groups) {
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
