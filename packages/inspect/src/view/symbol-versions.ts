// The versions of dynamic symbols: .gnu.version, .gnu.version_d and .gnu.version_r. Source: LSB, "SymbolEntry Versioning".
import type { Section } from './binary-file.ts'
import { stringAt } from './elf-records.ts'

const SHT_GNU_VERDEF = 0x6ffffffd
const SHT_GNU_VERNEED = 0x6ffffffe
const SHT_GNU_VERSYM = 0x6fffffff

/** The bit of a .gnu.version entry that says: not the version a link takes by default. */
const hiddenBit = 0x8000
/** vd_flags: the definition is of the file itself, not of a version. */
const baseFlag = 1

interface SymbolVersion {
  readonly name: string
  readonly isDefault: boolean
  /** Of a version that another file defines: its number in .gnu.version, else 0. */
  readonly number: number
}

export interface SymbolVersions {
  /** The version of dynamic symbol `index`; undefined if it has none. */
  versionOf(index: number): SymbolVersion | undefined
}

/** Reads the versions of the symbols in .dynsym; undefined if the file has none. */
export function readSymbolVersions(sections: readonly Section[]): SymbolVersions | undefined {
  const entries = sections.find(({ type }) => type === SHT_GNU_VERSYM)
  if (!entries) return undefined
  const needed = readNeeded(sections)
  const defined = readDefined(sections)
  const view = viewOf(entries)
  return {
    versionOf(index) {
      if (2 * index + 2 > view.byteLength) return undefined
      const entry = view.getUint16(2 * index, true)
      const number = entry & ~hiddenBit
      const own = defined.get(number)
      if (own !== undefined) return { name: own, isDefault: (entry & hiddenBit) === 0, number: 0 }
      const other = needed.get(number)
      return other === undefined ? undefined : { name: other, isDefault: false, number }
    },
  }
}

function viewOf({ content }: Section): DataView {
  return new DataView(content.buffer, content.byteOffset, content.byteLength)
}

/** Elf64_Verneed and its Elf64_Vernaux, 16 bytes each: the number of each version to its name. */
function readNeeded(sections: readonly Section[]): Map<number, string> {
  const versions = new Map<number, string>()
  const section = sections.find(({ type }) => type === SHT_GNU_VERNEED)
  if (!section) return versions
  const names = sections[section.link]?.content ?? new Uint8Array()
  const view = viewOf(section)
  visitChain(view, 0, 12, 16, (need) => {
    visitChain(view, need + view.getUint32(need + 8, true), 12, 16, (entry) => {
      versions.set(view.getUint16(entry + 6, true), stringAt(names, view.getUint32(entry + 8, true)))
    })
  })
  return versions
}

/** Elf64_Verdef, 20 bytes, and the first Elf64_Verdaux of each, which is its name. */
function readDefined(sections: readonly Section[]): Map<number, string> {
  const versions = new Map<number, string>()
  const section = sections.find(({ type }) => type === SHT_GNU_VERDEF)
  if (!section) return versions
  const names = sections[section.link]?.content ?? new Uint8Array()
  const view = viewOf(section)
  visitChain(view, 0, 16, 20, (definition) => {
    const name = definition + view.getUint32(definition + 12, true)
    if (view.getUint16(definition + 2, true) & baseFlag || name + 8 > view.byteLength) return
    versions.set(view.getUint16(definition + 4, true), stringAt(names, view.getUint32(name, true)))
  })
  return versions
}

/** Visits records that each say how far the next one is; stops at 0 or outside. Steps only forwards, so it ends. */
function visitChain(view: DataView, start: number, nextField: number, size: number, visit: (at: number) => void): void {
  for (let at = start; at + size <= view.byteLength; ) {
    visit(at)
    const next = view.getUint32(at + nextField, true)
    if (next === 0) return
    at += next
  }
}
