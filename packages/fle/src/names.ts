// How names are spelt: plain where they are a run of name bytes, in backquotes otherwise.

/** By byte: 1 for those that plain names are made of. */
export const isNameByte = new Uint8Array(256)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.$@')
  isNameByte[character.charCodeAt(0)] = 1

/** The word that stands for the GOT's address in expressions; a symbol of that name is quoted. */
const gotbase = 'gotbase'

/** The keys of an object that are no sections. A section of such a name is written in backquotes. */
export const reservedKeys: ReadonlySet<string> = new Set([
  'type',
  'name',
  'symbols',
  'entry',
  'phdrs',
  'shdrs',
  'members',
  'needed',
  'dyn_relocs',
  'index',
])

const digitZero = 0x30
const digitNine = 0x39
const hash = 0x23
const letterS = 0x73

export function isDigit(byte: number): boolean {
  return byte >= digitZero && byte <= digitNine
}

/** The offset behind the run of name bytes that begins at `at`. */
export function nameRunEnd(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && isNameByte[bytes[at]] === 1) at++
  return at
}

/** Whether a name can stand without backquotes. */
export function isPlainName(name: Uint8Array): boolean {
  if (name.length === 0 || isDigit(name[0]) || nameRunEnd(name, 0, name.length) < name.length) return false
  return name.length !== gotbase.length || String.fromCharCode(...name) !== gotbase
}

/**
 * What stands behind a name in backquotes to tell it from others: `x#2` the second local x, `x#0` the global one, `x#s` the
 * section x, `x#s2` the second section x.
 */
export interface Qualifier {
  /** Bytes of the name in front of it. */
  readonly nameLength: number
  readonly isSection: boolean
  /** The number; 1 for a bare `#s`. */
  readonly occurrence: number
}

/** The qualifier at the end of a quoted name, undefined if there is none. */
export function qualifierOf(name: Uint8Array): Qualifier | undefined {
  let digits = name.length
  while (digits > 0 && isDigit(name[digits - 1])) digits--
  const isSection = digits > 0 && name[digits - 1] === letterS
  const sign = isSection ? digits - 2 : digits - 1
  if (sign < 0 || name[sign] !== hash || (!isSection && digits === name.length)) return undefined
  let occurrence = digits === name.length ? 1 : 0
  for (let at = digits; at < name.length; at++) occurrence = occurrence * 10 + name[at] - digitZero
  return { nameLength: sign, isSection, occurrence }
}
