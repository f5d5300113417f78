// The emoji that lines begin with.

import { STB } from '@fle/object'
import type { LineCursor } from './line-cursor.ts'

/** What a line says. */
export const Tag = {
  bytes: 0,
  global: 1,
  local: 2,
  weak: 3,
  relocation: 4,
  align: 5,
  zeros: 6,
  properties: 7,
  symbolDetails: 8,
  comment: 9,
} as const
export type Tag = (typeof Tag)[keyof typeof Tag]

/** The emoji of each tag, as they are written. */
export const tagText: Readonly<Record<Tag, string>> = {
  [Tag.bytes]: '🔢',
  [Tag.global]: '📤',
  [Tag.local]: '🏷️',
  [Tag.weak]: '📎',
  [Tag.relocation]: '❓',
  [Tag.align]: '📐',
  [Tag.zeros]: '🕳️',
  [Tag.properties]: '🚩',
  [Tag.symbolDetails]: '🔖',
  [Tag.comment]: '💬',
}

/** What stands for the address of the field in an expression. */
export const hereText = '📍'

/** Whether a tag is one of those that all dialects have: a file that has another is of dialect `fle`. */
export function isCommonTag(tag: Tag): boolean {
  return tag <= Tag.relocation
}

/** The binding (STB) of the symbols that a tag is for; undefined for other tags. */
export function bindingOfTag(tag: Tag | undefined): number | undefined {
  if (tag === Tag.global) return STB.GLOBAL
  if (tag === Tag.local) return STB.LOCAL
  return tag === Tag.weak ? STB.WEAK : undefined
}

const encoder = new TextEncoder()
const variationSelector = encoder.encode('\ufe0f')

/** ❓ has three bytes in UTF-8, all others four that begin alike: the last two tell them apart. */
const questionMark = encoder.encode(tagText[Tag.relocation])
const tagByTail: ReadonlyMap<number, Tag> = new Map(
  Object.values(Tag).map((tag) => {
    const bytes = encoder.encode(tagText[tag])
    return [(bytes[2] << 8) | bytes[3], tag]
  }),
)

export const hereBytes: Uint8Array = encoder.encode(hereText)

/** The length of the text `wanted` if it stands at `at`, else 0. */
export function matchBytes(bytes: Uint8Array, at: number, wanted: Uint8Array): number {
  for (let i = 0; i < wanted.length; i++) if (bytes[at + i] !== wanted[i]) return 0
  return wanted.length
}

const colon = 0x3a

/**
 * Reads `EMOJI:` and the blanks behind it. Returns undefined, reporting it, if the line does not begin so: an unknown
 * emoji is a warning, everything else an error.
 */
export function readTag(cursor: LineCursor): Tag | undefined {
  const start = cursor.at
  const tag = cursor.at < cursor.end ? tagAt(cursor.text, cursor.at) : undefined
  if (tag === undefined) return unknownTag(cursor)
  cursor.at = tagEnd(cursor.text, cursor.at)
  cursor.skipBlanks()
  if (cursor.next !== colon) return cursor.error('invalid-line', `":" is expected after ${tagText[tag]}`)
  cursor.at++
  cursor.skipBlanks()
  if (tag !== Tag.comment && tag !== Tag.bytes && cursor.at >= cursor.end)
    return cursor.error('invalid-line', `nothing follows ${tagText[tag]}`, start)
  return tag
}

function unknownTag(cursor: LineCursor): undefined {
  const isEmoji = cursor.next >= 0x80
  if (!isEmoji) {
    const known = Object.values(tagText).join(' ')
    return cursor.error('invalid-line', `a line begins with an emoji and ":" — ${known}`)
  }
  const rest = cursor.text.subarray(cursor.at, Math.min(cursor.end, cursor.at + 32))
  const word = new TextDecoder().decode(rest).split(/[:\s]/, 1)[0]
  cursor.source.warning('unknown-line', `lines that begin with ${word} are not known and ignored`, cursor.offset())
}

/** The tag whose emoji, with or without its variation selector, stands at `at`, or undefined. */
export function tagAt(bytes: Uint8Array, at: number): Tag | undefined {
  if (bytes[at] === questionMark[0]) return matchBytes(bytes, at, questionMark) ? Tag.relocation : undefined
  if (bytes[at] !== 0xf0 || bytes[at + 1] !== 0x9f) return undefined
  return tagByTail.get((bytes[at + 2] << 8) | bytes[at + 3])
}

/** The offset behind the emoji that stands at `at`. */
function tagEnd(bytes: Uint8Array, at: number): number {
  const end = at + (bytes[at] === 0xe2 ? 3 : 4)
  return bytes[end] === variationSelector[0] ? end + matchBytes(bytes, end, variationSelector) : end
}
