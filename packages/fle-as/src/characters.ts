// What each byte of an assembly text may be part of. The text is a string in which every character is one byte.

/** Bits of {@link characterClass}. */
export const CharacterClass = {
  /** May begin a name. */
  nameStart: 1,
  /** May stand in a name. */
  namePart: 2,
  space: 4,
  /** Ends a statement: a line feed, a semicolon, or a number sign, which begins a comment. */
  end: 8,
  digit: 16,
} as const

/** What a character may be, as a set of {@link CharacterClass} bits. */
export const characterClass: Uint8Array = classify()

function classify(): Uint8Array {
  const { nameStart, namePart, space, end, digit } = CharacterClass
  // Bytes that are no ASCII are letters.
  const table = new Uint8Array(256).fill(nameStart | namePart, 128)
  const set = (first: string, last: string, kind: number) =>
    table.fill(kind, first.charCodeAt(0), last.charCodeAt(0) + 1)
  set('A', 'Z', nameStart | namePart)
  set('a', 'z', nameStart | namePart)
  for (const character of '_.$') set(character, character, nameStart | namePart)
  set('0', '9', namePart | digit)
  set('\t', '\r', space)
  set(' ', ' ', space)
  for (const character of '\n;#') set(character, character, end)
  return table
}

const chunk = 8192
const decoder = new TextDecoder()

/** Makes a text of bytes: a character for each. Names that are not ASCII go back by {@link bytesOfText}. */
export function textOfBytes(bytes: Uint8Array): string {
  const decoded = decoder.decode(bytes)
  // As many characters as bytes: each is ASCII, or a byte that was no UTF-8.
  if (decoded.length === bytes.length && !decoded.includes('\ufffd')) return decoded
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += chunk)
    parts.push(String.fromCharCode.apply(undefined, Array.from(bytes.subarray(at, at + chunk))))
  return parts.join('')
}

/** The bytes of a text, or of a part of it. */
export function bytesOfText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** A part of the text as people wrote it, for a message. */
export function readable(text: string): string {
  return decoder.decode(bytesOfText(text))
}
