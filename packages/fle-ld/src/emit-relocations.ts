// --emit-relocs: the relocations of the inputs, as they are for the output, for tools that change programs after linking.
import { addWords, ByteBuffer, readWord, relocationRecord, STT, subtractWords, type Word, writeWord } from '@fle/object'
import { Form, formOfType, GotRelaxation, gotRelaxation, R_X86_64 } from '@fle/x86-64'
import type { SymbolIndices } from './build-symbol-tables.ts'
import { isReversed, reversedOffset } from './constructor-arrays.ts'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import type { OutputSection } from './output-section.ts'
import { shownSection } from './output-symbols.ts'
import { GotAccess, gotAccess } from './scan-relocations.ts'

/** The relocations of a section of the output. */
export interface EmittedRelocations {
  readonly section: OutputSection
  readonly records: Uint8Array
}

/** Where a relocation is, in an input and in the output. */
interface RelocationPlace {
  readonly input: InputObject
  readonly section: number
  /** Offset of its record in the object's bytes. */
  readonly record: number
  /** Where its field is in memory; of what is not loaded, in the section. */
  readonly address: Word
}

/** What a relocation refers to, as the output has it. */
interface Target {
  readonly symbol: number
  readonly addend: Word
}

/**
 * The relocations of all sections that inputs have a part in. Addresses are final. As with GNU ld, those whose GOT access
 * became a direct one say so (R_X86_64_PC32), those of thread-local accesses are the inputs', whatever became of the code,
 * and those of what is not in the output are R_X86_64_NONE.
 */
export function emitRelocations(link: LinkState, indices: SymbolIndices): EmittedRelocations[] {
  const emitter = new RelocationEmitter(link, indices)
  for (const input of link.objects) emitter.addObject(input)
  emitter.addEhFrame()
  return emitter.results()
}

class RelocationEmitter {
  readonly #link: LinkState
  readonly #indices: SymbolIndices
  /** The records for each output section, by number. */
  readonly #records: ByteBuffer[] = []

  constructor(link: LinkState, indices: SymbolIndices) {
    this.#link = link
    this.#indices = indices
  }

  results(): EmittedRelocations[] {
    return this.#link.layout.sectionOrder.flatMap((section) => {
      const records = this.#records[section.number]?.bytes
      return records ? [{ section, records }] : []
    })
  }

  addObject(input: InputObject): void {
    const { object } = input
    for (let section = 1; section < object.sectionCount; section++) {
      const rela = object.relocationSections[section]
      const output = this.#link.outputSections[input.outputSection[section]]
      if (rela === 0 || !output || input.discarded[section]) continue
      if (output === this.#link.ehFrame?.section || input.merged?.[section]) continue
      const start = addWords(output.address, input.outputOffset[section])
      const size = isReversed(object, section, output.type) ? object.sectionSize(section) : undefined
      for (let i = 0; i < object.relocationCount(rela); i++) {
        const record = object.relocationRecord(rela, i)
        const offset = Number(readWord(object.view, record))
        const address = addWords(start, size === undefined ? offset : reversedOffset(size, offset))
        this.#add(output, { input, section, record, address })
      }
    }
  }

  addEhFrame(): void {
    if (!this.#link.ehFrame) return
    const { section: output, records } = this.#link.ehFrame
    for (const run of records.runs) {
      const { object: index, section, rela, start, outputOffset, firstRelocation, endRelocation } = run
      const input = this.#link.objects[index]
      const { object } = input
      for (let i = firstRelocation; i < endRelocation; i++) {
        const record = object.relocationRecord(rela, i)
        const offset = Number(readWord(object.view, record)) - start + outputOffset
        this.#add(output, { input, section, record, address: addWords(output.address, offset) })
      }
    }
  }

  #add(output: OutputSection, place: RelocationPlace): void {
    const { view } = place.input.object
    const { record } = place
    const inputType = view.getUint32(record + relocationRecord.type, true)
    const target = this.#targetOf(place.input, view.getUint32(record + relocationRecord.symbol, true), record)
    const { type, address } = target
      ? relaxed(this.#link, place, inputType)
      : { type: R_X86_64.NONE, address: place.address }
    this.#records[output.number] ??= new ByteBuffer()
    const buffer = this.#records[output.number]
    const at = buffer.reserve(relocationRecord.size)
    writeWord(buffer.view, at, address)
    buffer.view.setUint32(at + relocationRecord.type, type, true)
    if (!target || type === R_X86_64.NONE) return
    buffer.view.setUint32(at + relocationRecord.symbol, target.symbol, true)
    writeWord(buffer.view, at + relocationRecord.addend, target.addend)
  }

  /** The symbol's entry in the symbol table, or that of the section it is in; undefined if that is not in the output. */
  #targetOf(input: InputObject, objectSymbol: number, record: number): Target | undefined {
    const addend = readWord(input.object.view, record + relocationRecord.addend)
    const global = input.globalOf(objectSymbol)
    const locals = this.#indices.locals[input.index]
    const symbol = global >= 0 ? this.#indices.globals[global] : (locals?.[objectSymbol] ?? 0)
    if (symbol !== 0 || objectSymbol === 0) return { symbol, addend }
    if (global < 0) return this.#placeOf(input, objectSymbol, addend)
    const definition = this.#link.symbols.definingObject[global]
    if (definition < 0) return { symbol: 0, addend }
    return this.#placeOf(this.#link.objects[definition], this.#link.symbols.definingSymbol[global], addend)
  }

  #placeOf(input: InputObject, objectSymbol: number, addend: Word): Target | undefined {
    const { object } = input
    const section = object.symbolSection(objectSymbol)
    const value = object.symbolValue(objectSymbol)
    if (section === 0) return { symbol: 0, addend: addWords(value, addend) }
    if (input.outputSection[section] === dropped) return undefined
    const output = this.#link.outputSections[input.outputSection[section]]
    const shown = shownSection(output)
    if (!shown) return undefined
    // What a section symbol means in a section whose pieces were merged, symbol and addend say together.
    const isMerged = input.merged?.[section] && object.symbolType(objectSymbol) === STT.SECTION
    const offset = isMerged
      ? input.offsetInOutput(section, Number(value) + Number(addend))
      : addWords(input.offsetInOutput(section, Number(value)), addend)
    const start = subtractWords(output.address, shown.address)
    return { symbol: this.#indices.sections[shown.number], addend: addWords(start, offset) }
  }
}

/** What became of an access to the GOT that needs none. */
function relaxed(link: LinkState, place: RelocationPlace, type: number): { type: number; address: Word } {
  const { input, section, record, address } = place
  const form = formOfType[type]
  if (form < Form.got || form > Form.rexgotx) return { type, address }
  const access = gotAccess(link, input, section, record, form)
  if (access === GotAccess.slot) return { type, address }
  if (access === GotAccess.immediate) return { type: R_X86_64.NONE, address }
  const offset = Number(readWord(input.object.view, record))
  const isJump = gotRelaxation(input.object.sectionContent(section), offset, form) === GotRelaxation.jump
  return { type: R_X86_64.PC32, address: isJump ? addWords(address, -1) : address }
}
