import { OutputKind, type WalkedOutput } from '@fle/kernels'
import { SHF, SHT, STT, type Word } from '@fle/object'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { placeLinkerSymbol } from './linker-symbols.ts'
import type { OutputSection } from './output-section.ts'
import { evaluateRequested } from './requested-symbols.ts'
import { commandLineDefined, linkerDefined, Rank } from './symbol-table.ts'

/** Computes the value of every global symbol. Addresses are final. */
export function finalizeSymbols(link: LinkState): void {
  const { symbols, walker } = link
  symbols.prepareValues()
  for (const { output, pieces, offset = 0 } of link.mergeGroups) pieces.address = output.address + offset
  walker.addOutputs(link.outputSections.map(walkedOutput(link)), link.layout.threadPointer)
  for (let symbol = 0; ; symbol++) {
    symbol = walker.fillGlobalValues(symbols.record, link.objectRecords, symbol, symbols.value)
    if (symbol >= symbols.count) break
    const object = symbols.definingObject[symbol]
    if (object === linkerDefined) {
      symbols.value[symbol] = placeLinkerSymbol(link, link.linkerSymbols[symbols.definingSymbol[symbol]]).address
    } else if (symbols.rank[symbol] === Rank.common) {
      symbols.value[symbol] = (commonSection(link, symbol)?.address ?? 0) + (link.commonOffsets.get(symbol) ?? 0)
    } else if (object >= 0) {
      symbols.value[symbol] = referenceValue(link, link.objects[object], symbols.definingSymbol[symbol])
    } else symbols.value[symbol] = 0
  }
  for (let i = 0; i < link.requestedDefinitions.length; i++) {
    const { symbol, value } = evaluateRequested(link, i)
    if (symbols.definingObject[symbol] === commandLineDefined) symbols.value[symbol] = inexact(value)
  }
}

/** The section that a common symbol is in. */
export function commonSection({ symbols, commonSections }: LinkState, symbol: number): OutputSection | undefined {
  return commonSections[symbols.commons.get(symbol)?.kind ?? 'small']
}

/** As a double, or NaN where that cannot hold it. */
function inexact(value: Word): number {
  return typeof value === 'number' ? value : Number.NaN
}

/** The final value of a global symbol, and the section that it is in if it is an address. */
export function globalDefinition(
  link: LinkState,
  symbol: number,
): { readonly value: Word; readonly section: OutputSection | undefined } {
  const { symbols } = link
  const object = symbols.definingObject[symbol]
  const index = symbols.definingSymbol[symbol]
  if (object === commandLineDefined) return evaluateRequested(link, index)
  if (object === linkerDefined) {
    const { section, address: value } = placeLinkerSymbol(link, link.linkerSymbols[index])
    return { value, section }
  }
  if (symbols.rank[symbol] === Rank.common) {
    return { value: symbols.value[symbol], section: commonSection(link, symbol) }
  }
  if (object < 0) return { value: 0, section: undefined }
  const input = link.objects[object]
  const value = referenceValue(link, input, index)
  const section = link.outputSections[input.outputSection[input.object.symbolSection(index)]]
  return { value: Number.isNaN(value) ? input.object.symbolValue(index) : value, section }
}

/** The value that a reference to a definition sees: for an IFUNC the address of its PLT entry. */
function referenceValue(link: LinkState, input: InputObject, objectSymbol: number): number {
  if (link.iplt && input.object.symbolType(objectSymbol) === STT.GNU_IFUNC) {
    const address = link.iplt.addressOf(input, objectSymbol)
    if (address !== undefined) return address
  }
  return definitionValue(link, input, objectSymbol)
}

/** The value of a symbol that an object defines; NaN where a double cannot hold it. */
export function definitionValue(link: LinkState, input: InputObject, objectSymbol: number): number {
  const value = input.object.symbolValue(objectSymbol)
  if (typeof value === 'bigint') return Number.NaN
  const section = input.object.symbolSection(objectSymbol)
  if (section === 0) return value
  const output = input.outputSection[section]
  return output === dropped ? 0 : link.outputSections[output].address + input.offsetInOutput(section, value)
}

/** The values of the symbols of one object after the other. Addresses are final. */
export class SymbolValues {
  readonly #link: LinkState
  /** Whether the walker has them. */
  #walks = false
  // No Float64Array: where all values are below 2^31, as they mostly are, V8 keeps them without allocating.
  readonly #values: number[] = []

  constructor(link: LinkState) {
    this.#link = link
  }

  /** Finds the values of an object's symbols. */
  turnTo(input: InputObject): void {
    this.#walks = input.record > 0
    if (this.#walks) this.#walk(input)
    else this.#fill(input)
  }

  /** NaN where a double cannot hold it (see {@link exactSymbolValue}). */
  of(symbol: number): number {
    return this.#walks ? this.#link.walker.value(symbol) : this.#values[symbol]
  }

  #walk(input: InputObject): void {
    const { walker } = this.#link
    const left = walker.fillValues(input.record, input.object.symbolCount)
    for (let i = 0; i < left; i++) {
      const symbol = walker.leftSymbol(i)
      walker.setValue(symbol, referenceValue(this.#link, input, symbol))
    }
    for (const [symbol, value] of this.#aliases(input)) walker.setValue(symbol, value)
  }

  #fill(input: InputObject): void {
    const { object, globals } = input
    const link = this.#link
    const values = this.#values
    values[0] = 0
    for (let symbol = 1; symbol < object.firstGlobal; symbol++) values[symbol] = referenceValue(link, input, symbol)
    for (let i = 0; i < globals.length; i++) values[object.firstGlobal + i] = link.symbols.value[globals[i]]
    for (const [symbol, value] of this.#aliases(input)) values[symbol] = value
  }

  /** The symbols that mean a section of the object, since no file of the link defines them. */
  *#aliases(input: InputObject): Generator<[symbol: number, value: number]> {
    for (const [symbol, section] of input.object.sectionAliases) {
      const output = input.outputSection[section]
      if (this.#link.symbols.isDefined(input.globalOf(symbol)) || output === dropped) continue
      yield [symbol, this.#link.outputSections[output].address + input.outputOffset[section]]
    }
  }
}

/** Whether the sections that go to an output section are not copied as they stand. */
export function isCopiedByHand({ ehFrame }: LinkState, output: OutputSection): boolean {
  return output === ehFrame?.section || output.type === SHT.INIT_ARRAY || output.type === SHT.FINI_ARRAY
}

/** What the walker knows of an output section: it leaves those that are copied by hand. */
function walkedOutput(link: LinkState): (output: OutputSection) => WalkedOutput {
  return (output) => {
    const { address, fileOffset, flags } = output
    const kind = flags & SHF.ALLOC ? OutputKind.program : OutputKind.other
    return { address, fileOffset, kind: isCopiedByHand(link, output) ? OutputKind.byHand : kind }
  }
}

/** The value of a symbol whatever its size; addresses are final. */
export function exactSymbolValue(link: LinkState, input: InputObject, objectSymbol: number, value: number): Word {
  if (!Number.isNaN(value)) return value
  const symbol = input.globalOf(objectSymbol)
  if (symbol < 0) return input.object.symbolValue(objectSymbol)
  return globalDefinition(link, symbol).value
}

/** The final value of one symbol of an object. */
export function symbolValue(link: LinkState, input: InputObject, objectSymbol: number): Word {
  const symbol = input.globalOf(objectSymbol)
  if (symbol >= 0 && link.symbols.isDefined(symbol)) {
    return exactSymbolValue(link, input, objectSymbol, link.symbols.value[symbol])
  }
  if (symbol < 0) return exactSymbolValue(link, input, objectSymbol, referenceValue(link, input, objectSymbol))
  const section = input.object.sectionAliases.get(objectSymbol)
  if (section === undefined || input.outputSection[section] === dropped) return 0
  return link.outputSections[input.outputSection[section]].address + input.outputOffset[section]
}
