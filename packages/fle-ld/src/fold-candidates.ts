import { isCie, isTerminator, splitCallFrameRecords } from '@fle/dwarf'
import { readWord, relocationRecord, SHF, SHT, STT } from '@fle/object'
import { Form, formOfType } from '@fle/x86-64'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'

/** What the unwinder has on a section. */
const Unwinding = { none: 0, plain: 1, withTable: 2 } as const

/** The sections of code that may be left out for others of the same content, numbered in the order of the link. */
export class FoldCandidates {
  readonly #link: LinkState
  readonly #inputs: InputObject[] = []
  readonly #sections: number[] = []
  /** For each object, the number + 1 of each section; 0 for one that is no candidate. */
  readonly #numbers: readonly Int32Array[]
  readonly #unwinding: readonly Uint8Array[]

  constructor(link: LinkState, isAddressTaken: (input: InputObject, section: number) => boolean) {
    this.#link = link
    this.#unwinding = link.objects.map(unwindingOf)
    this.#numbers = link.objects.map(({ object }) => new Int32Array(object.sectionCount))
    for (const input of link.objects) {
      for (let section = 1; section < input.object.sectionCount; section++) {
        // A function with a table of exceptions is its own: the tables may differ where the code does not.
        if (this.#unwinding[input.index][section] === Unwinding.withTable) continue
        if (!isFoldable(input, section) || isAddressTaken(input, section)) continue
        this.#inputs.push(input)
        this.#numbers[input.index][section] = this.#sections.push(section)
      }
    }
  }

  get count(): number {
    return this.#sections.length
  }

  at(candidate: number): [InputObject, number] {
    return [this.#inputs[candidate], this.#sections[candidate]]
  }

  /** A hash of what {@link areAlike} compares. */
  hash(candidate: number): number {
    const { object } = this.#inputs[candidate]
    const section = this.#sections[candidate]
    let hash = 0x811c9dc5
    const add = (value: number) => {
      hash = Math.imul(hash ^ value, 0x01000193)
    }
    object.sectionContent(section).forEach(add)
    for (let i = this.#relocationCount(candidate) - 1; i >= 0; i--) {
      const target = this.#target(
        this.#inputs[candidate],
        object.relocationRecord(object.relocationSections[section], i),
      )
      add(target.candidate < 0 ? target.key : target.offset)
    }
    return hash
  }

  /** Whether two have the same content and relocations of the same kinds, to the same places if those are in no candidate. */
  areAlike(a: number, b: number): boolean {
    const [left, right] = [this.#inputs[a].object, this.#inputs[b].object]
    const [leftSection, rightSection] = [this.#sections[a], this.#sections[b]]
    const unwinding = (candidate: number) => this.#unwinding[this.#inputs[candidate].index][this.#sections[candidate]]
    if (
      left.sectionSize(leftSection) !== right.sectionSize(rightSection) ||
      left.sectionAlignment(leftSection) !== right.sectionAlignment(rightSection) ||
      this.#relocationCount(a) !== this.#relocationCount(b) ||
      unwinding(a) !== unwinding(b)
    )
      return false
    const content = right.sectionContent(rightSection)
    if (left.sectionContent(leftSection).some((byte, i) => byte !== content[i])) return false
    return this.#compareRelocations(a, b, (recordA, recordB) => {
      for (const field of [0, 4, relocationRecord.type, relocationRecord.addend, relocationRecord.addend + 4]) {
        if (left.view.getUint32(recordA + field, true) !== right.view.getUint32(recordB + field, true)) return false
      }
      const [from, to] = [this.#target(this.#inputs[a], recordA), this.#target(this.#inputs[b], recordB)]
      if (from.offset !== to.offset || from.candidate < 0 !== to.candidate < 0) return false
      return from.candidate >= 0 || from.place === to.place
    })
  }

  /** The classes of the candidates that the relocations lead to, the same text for the same classes. */
  leadsTo(candidate: number, classOf: Int32Array): string {
    const input = this.#inputs[candidate]
    const rela = input.object.relocationSections[this.#sections[candidate]]
    let key = ''
    for (let i = this.#relocationCount(candidate) - 1; i >= 0; i--) {
      const target = this.#target(input, input.object.relocationRecord(rela, i)).candidate
      if (target >= 0) key += `${classOf[target]} `
    }
    return key
  }

  #relocationCount(candidate: number): number {
    const { object } = this.#inputs[candidate]
    const rela = object.relocationSections[this.#sections[candidate]]
    return rela ? object.relocationCount(rela) : 0
  }

  #compareRelocations(a: number, b: number, areEqual: (recordA: number, recordB: number) => boolean): boolean {
    const [left, right] = [this.#inputs[a].object, this.#inputs[b].object]
    const count = this.#relocationCount(a)
    const [relaA, relaB] = [left.relocationSections[this.#sections[a]], right.relocationSections[this.#sections[b]]]
    for (let i = 0; i < count; i++) {
      if (!areEqual(left.relocationRecord(relaA, i), right.relocationRecord(relaB, i))) return false
    }
    return true
  }

  /** What the symbol of a relocation means: a place in a candidate, or any other place by a name that only it has. */
  #target(input: InputObject, record: number): { candidate: number; offset: number; place: string; key: number } {
    const symbol = input.object.view.getUint32(record + relocationRecord.symbol, true)
    const global = input.globalOf(symbol)
    const object = global < 0 ? input.index : this.#link.symbols.definingObject[global]
    const elsewhere = { candidate: -1, offset: 0, place: `global ${global}`, key: global }
    if (object < 0) return elsewhere
    const defining = this.#link.objects[object]
    const definition = global < 0 ? symbol : this.#link.symbols.definingSymbol[global]
    const section = defining.object.symbolSection(definition)
    const offset = Number(defining.object.symbolValue(definition))
    // A mention of an IFUNC does not mean its code.
    const isCode = defining.object.symbolType(definition) !== STT.GNU_IFUNC
    const candidate = isCode ? this.#numbers[object][section] - 1 : -1
    if (candidate >= 0 || global < 0)
      return { candidate, offset, place: `section ${section} of ${object}`, key: section }
    return elsewhere
  }
}

/** The candidates; only those whose address nothing asks for if the addresses of two functions must differ. */
export function collectCandidates(link: LinkState, addressesMatter: boolean): FoldCandidates {
  if (!addressesMatter) return new FoldCandidates(link, () => false)
  const taken = link.objects.map(({ object }) => new Uint8Array(object.sectionCount))
  for (const input of link.objects) markTaken(link, input, taken)
  return new FoldCandidates(link, (input, section) => taken[input.index][section] === 1)
}

/** Code that is not written to, that no array or symbol at its ends names. */
function isFoldable({ object, discarded }: InputObject, section: number): boolean {
  const flags = object.sectionFlags(section)
  const isCode = (flags & SHF.ALLOC) !== 0 && (flags & SHF.EXECINSTR) !== 0 && (flags & SHF.WRITE) === 0
  if (!isCode || discarded[section] || (flags & (SHF.LINK_ORDER | SHF.GNU_RETAIN)) !== 0) return false
  if (object.sectionType(section) !== SHT.PROGBITS || object.sectionSize(section) === 0) return false
  return object.sectionName(section).startsWith('.text')
}

/** Tables of virtual functions are called through; no program compares what is in them. */
const isCallTable = /^\.data\.rel\.ro(\.local)?\._ZTV/

/** Marks the sections whose addresses an object may keep or compare: by all relocations but those of calls and jumps. */
function markTaken(link: LinkState, input: InputObject, taken: readonly Uint8Array[]): void {
  const { object } = input
  for (let section = 1; section < object.sectionCount; section++) {
    const rela = object.relocationSections[section]
    if (rela === 0 || input.discarded[section] || !object.isAllocated(section)) continue
    const name = object.sectionName(section)
    if (isCallTable.test(name) || name.startsWith('.eh_frame')) continue
    const content = object.sectionContent(section)
    const isCode = (object.sectionFlags(section) & SHF.EXECINSTR) !== 0
    for (let i = 0; i < object.relocationCount(rela); i++) {
      const record = object.relocationRecord(rela, i)
      const form = formOfType[object.view.getUint32(record + relocationRecord.type, true)]
      if (isCode && isBranch(content, Number(readWord(object.view, record)), form)) continue
      const symbol = object.view.getUint32(record + relocationRecord.symbol, true)
      const global = input.globalOf(symbol)
      const defining = global < 0 ? input.index : link.symbols.definingObject[global]
      if (defining < 0) continue
      const definition = global < 0 ? symbol : link.symbols.definingSymbol[global]
      taken[defining][link.objects[defining].object.symbolSection(definition)] = 1
    }
  }
}

/** Whether the field belongs to a call or a jump: by the kind of relocation, or by the opcode before it. */
function isBranch(content: Uint8Array, field: number, form: number): boolean {
  if (form === Form.plt) return true
  const [before, last] = [content[field - 2], content[field - 1]]
  if (form === Form.pc) return last === 0xe8 || last === 0xe9 || (before === 0x0f && (last & 0xf0) === 0x80)
  const isThroughSlot = form === Form.got || form === Form.gotx
  return isThroughSlot && before === 0xff && (last === 0x15 || last === 0x25)
}

/** What .eh_frame says of each section of an object: nothing, how to leave it, or also which exceptions it handles. */
function unwindingOf({ object }: InputObject): Uint8Array {
  const found = new Uint8Array(object.sectionCount)
  for (let section = 1; section < object.sectionCount; section++) {
    const rela = object.relocationSections[section]
    if (rela === 0 || object.sectionName(section) !== '.eh_frame') continue
    const content = object.sectionContent(section)
    let next = 0
    for (const { cie, offset, size } of splitCallFrameRecords(
      new DataView(content.buffer, content.byteOffset, content.byteLength),
    ) ?? []) {
      const first = next
      while (next < object.relocationCount(rela)) {
        if (Number(readWord(object.view, object.relocationRecord(rela, next))) >= offset + size) break
        next++
      }
      if (cie === isCie || cie === isTerminator || first === next) continue
      const symbol = object.view.getUint32(object.relocationRecord(rela, first) + relocationRecord.symbol, true)
      found[object.symbolSection(symbol)] = next - first > 1 ? Unwinding.withTable : Unwinding.plain
    }
  }
  return found
}
