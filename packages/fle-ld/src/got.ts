import { addWords, SHF, SHT, type Word, writeWord } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { OutputSection } from './output-section.ts'

/** Bytes of a slot. */
const slotSize = 8

/** What a slot holds: a number, an address that moves with the image, or what the loader finds for a symbol. */
export type SlotKind = 'constant' | 'address' | { readonly loaderSymbol: string }

/** Tells those who fill in slots when the program is started. */
function noteSlot({ dynamic, shared }: LinkState, kind: SlotKind, place: number, value: Word): void {
  if (kind === 'constant') return
  if (kind === 'address') {
    dynamic?.relative(place, value)
    shared?.relative(place, value)
  } else shared?.leaveNamed(kind.loaderSymbol, false, slotSize, place, 0)
}

/**
 * The global offset table: slots that hold addresses, given out in the order in which relocations ask for them. In a
 * static link its content is known when addresses are.
 */
export class Got {
  readonly section: OutputSection
  readonly #slots = new Map<string, number>()
  readonly #values: (() => Word)[] = []
  readonly #kinds: SlotKind[] = []

  constructor(link: LinkState) {
    const section = new OutputSection('.got', link.outputSections.length, SHT.PROGBITS, SHF.ALLOC | SHF.WRITE, slotSize)
    section.alignment = slotSize
    section.synthetic = {
      write: (output, offset) => {
        for (let slot = 0; slot < this.#values.length; slot++) {
          const value = this.#values[slot]()
          writeWord(output, offset + slot * slotSize, value)
          noteSlot(link, this.#kinds[slot], section.address + slot * slotSize, value)
        }
      },
    }
    link.outputSections.push(section)
    this.section = section
  }

  /**
   * Makes sure that there is a slot for what `key` names; `value` gives its content once addresses are final. Returns
   * whether the slot is new.
   */
  request(key: string, value: () => Word, kind: SlotKind): boolean {
    if (this.#slots.has(key)) return false
    this.#slots.set(key, this.#values.push(value) - 1)
    this.#kinds.push(kind)
    this.section.size = this.#values.length * slotSize
    return true
  }

  /** Offset of a slot that was requested, in bytes from the table's start. */
  offsetOf(key: string): number {
    return (this.#slots.get(key) ?? 0) * slotSize
  }

  /** Address of a slot that was requested. */
  addressOf(key: string): Word {
    return addWords(this.section.address, this.offsetOf(key))
  }
}
