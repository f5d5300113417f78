/** The hash of a part of a text, for {@link NameTable}. */
export function hashOf(text: string, start: number, end: number): number {
  let hash = 0
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/** Values by name. It can be asked for a part of a text, which costs no string. */
export class NameTable<T> {
  /** Numbers of names, by hash; at most half of the slots are used. 0: none. */
  #slots = new Int32Array(256)
  readonly #hashes: number[] = [0]
  readonly #names: string[] = ['']
  readonly #values: (T | undefined)[] = [undefined]

  /** The value of the name that stands in a text from `start` up to `end`; undefined if there is none. */
  find(text: string, start: number, end: number, hash: number): T | undefined {
    return this.#values[this.#numberOf(text, start, end, hash)]
  }

  get(name: string): T | undefined {
    return this.find(name, 0, name.length, hashOf(name, 0, name.length))
  }

  set(name: string, value: T): void {
    const hash = hashOf(name, 0, name.length)
    const known = this.#numberOf(name, 0, name.length, hash)
    if (known > 0) this.#values[known] = value
    else this.add(name, hash, value)
  }

  /** All values, in the order in which their names were added. */
  *values(): Generator<T> {
    for (const value of this.#values) if (value !== undefined) yield value
  }

  /** Adds a name that is not there yet. */
  add(name: string, hash: number, value: T): void {
    const number = this.#names.push(name) - 1
    this.#hashes.push(hash)
    this.#values.push(value)
    if (2 * number > this.#slots.length) this.#grow()
    else this.#place(number)
  }

  #numberOf(text: string, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]
      if (number === 0 || (this.#hashes[number] === hash && isPart(this.#names[number], text, start, end)))
        return number
    }
  }

  #place(number: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#hashes[number] & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = number
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 4)
    for (let number = 1; number < this.#names.length; number++) this.#place(number)
  }
}

/** Whether a name stands in a text from `start` up to `end`. */
function isPart(name: string, text: string, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== text.charCodeAt(start + i)) return false
  return true
}
