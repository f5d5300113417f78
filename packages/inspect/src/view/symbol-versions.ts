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
  /** Whether dynamic symbol `index` is the file's own, of no version. */
  isOfBase(index: number): boolean
}

/** Reads the versions of the symbols in .dynsym; undefined if the file has none. */
export function readSymbolVersions(sections: readonly Section[]): SymbolVersions | undefined {
  const entries = sections.find(({ type }) => type === SHT_GNU_VERSYM)
  if (!entries) return undefined
  const needed = new Map<number, string>()
  for (const { versions } of neededVersions(sections)) for (const { number, name } of versions) needed.set(number, name)
  const defined = new Map<number, string>()
  for (const { number, flags, names } of definedVersions(sections)) {
    if ((flags & baseFlag) === 0 && names.length > 0) defined.set(number, names[0])
  }
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
    isOfBase: (index) => 2 * index + 2 <= view.byteLength && (view.getUint16(2 * index, true) & ~hiddenBit) === 1,
  }
}

function viewOf({ content }: Section): DataView {
  return new DataView(content.buffer, content.byteOffset, content.byteLength)
}

/** The versions that a file needs of another. */
export interface NeededVersions {
  readonly file: string
  readonly versions: readonly {
    readonly name: string
    readonly hash: number
    readonly flags: number
    readonly number: number
  }[]
}

/** The records of .gnu.version_r: Elf64_Verneed and its Elf64_Vernaux, 16 bytes each. */
export function neededVersions(sections: readonly Section[]): NeededVersions[] {
  const section = sections.find(({ type }) => type === SHT_GNU_VERNEED)
  if (!section) return []
  const names = sections[section.link]?.content ?? new Uint8Array()
  const view = viewOf(section)
  const needed: NeededVersions[] = []
  const budget = { left: 1 << 16 }
  visitChain(view, [0, 12, 16], budget, (need) => {
    const versions: NeededVersions['versions'][number][] = []
    visitChain(view, [need + view.getUint32(need + 8, true), 12, 16], budget, (entry) => {
      versions.push({
        name: stringAt(names, view.getUint32(entry + 8, true)),
        hash: view.getUint32(entry, true),
        flags: view.getUint16(entry + 4, true),
        number: view.getUint16(entry + 6, true),
      })
    })
    needed.push({ file: stringAt(names, view.getUint32(need + 4, true)), versions })
  })
  return needed
}

/** A version that a file defines: its own name, then those that it contains. */
export interface DefinedVersion {
  readonly number: number
  readonly flags: number
  readonly hash: number
  readonly names: readonly string[]
}

/** The records of .gnu.version_d: Elf64_Verdef, 20 bytes, and its Elf64_Verdaux, 8 bytes each. */
export function definedVersions(sections: readonly Section[]): DefinedVersion[] {
  const section = sections.find(({ type }) => type === SHT_GNU_VERDEF)
  if (!section) return []
  const strings = sections[section.link]?.content ?? new Uint8Array()
  const view = viewOf(section)
  const defined: DefinedVersion[] = []
  const budget = { left: 1 << 16 }
  visitChain(view, [0, 16, 20], budget, (definition) => {
    const names: string[] = []
    visitChain(view, [definition + view.getUint32(definition + 12, true), 4, 8], budget, (entry) => {
      names.push(stringAt(strings, view.getUint32(entry, true)))
    })
    defined.push({
      number: view.getUint16(definition + 4, true),
      flags: view.getUint16(definition + 2, true),
      hash: view.getUint32(definition + 8, true),
      names,
    })
  })
  return defined
}

/** How many records of one section are visited: numbers of versions have 15 bits. */
interface Budget {
  left: number
}

/** Visits records that each say how far the next one is; stops at 0, outside, or when too many have been visited. */
function visitChain(
  view: DataView,
  [start, nextField, size]: readonly [start: number, nextField: number, size: number],
  budget: Budget,
  visit: (at: number) => void,
): void {
  for (let at = start; at + size <= view.byteLength && budget.left-- > 0; ) {
    visit(at)
    const next = view.getUint32(at + nextField, true)
    if (next === 0) return
    at += next
  }
}
