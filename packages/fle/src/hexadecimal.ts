import type { ByteBuffer } from '@fle/object'
import type { LineCursor } from './line-cursor.ts'
import { hexadecimalDigit } from './number.ts'

/** Reads pairs of hexadecimal digits up to the end of the line and appends their bytes. Reports what is none. */
export function readHexadecimal(cursor: LineCursor, into: ByteBuffer): boolean {
  const { text, end } = cursor
  let { at } = cursor
  const from = into.reserve((end - at + 1) >> 1)
  const { view } = into
  let to = from
  while (at < end) {
    const high = hexadecimalDigit[text[at]]
    if (high === 255) {
      if (text[at] === 0x20 || text[at] === 0x09) {
        at++
        continue
      }
      break
    }
    const low = at + 1 < end ? hexadecimalDigit[text[at + 1]] : 255
    if (low === 255) break
    view.setUint8(to++, (high << 4) | low)
    at += 2
  }
  into.length = to
  cursor.at = at
  if (at >= end) return true
  cursor.error('invalid-bytes', 'pairs of hexadecimal digits are expected')
  return false
}
