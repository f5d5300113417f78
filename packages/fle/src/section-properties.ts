// What a section's name implies, and how the properties that differ are spelt. Reader and writer share these tables.

import { type ObjectBuilder, SHF, SHT } from '@fle/object'

/** Type and flags that a name implies; alignment 1 and entry size 0 are implied always. */
export interface ImpliedProperties {
  readonly type: number
  readonly flags: number
}

const { ALLOC, WRITE, EXECINSTR, TLS } = SHF

/** By name; each holds for `name.…` too, and the longest that fits decides. */
const impliedByName: readonly (readonly [name: string, flags: number, type: number])[] = [
  ['.text', ALLOC | EXECINSTR, SHT.PROGBITS],
  ['.init', ALLOC | EXECINSTR, SHT.PROGBITS],
  ['.fini', ALLOC | EXECINSTR, SHT.PROGBITS],
  ['.rodata', ALLOC, SHT.PROGBITS],
  ['.data', ALLOC | WRITE, SHT.PROGBITS],
  ['.bss', ALLOC | WRITE, SHT.NOBITS],
  ['.tdata', ALLOC | WRITE | TLS, SHT.PROGBITS],
  ['.tbss', ALLOC | WRITE | TLS, SHT.NOBITS],
  ['.init_array', ALLOC | WRITE, SHT.INIT_ARRAY],
  ['.fini_array', ALLOC | WRITE, SHT.FINI_ARRAY],
  ['.preinit_array', ALLOC | WRITE, SHT.PREINIT_ARRAY],
  ['.eh_frame', ALLOC, SHT.PROGBITS],
  ['.note', ALLOC, SHT.NOTE],
  ['.note.GNU-stack', 0, SHT.PROGBITS],
  ['.comment', 0, SHT.PROGBITS],
  ['.gnu.warning', 0, SHT.PROGBITS],
]

/** The section that says whether the object wants its stack executable. */
export const stackNote = '.note.GNU-stack'

/** Says that the object wants no executable stack, which FLE implies. */
export function addStackNote(builder: ObjectBuilder): void {
  builder.addSection({ name: stackNote, type: SHT.PROGBITS, flags: 0, alignment: 1 })
}

/** Debug sections are known by the beginning of their names alone. */
const debugPrefix = '.debug_'

const impliedByExactName: ReadonlyMap<string, ImpliedProperties> = new Map(
  impliedByName.map(([name, flags, type]) => [name, { flags, type }]),
)
const lengthsOfNames = [...new Set(impliedByName.map(([name]) => name.length))].sort((a, b) => b - a)

const unknownName: ImpliedProperties = { flags: ALLOC, type: SHT.PROGBITS }

/** What the name of a section implies. */
export function impliedProperties(name: string): ImpliedProperties {
  if (name.startsWith(debugPrefix)) return { flags: 0, type: SHT.PROGBITS }
  for (let i = 0; i < lengthsOfNames.length; i++) {
    const length = lengthsOfNames[i]
    if (name.length !== length && name[length] !== '.') continue
    const known = impliedByExactName.get(name.slice(0, length))
    if (known) return known
  }
  return unknownName
}

/** The letters that readelf gives to the flags, in the order in which they are written. */
const flagLetters: readonly (readonly [letter: string, flag: number])[] = [
  ['W', SHF.WRITE],
  ['A', SHF.ALLOC],
  ['X', SHF.EXECINSTR],
  ['M', SHF.MERGE],
  ['S', SHF.STRINGS],
  ['I', SHF.INFO_LINK],
  ['L', SHF.LINK_ORDER],
  ['T', SHF.TLS],
  ['R', SHF.GNU_RETAIN],
  ['E', SHF.EXCLUDE],
  ['l', SHF.X86_64_LARGE],
]

/**
 * Reads a word of flags, `AX`, `-` or `A+0x400000`. Returns undefined if it is none. `x`, readelf's letter for a flag it
 * does not know, says nothing by itself: the number that follows does.
 */
export function parseFlags(word: string): number | undefined {
  const match = /^(-|[A-Za-z]*)(?:\+(0[xX][0-9a-fA-F]{1,8}))?$/.exec(word)
  if (!match || word === '') return undefined
  let flags = match[2] === undefined ? 0 : Number(match[2])
  for (const letter of match[1] === '-' ? '' : match[1]) {
    const known = flagLetters.find(([candidate]) => candidate === letter)
    if (known) flags |= known[1]
    else if (letter !== 'x' || match[2] === undefined) return undefined
  }
  return flags & neverWritten ? undefined : flags >>> 0
}

/** Flags that no section has here: `group=` says the first, and contents are not compressed. */
const neverWritten = SHF.GROUP | SHF.COMPRESSED

/** Writes flags as {@link parseFlags} reads them. */
export function formatFlags(flags: number): string {
  let letters = ''
  let rest = flags
  for (const [letter, flag] of flagLetters) {
    if (!(flags & flag)) continue
    letters += letter
    rest &= ~flag
  }
  const number = rest === 0 ? '' : `+0x${(rest >>> 0).toString(16)}`
  return letters + number || '-'
}

/** The section types that have a word; all others are written as numbers. */
const typeWords: readonly (readonly [word: string, type: number])[] = [
  ['progbits', SHT.PROGBITS],
  ['nobits', SHT.NOBITS],
  ['note', SHT.NOTE],
  ['init_array', SHT.INIT_ARRAY],
  ['fini_array', SHT.FINI_ARRAY],
  ['preinit_array', SHT.PREINIT_ARRAY],
  ['unwind', SHT.X86_64_UNWIND],
]

/** The types whose content refers to other tables of an ELF file: lines say what they said, and they are no sections here. */
const structuralTypes: ReadonlySet<number> = new Set([
  SHT.NULL,
  SHT.SYMTAB,
  SHT.STRTAB,
  SHT.RELA,
  SHT.HASH,
  SHT.DYNAMIC,
  SHT.REL,
  SHT.DYNSYM,
  SHT.GROUP,
  SHT.SYMTAB_SHNDX,
  SHT.RELR,
])

/** Whether an ELF section of this type is part of the file's own tables. */
export function isStructuralType(type: number): boolean {
  return structuralTypes.has(type)
}

/** Reads the value of `type=`; undefined if it is none, or one that no section here can have. */
export function parseType(word: string): number | undefined {
  const known = typeWords.find(([candidate]) => candidate === word)
  if (known) return known[1]
  if (!/^0[xX][0-9a-fA-F]{1,8}$/.test(word)) return undefined
  const type = Number(word)
  return isStructuralType(type) ? undefined : type
}

/** Writes a section type as {@link parseType} reads it. */
export function formatType(type: number): string {
  return typeWords.find(([, known]) => known === type)?.[0] ?? `0x${type.toString(16)}`
}
