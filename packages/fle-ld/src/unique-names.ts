import { STT } from '@fle/object'

const decoder = new TextDecoder()
const encoder = new TextEncoder()

/** Gives local symbols names that no other has, by a number behind each (-z unique-symbol; GNU ld's elf_link_output_symstrtab). */
export class UniqueNames {
  /** How many symbols of a name there are so far. */
  readonly #counts = new Map<string, number>()

  /** The name of a local symbol; those of files and sections stay as they are. */
  nameOf(name: Uint8Array, type: number): Uint8Array {
    if (type === STT.FILE || type === STT.SECTION) return name
    const text = decoder.decode(name)
    const count = this.#counts.get(text) ?? 0
    this.#counts.set(text, count + 1)
    return encoder.encode(`${text}.${count.toString(16)}`)
  }
}
