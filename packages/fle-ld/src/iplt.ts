import { relocationRecord, SHF, SHT, writeWord } from '@fle/object'
import { R_X86_64 } from '@fle/x86-64'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { OutputSection } from './output-section.ts'

// endbr64; jmp *slot(%rip); nopw 0(%rax,%rax): 16 bytes, the field of the jump at 6.
const entryCode = [0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x25, 0, 0, 0, 0, 0x66, 0x0f, 0x1f, 0x44, 0, 0]
const entrySize = entryCode.length
const entryField = 6
const slotSize = 8

/**
 * The PLT of IFUNCs in a static program: an entry for each that is referred to, whose address is the function's address
 * everywhere; a slot that the entry jumps through; and an IRELATIVE relocation that makes the start-up code of libc
 * fill the slot with what the resolver returns (psABI, "R_X86_64_IRELATIVE").
 */
export class Iplt {
  readonly code: OutputSection
  readonly #slots: OutputSection
  readonly #relocations: OutputSection
  /** The number of each IFUNC's entry, by {@link keyOf}. */
  readonly #entries = new Map<string, number>()
  readonly #resolvers: (() => number)[] = []

  constructor(link: LinkState) {
    const add = (name: string, type: number, flags: number, entrySize: number, alignment: number) => {
      const section = new OutputSection(name, link.outputSections.length, type, SHF.ALLOC | flags, entrySize)
      section.alignment = alignment
      link.outputSections.push(section)
      return section
    }
    this.code = add('.plt', SHT.PROGBITS, SHF.EXECINSTR, entrySize, 16)
    this.#slots = add('.got.plt', SHT.PROGBITS, SHF.WRITE, slotSize, 8)
    this.#relocations = add('.rela.plt', SHT.RELA, SHF.INFO_LINK, relocationRecord.size, 8)
    this.#relocations.appliesTo = this.#slots
    this.#relocations.link = link.dynamic?.symbols
    this.code.synthetic = { write: (output, offset) => this.#writeCode(output, offset) }
    this.#slots.synthetic = { write: (output, offset) => this.#writeSlots(output, offset) }
    this.#relocations.synthetic = { write: (output, offset) => this.#writeRelocations(output, offset) }
  }

  /** Makes sure that there is an entry for an IFUNC; `resolver` gives its address once addresses are final. */
  request(definition: InputObject, symbol: number, resolver: () => number): void {
    const key = keyOf(definition, symbol)
    if (this.#entries.has(key)) return
    const count = this.#resolvers.push(resolver)
    this.#entries.set(key, count - 1)
    this.code.size = count * entrySize
    this.#slots.size = count * slotSize
    this.#relocations.size = count * relocationRecord.size
  }

  /** Address of an IFUNC's entry, undefined if nothing refers to it. */
  addressOf(definition: InputObject, symbol: number): number | undefined {
    const entry = this.#entries.get(keyOf(definition, symbol))
    return entry === undefined ? undefined : this.code.address + entry * entrySize
  }

  #slotAddress(entry: number): number {
    return this.#slots.address + entry * slotSize
  }

  #writeCode(output: DataView, offset: number): void {
    for (let entry = 0; entry < this.#resolvers.length; entry++) {
      const at = offset + entry * entrySize
      entryCode.forEach((byte, i) => {
        output.setUint8(at + i, byte)
      })
      const afterField = this.code.address + entry * entrySize + entryField + 4
      output.setInt32(at + entryField, this.#slotAddress(entry) - afterField, true)
    }
  }

  /** As GNU ld: before start-up a slot points back to its entry. */
  #writeSlots(output: DataView, offset: number): void {
    for (let entry = 0; entry < this.#resolvers.length; entry++) {
      writeWord(output, offset + entry * slotSize, this.code.address + entry * entrySize)
    }
  }

  #writeRelocations(output: DataView, offset: number): void {
    for (let entry = 0; entry < this.#resolvers.length; entry++) {
      const at = offset + entry * relocationRecord.size
      writeWord(output, at, this.#slotAddress(entry))
      output.setUint32(at + relocationRecord.type, R_X86_64.IRELATIVE, true)
      writeWord(output, at + relocationRecord.addend, this.#resolvers[entry]())
    }
  }
}

function keyOf(definition: InputObject, symbol: number): string {
  return `${definition.index}:${symbol}`
}
