import type { ByteBuffer } from '@fle/object'
import type { LineCursor } from './line-cursor.ts'
import { hexadecimalDigit } from './number.ts'

const blank = 0x20
const tab = 0x09

/** Reads pairs of hexadecimal digits up to the end of the line and appends their bytes. Reports what is none. */
export function readHexadecimal(cursor: LineCursor, into: ByteBuffer): boolean {
  const { text, end } = cursor
  let { at } = cursor
  let to = into.reserve((end - at + 1) >> 1)
  const { storage } = into
  const last = end - 1
  while (at < last) {
    const high = hexadecimalDigit[text[at]]
    const low = hexadecimalDigit[text[at + 1]]
    if (high !== 255 && low !== 255) {
      storage[to++] = (high << 4) | low
      at += 2
      if (text[at] === blank) at++
    } else if (text[at] === blank || text[at] === tab) at++
    else break
  }
  into.length = to
  cursor.at = Math.min(at, end)
  if (cursor.isAtEnd()) return true
  cursor.error('invalid-bytes', 'pairs of hexadecimal digits are expected')
  return false
}
