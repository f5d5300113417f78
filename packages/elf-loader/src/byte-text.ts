// Strings of the kernel as texts: they are bytes, which need not be UTF-8.

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
/** What stands for the byte 0: half a surrogate pair, which no text has alone. Python's surrogateescape does the same. */
const escapeBase = 0xdc00
const escapes = /[\udc80-\udcff]/u

/** Bytes as text; those that are no UTF-8 become U+DC80 to U+DCFF. */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch {
    let text = ''
    for (let at = 0; at < bytes.length; ) {
      const character = characterAt(bytes, at)
      text += character?.text ?? String.fromCharCode(escapeBase + bytes[at])
      at += character?.size ?? 1
    }
    return text
  }
}

function characterAt(bytes: Uint8Array, at: number): { text: string; size: number } | undefined {
  for (let size = 1; size <= 4; size++) {
    try {
      return { text: decoder.decode(bytes.subarray(at, at + size)), size }
    } catch {
      // There may be more of it.
    }
  }
  return undefined
}

/** Whether a text stands for bytes that are no UTF-8. */
export function hasEscapes(text: string): boolean {
  return escapes.test(text)
}

/** The bytes that {@link textOf} made a text of. */
export function bytesOf(text: string): Uint8Array {
  if (!hasEscapes(text)) return encoder.encode(text)
  return Uint8Array.from(
    Array.from(text).flatMap((character) =>
      escapes.test(character) ? [character.charCodeAt(0) - escapeBase] : [...encoder.encode(character)],
    ),
  )
}
