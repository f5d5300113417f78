import { ByteBuffer } from '@fle/object'

/** Slots of the table; at most half of them are used. */
const slotCount = 1 << 17
/** Texts that are longer come too seldom. */
const longestText = 100

/**
 * The bytes of instructions without symbols, by their text: the same ones come again and again. A table of its own, for
 * looking up a part of a text must not cost a string.
 */
export class InstructionCache {
  readonly #slots = new Int32Array(slotCount)
  readonly #texts: string[] = ['']
  readonly #hashes: number[] = [0]
  readonly #offsets: number[] = [0]
  readonly #bytes = new ByteBuffer(4096)

  /** The entry for a part of a text, 0 if there is none. `hash` is {@link hashStep} of its characters. */
  find(text: string, start: number, end: number, hash: number): number {
    for (let slot = hash & (slotCount - 1); ; slot = (slot + 1) & (slotCount - 1)) {
      const entry = this.#slots[slot]
      if (entry === 0 || (this.#hashes[entry] === hash && isPart(this.#texts[entry], text, start, end))) return entry
    }
  }

  /** Keeps the bytes of a text that is not there yet, while there is room. */
  add(text: string, hash: number, bytes: Uint8Array, length: number): void {
    if (this.#texts.length >= slotCount / 2 || text.length > longestText) return
    let slot = hash & (slotCount - 1)
    while (this.#slots[slot] !== 0) slot = (slot + 1) & (slotCount - 1)
    this.#slots[slot] = this.#texts.push(text) - 1
    this.#hashes.push(hash)
    this.#bytes.append(bytes.subarray(0, length))
    this.#offsets.push(this.#bytes.length)
  }

  /** Appends the bytes of an entry. */
  appendTo(content: ByteBuffer, entry: number): void {
    content.appendPart(this.#bytes, this.#offsets[entry - 1], this.#offsets[entry])
  }
}

/** The hash of a text with one more character. */
export function hashStep(hash: number, code: number): number {
  return (Math.imul(hash, 31) + code) | 0
}

function isPart(known: string, text: string, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let i = 0; i < known.length; i++) if (known.charCodeAt(i) !== text.charCodeAt(start + i)) return false
  return true
}
