import { addWords, type ObjectFile, readWord, relocationRecord, subtractWords, type Word } from '@fle/object'
import {
  canRelaxInitialExec,
  Form,
  fitsField,
  formOfType,
  type GotRelaxation,
  gotRelaxation,
  pcRelativeType,
  rangeOfType,
  relaxDescriptor,
  relaxDescriptorCall,
  relaxDynamic,
  relaxGotAccess,
  relaxGotToImmediate,
  relaxInitialExec,
  relocationKind,
  widthOfType,
  writeField,
} from '@fle/x86-64'
import { isAddress, SymbolPlace } from './classify-symbols.ts'
import { reversedOffset } from './constructor-arrays.ts'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { reportRange } from './report-range.ts'
import { GotAccess, gotAccess, isRelaxedCall, slotKey, threadOffsetKey } from './scan-relocations.ts'
import { exactSymbolValue, type SymbolValues } from './symbol-values.ts'

/** Fields of a relocation in words of 32 bits. */
const typeWord = relocationRecord.type / 4
const symbolWord = relocationRecord.symbol / 4
const addendWord = relocationRecord.addend / 4

/** Numbers up to here can be added twice without losing a bit. */
const exact = 2 ** 51

/** Where a section goes. */
export interface SectionPlace {
  /** Offset of the section's first byte in the output buffer. */
  readonly at: number
  readonly address: number
  readonly isProgram: boolean
}

/** Applies relocations of an object, section by section. */
export class Relocator {
  readonly input: InputObject
  readonly object: ObjectFile
  /** The section at hand, and its relocation section. */
  section = 0
  rela = 0
  readonly #link: LinkState
  readonly #values: SymbolValues
  readonly #output: Uint8Array
  readonly #view: DataView

  constructor(link: LinkState, input: InputObject, values: SymbolValues, output: Uint8Array, view: DataView) {
    this.object = input.object
    this.#link = link
    this.input = input
    this.#values = values
    this.#output = output
    this.#view = view
  }

  turnTo(section: number, rela: number): void {
    this.section = section
    this.rela = rela
  }

  /** Applies the relocations of a section whose words stand the other way round. */
  applyReversed({ at, address, isProgram }: SectionPlace): void {
    const { object, section, rela } = this
    const size = object.sectionSize(section)
    const count = object.relocationCount(rela)
    for (let i = 0; i < count; i++) {
      const offset = Number(readWord(object.view, object.relocationRecord(rela, i)))
      const moved = reversedOffset(size, offset) - offset
      this.apply({ at: at + moved, address: address + moved, isProgram }, i, i + 1)
    }
  }

  /** Applies the relocations from `first` up to `last` of the section at hand. */
  apply({ at, address, isProgram }: SectionPlace, first: number, last: number): void {
    const { object, rela } = this
    const { places } = this.input
    const source = object.view
    const { words } = object
    const end = object.relocationRecord(rela, last)
    for (let record = object.relocationRecord(rela, first); record < end; record += relocationRecord.size) {
      const word = record / 4
      const offset = words[word]
      const type = words[word + typeWord]
      const symbol = words[word + symbolWord]
      const form = formOfType[type]
      const addendLow = words[word + addendWord] | 0
      const addendHigh = words[word + addendWord + 1] | 0
      if (form === Form.none) continue
      if (isProgram && form >= Form.got && form <= Form.rexgotx) {
        const access = gotAccess(this.#link, this.input, this.section, record, form)
        if (access !== GotAccess.slot) {
          this.#applyRelaxed(access, form, at + offset, address + offset, this.#values.of(symbol), rela, record)
          continue
        }
      }
      if (
        isProgram &&
        form >= Form.gottpoff &&
        form <= Form.tlscall &&
        this.#applyThreadLocal(form, at + offset, symbol)
      ) {
        if (isRelaxedCall(form)) record += relocationRecord.size
        continue
      }
      if (!isProgram && places[symbol] === SymbolPlace.dropped) {
        writeField(this.#view, at + offset, widthOfType[type], this.#tombstone())
        continue
      }
      const addend = addendHigh === addendLow >> 31 ? addendLow : (addendLow >>> 0) + addendHigh * 2 ** 32
      if (places[symbol] === SymbolPlace.mergedSection) {
        this.#applyMerged(record, type, at + offset, address + offset, isProgram)
        continue
      }
      let base = form <= Form.plt ? this.#values.of(symbol) : Number.NaN
      const { shared } = this.#link
      if (shared && isProgram && places[symbol] === SymbolPlace.shared && form <= Form.plt) {
        const target = shared.targetOf(this.input, symbol, form, base)
        if (target === undefined) {
          const addend = readWord(source, record + relocationRecord.addend)
          shared.leave(this.input, symbol, form, widthOfType[type], address + offset, addend)
          continue
        }
        base = target
      }
      let value: Word = base + addend - (pcRelativeType[type] ? address + offset : 0)
      // Written so that NaN, too, takes the exact way.
      if (!(Math.abs(base) < exact && Math.abs(addend) < exact)) {
        const target = this.#target(form, symbol, isProgram)
        value = addWords(target, readWord(source, record + relocationRecord.addend))
        if (pcRelativeType[type]) value = subtractWords(value, address + offset)
      }
      const width = widthOfType[type]
      if (isProgram && form === Form.absolute && isAddress(places[symbol])) {
        if (width === 8) this.#link.dynamic?.relative(address + offset, value)
        shared?.relative(address + offset, value, width)
      }
      if (rangeOfType[type] !== 0 && !fitsType(value, type)) {
        if (isProgram || this.input.places[symbol] !== SymbolPlace.dropped) {
          this.#reportRange(value, rela, record, address + offset)
        }
        if (!this.#link.options.keepGoing) continue
      }
      if (width === 4 && typeof value === 'number') this.#view.setUint32(at + offset, value, true)
      else writeField(this.#view, at + offset, width, value)
    }
  }

  /** A relocation to the start of a section whose pieces were merged: the addend says which piece is meant. */
  #applyMerged(record: number, type: number, at: number, place: number, isProgram: boolean): void {
    const { object } = this.input
    const symbol = object.view.getUint32(record + relocationRecord.symbol, true)
    const section = object.symbolSection(symbol)
    const output = this.#link.outputSections[this.input.outputSection[section]]
    const addend = Number(readWord(object.view, record + relocationRecord.addend))
    const target = output.address + this.input.offsetInOutput(section, Number(object.symbolValue(symbol)) + addend)
    const base = formOfType[type] === Form.gotoff ? this.#gotAddress() : pcRelativeType[type] ? place : 0
    const value = target - base
    if (isProgram && formOfType[type] === Form.absolute) {
      this.#link.dynamic?.relative(place, value)
      this.#link.shared?.relative(place, value, widthOfType[type])
    }
    if (isProgram && !fitsType(value, type)) {
      const rela = object.relocationSections[this.section]
      this.#reportRange(value, rela, record, place)
    } else writeField(this.#view, at, widthOfType[type], value)
  }

  #gotAddress(): number {
    return this.#link.got?.section.address ?? 0
  }

  /** What debug information says of code that is not in the output. */
  #tombstone(): number {
    // A pair of zeros ends a list of ranges or locations, so there it is 1 (as GNU ld).
    return /^\.debug_(ranges|loc)$/.test(this.input.object.sectionName(this.section)) ? 1 : 0
  }

  /** What stands for the symbol in a form's formula, before addend and place. */
  #target(form: number, symbol: number, isProgram = true): Word {
    const value = exactSymbolValue(this.#link, this.input, symbol, this.#values.of(symbol))
    const slot = () => slotKey(this.input, symbol)
    switch (form) {
      case Form.got:
      case Form.gotx:
      case Form.rexgotx:
        if (this.#link.shared && this.input.places[symbol] === SymbolPlace.shared)
          return this.#link.shared.slotAddress(this.input, symbol)
        return this.#link.got?.addressOf(slot()) ?? 0
      case Form.gotslot:
      case Form.gotpltslot:
        return this.#link.got?.offsetOf(slot()) ?? 0
      case Form.gotoff:
      case Form.pltoff:
        return subtractWords(value, this.#gotAddress())
      case Form.gotbase:
        return this.#gotAddress()
      case Form.size:
        return this.#symbolSize(symbol)
      case Form.tpoff:
        return subtractWords(value, this.#link.layout.threadPointer)
      case Form.dtpoff: {
        // In code, what a rewritten local-dynamic access adds to the thread pointer; in debug information, as it is.
        const { threadPointer, threadImageStart } = this.#link.layout
        return subtractWords(value, isProgram ? threadPointer : threadImageStart)
      }
      case Form.gottpoff:
        return this.#link.got?.addressOf(threadOffsetKey(this.input, symbol)) ?? 0
      default:
        return value
    }
  }

  #symbolSize(objectSymbol: number): Word {
    const symbol = this.input.globalOf(objectSymbol)
    const object = symbol < 0 ? -1 : this.#link.symbols.definingObject[symbol]
    if (object < 0) return this.input.object.symbolSize(objectSymbol)
    return this.#link.objects[object].object.symbolSize(this.#link.symbols.definingSymbol[symbol])
  }

  #applyRelaxed(
    access: GotAccess,
    form: number,
    at: number,
    address: number,
    value: number,
    rela: number,
    record: number,
  ): void {
    if (access === GotAccess.immediate) {
      relaxGotToImmediate(this.#output, at, form === Form.rexgotx)
      this.#view.setUint32(at, 0, true)
      return
    }
    if (access === GotAccess.operand) {
      relaxGotToImmediate(this.#output, at, form === Form.rexgotx)
      if (value < 0 || value >= 2 ** 31) this.#reportRange(value, rela, record, address)
      this.#view.setUint32(at, value, true)
      return
    }
    const relaxation: GotRelaxation = gotRelaxation(this.#output, at, form)
    const field = relaxGotAccess(this.#output, at, relaxation, this.#link.options.callPadding)
    const distance = value - 4 - (address + (field - at))
    if (distance < -(2 ** 31) || distance >= 2 ** 31) this.#reportRange(distance, rela, record, address)
    this.#view.setInt32(field, distance, true)
  }

  /** Rewrites an access to a thread-local variable for the local-exec model. Returns false if it is one already. */
  #applyThreadLocal(form: number, at: number, symbol: number): boolean {
    const offset = this.#values.of(symbol) - this.#link.layout.threadPointer
    let field = at
    switch (form) {
      case Form.gottpoff:
        if (!canRelaxInitialExec(this.#output, at)) return false
        relaxInitialExec(this.#output, at)
        break
      case Form.tlsgd:
      case Form.tlsld:
        field = relaxDynamic(this.#output, at, form === Form.tlsgd)
        break
      case Form.tlsdesc:
        relaxDescriptor(this.#output, at)
        break
      case Form.tlscall:
        relaxDescriptorCall(this.#output, at)
        return true
      default:
        return false
    }
    if (field >= 0) this.#view.setInt32(field, offset, true)
    return true
  }

  #reportRange(value: Word, rela: number, record: number, place: number): void {
    const { view } = this.input.object
    const kind = relocationKind(view.getUint32(record + relocationRecord.type, true))
    if (!kind) return
    const target = this.#target(kind.form, view.getUint32(record + relocationRecord.symbol, true))
    reportRange(this.#link, this.input, { kind, rela, record, value, target, place })
  }
}

function fitsType(value: Word, type: number): boolean {
  return fitsField(value, widthOfType[type], rangeOfType[type])
}
