import { type ObjectFile, SHF, SHT, STT } from '@fle/object'
import type { LabDialect } from './fle-file.ts'
import { isStructuralType, stackNote } from './section-properties.ts'

/** The types of sections whose content is symbol indices: it would mean nothing in another file. */
const symbolIndexTypes: ReadonlySet<number> = new Set([SHT.LLVM_ADDRSIG, 0x6fff4c09 /* SHT_LLVM_CALL_GRAPH_PROFILE */])

/** Whether a section is content, and not one of the file's own tables. */
function isContent(object: ObjectFile, section: number): boolean {
  const type = object.sectionType(section)
  return !isStructuralType(type) && !symbolIndexTypes.has(type)
}

/** The sections that dialect `fle` writes: those that are loaded or that a linker needs, and with `keepDebug` all. */
export function fleSections(object: ObjectFile, keepDebug: boolean): number[] {
  return sectionsWhere(object, (section) => {
    if (keepDebug || object.isAllocated(section)) return true
    const name = object.sectionName(section)
    // A stack that is not executable is implied.
    if (name === stackNote) return (object.sectionFlags(section) & SHF.EXECINSTR) !== 0
    return name.startsWith('.gnu.warning.')
  })
}

/** The sections that dialect `classic` writes: those that are loaded, but for notes to the loader. */
export function classicSections(object: ObjectFile): number[] {
  return sectionsWhere(
    object,
    (section) => object.isAllocated(section) && object.sectionName(section) !== '.note.gnu.property',
  )
}

/** The sections that the labs' dialects write: the same, but in 2025 those that are empty only if a symbol is in them. */
export function labSections(object: ObjectFile, dialect: LabDialect): number[] {
  if (dialect === 'linklab2024') return classicSections(object)
  const hasSymbol = new Uint8Array(object.sectionCount)
  for (let symbol = 1; symbol < object.symbolCount; symbol++)
    if (object.symbolType(symbol) !== STT.SECTION) hasSymbol[object.symbolSection(symbol)] = 1
  return classicSections(object).filter((section) => object.sectionSize(section) > 0 || hasSymbol[section] === 1)
}

function sectionsWhere(object: ObjectFile, isWritten: (section: number) => boolean): number[] {
  const sections: number[] = []
  for (let section = 1; section < object.sectionCount; section++)
    if (isContent(object, section) && isWritten(section)) sections.push(section)
  return sections
}
