// Links with shared objects, which FLE's dialect `linklab` has: what they define, and what is left to the loader.

import { type DynamicRelocation, isSharedObject, type SegmentedExecutable } from '@fle/fle'
import { SHF, SHT, STB, STV, subtractWords, type Word } from '@fle/object'
import { Form } from '@fle/x86-64'
import { SymbolPlace } from './classify-symbols.ts'
import { Got } from './got.ts'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { OutputSection } from './output-section.ts'
import { Rank } from './symbol-table.ts'

/** A shared object that is linked against. */
export interface SharedObject {
  /** Its file's name without folders: what the output says that it needs. */
  readonly name: string
  /** The names that it defines. */
  readonly defines: ReadonlySet<string>
}

/** What a link sees of a shared object; undefined if it is none. */
export function sharedObject(executable: SegmentedExecutable, path: string): SharedObject | undefined {
  if (!isSharedObject(executable)) return undefined
  const exported = executable.symbols.filter(({ binding }) => binding !== STB.LOCAL)
  return { name: path.slice(path.lastIndexOf('/') + 1), defines: new Set(exported.map(({ name }) => name)) }
}

// jmp *slot(%rip)
const entryCode = 0x25ff
const entryField = 2
const entrySize = 6

/**
 * What of an output is left to the loader: which symbols only it can know, the stubs through which they are called, and the
 * fields that it fills in. A shared object has all its addresses filled in, since it may stand anywhere.
 */
export class SharedLink {
  /** Fields for the loader, in the order in which the output is written. */
  readonly fields: DynamicRelocation[] = []
  /** Names by which a shared object's own sections are known to the loader, where an address in one is needed. */
  readonly anchors = new Map<OutputSection, string>()
  readonly #link: LinkState
  readonly #isShared: boolean
  #stubs: OutputSection | undefined
  /** The number of each stub, by the name of its symbol. */
  readonly #entries = new Map<string, number>()

  constructor(link: LinkState) {
    this.#link = link
    this.#isShared = link.options.shared ?? false
  }

  /** The names of the shared objects that the output needs. */
  get needed(): string[] {
    return [...new Set(this.#link.sharedObjects.map(({ name }) => name))]
  }

  /**
   * Whether the loader decides what a global symbol is: nothing here defines it, or what does may give way to another
   * definition in the program that loads this shared object.
   */
  isLeft(symbol: number, place: number): boolean {
    const { symbols, sharedObjects } = this.#link
    if (place === SymbolPlace.address) return this.#isShared && symbols.visibility[symbol] === STV.DEFAULT
    const isUndefined = place === SymbolPlace.undefined
    if (!isUndefined && symbols.rank[symbol] !== Rank.weakUndefined) return false
    if (isUndefined && this.#isShared) return true
    const name = symbols.names.text(symbol)
    return sharedObjects.some(({ defines }) => defines.has(name))
  }

  /** Makes sure that there is what a reference to such a symbol needs. Returns false if it cannot be had. */
  request(input: InputObject, objectSymbol: number, form: number): boolean {
    switch (form) {
      case Form.absolute:
      case Form.pc:
        return true
      case Form.plt:
        this.#requestEntry(this.#nameOf(input, objectSymbol))
        return true
      case Form.got:
      case Form.gotx:
      case Form.rexgotx:
        this.#requestSlot(this.#nameOf(input, objectSymbol))
        return true
      default:
        return false
    }
  }

  /** What stands for such a symbol in a direct reference: its stub, or its definition here; undefined if that is left to the loader. */
  targetOf(input: InputObject, objectSymbol: number, form: number, value: number): number | undefined {
    if (form === Form.plt) return this.#entryAddress(this.#nameOf(input, objectSymbol))
    // Code that does without the GOT means the definition beside it.
    return form === Form.pc && this.#link.symbols.isDefined(input.globalOf(objectSymbol)) ? value : undefined
  }

  /** Address of the GOT slot of such a symbol. */
  slotAddress(input: InputObject, objectSymbol: number): Word {
    return this.#link.got?.addressOf(slotOf(this.#nameOf(input, objectSymbol))) ?? 0
  }

  /** Leaves a field to the loader. */
  leave(input: InputObject, objectSymbol: number, form: number, width: number, address: number, addend: Word): void {
    this.leaveNamed(this.#nameOf(input, objectSymbol), form === Form.pc, width, address, addend)
  }

  leaveNamed(symbol: string, isRelative: boolean, width: number, address: number, addend: Word): void {
    if (width === 4 || (width === 8 && !isRelative)) {
      const kind = isRelative ? 'dynrel' : width === 4 ? 'dynabs32' : 'dynabs64'
      this.fields.push({ address, kind, symbol, addend })
      return
    }
    const message = `a field of ${width} bytes for ${symbol} cannot be left to the loader`
    this.#link.diagnostics.error('no-form', message)
  }

  /** Notes that a field holds an address of the output, which in a shared object moves with it. */
  relative(place: number, value: Word, width = 8): void {
    if (!this.#isShared) return
    const section = this.#sectionOf(value)
    if (!section) return
    const anchor = this.anchors.get(section) ?? anchorName(section.name, this.#link.options.output)
    this.anchors.set(section, anchor)
    this.leaveNamed(anchor, false, width, place, subtractWords(value, section.address))
  }

  #sectionOf(address: Word): OutputSection | undefined {
    const loaded = this.#link.layout.sectionOrder.filter(({ flags }) => flags & SHF.ALLOC)
    const inside = loaded.find((section) => address >= section.address && address < section.end)
    return inside ?? loaded.findLast((section) => address >= section.address) ?? loaded[0]
  }

  #nameOf(input: InputObject, objectSymbol: number): string {
    return this.#link.symbols.names.text(input.globalOf(objectSymbol))
  }

  #requestSlot(name: string): void {
    const link = this.#link
    link.got ??= new Got(link)
    link.got.request(slotOf(name), () => 0, { loaderSymbol: name })
  }

  #requestEntry(name: string): void {
    if (this.#entries.has(name)) return
    this.#requestSlot(name)
    this.#stubs ??= this.#makeStubs()
    this.#entries.set(name, this.#entries.size)
    this.#stubs.size = this.#entries.size * entrySize
  }

  #makeStubs(): OutputSection {
    const { outputSections } = this.#link
    const stubs = new OutputSection('.plt', outputSections.length, SHT.PROGBITS, SHF.ALLOC | SHF.EXECINSTR, entrySize)
    stubs.synthetic = { write: (output, offset) => this.#writeStubs(stubs, output, offset) }
    outputSections.push(stubs)
    return stubs
  }

  #entryAddress(name: string): number {
    return (this.#stubs?.address ?? 0) + (this.#entries.get(name) ?? 0) * entrySize
  }

  #writeStubs(stubs: OutputSection, output: DataView, offset: number): void {
    for (const [name, entry] of this.#entries) {
      const at = entry * entrySize
      output.setUint16(offset + at, entryCode, true)
      const slot = Number(this.#link.got?.addressOf(slotOf(name)) ?? 0)
      output.setInt32(offset + at + entryField, slot - (stubs.address + at + entrySize), true)
    }
  }
}

function slotOf(name: string): string {
  return `loader ${name}`
}

/** A name that no other shared object has, in the letters of names: `.data@libx.so`. */
function anchorName(section: string, output: string): string {
  return `${section}@${output.slice(output.lastIndexOf('/') + 1)}`.replace(/[^\w.$@]/g, '_')
}
