import type { Memory } from './memory.ts'
import { NameTable } from './name-table.ts'

/** A prefix of section names that tells all about the names below it, but for those that go on with one of some letters. */
export interface SectionPrefix {
  readonly text: Uint8Array
  readonly letters: Uint8Array
}

/** What an output section's members make it. */
export interface MemberTraits {
  readonly flags: number
  readonly type: number
  readonly entrySize: number
  /** Whether any of them has pieces that can be merged, and whether any stands in the order of others. */
  readonly hasMergeable: boolean
  readonly hasLinkOrder: boolean
  /** Whether they are not all of one order. */
  readonly hasSeveralOrders: boolean
  /** Object and section of each, in pairs; and the order of each. */
  readonly members: Int32Array
  readonly orders: Int32Array
}

/** What {@link SectionAssigner.add} needs to know of a section. */
export interface NewMember {
  readonly output: number
  readonly order: number
  readonly object: number
  readonly section: number
  readonly flags: number
  readonly type: number
  readonly entrySize: number
  /** Whether the output section's type and entry size are settled. */
  readonly isArray: boolean
}

// assembly/assign.ts has the fields of these records.
const recordWords = 7
const memberCountWord = 6
const prefixWords = 5
const prefixPlaceWord = 4
const placeWords = 2
const outputWords = 8
const memberWords = 4

const hasMergeable = 1
const hasLinkOrder = 2
const hasSeveralOrders = 4

/**
 * Gives input sections their output sections by their names, where that is settled; the first section of a name, and
 * those that are more than content, are left to the caller. The work is done by assembly/assign.ts.
 */
export class SectionAssigner {
  /** Of sections about which no prefix tells all. */
  readonly names: NameTable
  readonly #memory: Memory
  readonly #record: number
  readonly #prefixes: number
  readonly #places: number
  readonly #outputs: number
  #placeCount = 1

  /** There are `sections` input sections in all, at most. */
  constructor(memory: Memory, prefixes: readonly SectionPrefix[], sections: number) {
    this.#memory = memory
    this.names = new NameTable(memory)
    this.#record = memory.take(4 * recordWords)
    this.#prefixes = memory.take(4 * prefixWords * prefixes.length)
    this.#places = memory.take(4 * placeWords * (sections + prefixes.length + 1))
    this.#outputs = memory.take(4 * outputWords * sections)
    const members = memory.take(4 * memberWords * sections)
    prefixes.forEach(({ text, letters }, i) => {
      const fields = [memory.place(text.slice()), text.length, memory.place(letters.slice()), letters.length, 0]
      memory.words.set(fields, this.#prefixes / 4 + prefixWords * i)
    })
    const fields = [this.names.record, this.#prefixes, prefixes.length, this.#places, this.#outputs, members, 0]
    memory.words.set(fields, this.#record / 4)
  }

  /** Settles where the names below a prefix go. */
  settlePrefix(prefix: number, output: number, order: number): void {
    const place = this.#addPlace(output, order)
    this.#memory.words[this.#prefixes / 4 + prefixWords * prefix + prefixPlaceWord] = place
  }

  /** Settles where a name of {@link names} goes. */
  settleName(name: number, output: number, order: number): void {
    this.names.setOffset(name, this.#addPlace(output, order))
  }

  #addPlace(output: number, order: number): number {
    const place = this.#placeCount++
    this.#memory.words.set([output, order], this.#places / 4 + placeWords * place)
    return place
  }

  /** Adds an output section without members; they are numbered in the order in which they come. */
  addOutput(number: number, flags: number, type: number, entrySize: number): void {
    const high = Math.floor(entrySize / 2 ** 32)
    this.#memory.words.set([entrySize, high, flags, type], this.#outputs / 4 + outputWords * number)
  }

  /** Adds a section that was left. */
  add({ output, order, object, section, flags, type, entrySize, isArray }: NewMember): void {
    const { addMember } = this.#memory.kernels
    addMember(this.#record, output, order, object, section, flags, type, entrySize, isArray ? 1 : 0)
  }

  /** Makes room for the names of an object with so many sections and bytes of names. */
  makeRoom(sections: number, nameBytes: number): void {
    this.names.makeRoom(sections, nameBytes)
  }

  /**
   * Gives the sections of an object, the one with the number `index`, from `section` on their output sections. Returns
   * the first one that is left, or how many there are.
   */
  assign(object: number, index: number, section: number): number {
    return this.#memory.kernels.assignSections(this.#record, object, index, section)
  }

  /** What has become of the output sections, by their numbers, of which there are `count`. To be called once, at the end. */
  finish(count: number): MemberTraits[] {
    const memory = this.#memory
    const memberCount = memory.words[this.#record / 4 + memberCountWord]
    const pairs = memory.takeInt32(2 * memberCount)
    const orders = memory.takeInt32(memberCount)
    const { words } = memory
    let start = 0
    const traits = Array.from({ length: count }, (_, i) => {
      const word = this.#outputs / 4 + outputWords * i
      const [low, high, flags, type, bits, length] = words.subarray(word, word + outputWords)
      words[word + 7] = start
      const members = pairs.subarray(2 * start, 2 * (start + length))
      const ordersHere = orders.subarray(start, start + length)
      start += length
      return {
        flags,
        type,
        entrySize: low + high * 2 ** 32,
        hasMergeable: (bits & hasMergeable) !== 0,
        hasLinkOrder: (bits & hasLinkOrder) !== 0,
        hasSeveralOrders: (bits & hasSeveralOrders) !== 0,
        members,
        orders: ordersHere,
      }
    })
    memory.kernels.gatherMembers(this.#record, pairs.byteOffset, orders.byteOffset)
    return traits
  }
}
