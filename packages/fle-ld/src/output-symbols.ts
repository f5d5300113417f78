import { addWords, SHF, SHN, STB, STT, symbolRecord, type Word } from '@fle/object'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { placeLinkerSymbol, tlsModuleBase } from './linker-symbols.ts'
import type { OutputSection } from './output-section.ts'
import { requestedType } from './requested-symbols.ts'
import { commandLineDefined, linkerDefined, Rank } from './symbol-table.ts'
import { commonSection } from './symbol-values.ts'

/** One symbol of the output, on its way to a symbol table or a map. */
export interface OutputSymbol {
  readonly name: Uint8Array
  readonly info: number
  readonly other: number
  /** The section it is in; undefined for an absolute or an undefined symbol (see {@link index}). */
  readonly section: OutputSection | undefined
  /** SHN_ABS or SHN_UNDEF for a symbol without a section. */
  readonly index: number
  readonly value: Word
  readonly size: Word
}

/** Calls `visit` for each global symbol that the output keeps, in the order in which names were first met. */
export function visitGlobalSymbols(link: LinkState, visit: (symbol: OutputSymbol, global: number) => void): void {
  const { symbols } = link
  for (let global = 0; global < symbols.count; global++) {
    const found = link.versionAliases.has(global) ? undefined : globalSymbol(link, global)
    if (found) visit(found, global)
  }
}

/** A global symbol as the output has it; undefined if it has not. */
export function globalSymbol(link: LinkState, global: number): OutputSymbol | undefined {
  const { symbols } = link
  const name = symbols.names.bytes(global)
  const object = symbols.definingObject[global]
  const other = symbols.visibility[global]
  if (object === linkerDefined) {
    const { section, address } = placeLinkerSymbol(link, link.linkerSymbols[symbols.definingSymbol[global]])
    const isThread = link.symbols.names.text(global) === tlsModuleBase
    const info = (STB.GLOBAL << 4) | (isThread ? STT.TLS : STT.NOTYPE)
    const value = address - (isThread ? link.layout.threadImageStart : 0)
    return { name, info, other, section: shownSection(section), index: SHN.ABS, value, size: 0 }
  }
  if (object === commandLineDefined) {
    const index = symbols.definingSymbol[global]
    const { section, value } = link.requestedDefinitions[index]
    const info = (STB.GLOBAL << 4) | requestedType(link, index)
    return { name, info, other, section: shownSection(section), index: SHN.ABS, value, size: 0 }
  }
  if (symbols.rank[global] === Rank.common) {
    const { kind = 'small', size = 0 } = symbols.commons.get(global) ?? {}
    const isThread = kind === 'thread'
    const info = (STB.GLOBAL << 4) | (isThread ? STT.TLS : STT.OBJECT)
    const section = shownSection(commonSection(link, global))
    const value = symbols.value[global] - (isThread ? link.layout.threadImageStart : 0)
    return { name, info, other, section, index: SHN.ABS, value, size }
  }
  if (object >= 0) {
    const found = definedSymbol(link, link.objects[object], symbols.definingSymbol[global])
    return found && { ...found, other }
  }
  // As GNU ld: a static program lists what it lacks only if relocations that are kept need it, or -u.
  const isWeak = symbols.rank[global] === Rank.weakUndefined
  const isKept = isWeak ? link.options.emitRelocations : symbols.rank[global] === Rank.undefined
  if (!isKept || !(isWeak || isWanted(link, global))) return undefined
  return {
    name,
    info: (isWeak ? STB.WEAK : STB.GLOBAL) << 4,
    other,
    section: undefined,
    index: SHN.UNDEF,
    value: 0,
    size: 0,
  }
}

/** Whether the command line names a symbol that it wants, with -u. */
function isWanted({ options, symbols }: LinkState, global: number): boolean {
  return options.wantedSymbols?.some((name) => symbols.names.lookupText(name) === global) ?? false
}

/** A symbol that an object defines, undefined if its section is not in the output. */
function definedSymbol(link: LinkState, input: InputObject, symbol: number): OutputSymbol | undefined {
  const { object } = input
  const record = object.symbolRecord(symbol)
  const section = object.symbolSection(symbol)
  const output = section === 0 ? undefined : link.outputSections[input.outputSection[section]]
  if (section !== 0 && input.outputSection[section] === dropped) return undefined
  return {
    name: object.stringBytesAt(object.symbolNameOffset(symbol)),
    info: object.bytes[record + symbolRecord.info],
    other: object.bytes[record + symbolRecord.other] & 3,
    section: shownSection(output),
    index: SHN.ABS,
    value: outputValue(link, input, symbol, output),
    size: object.symbolSize(symbol),
  }
}

/** A symbol's value in the symbol table: of a thread-local one, the offset in the thread's block. */
export function outputValue(
  link: LinkState,
  input: InputObject,
  symbol: number,
  output: OutputSection | undefined,
): Word {
  const offset = input.object.symbolValue(symbol)
  if (!output) return offset
  const base = output.flags & SHF.TLS ? output.address - link.layout.threadImageStart : output.address
  const section = input.object.symbolSection(symbol)
  if (input.merged?.[section]) return base + input.offsetInOutput(section, Number(offset))
  return addWords(base + input.outputOffset[section], offset)
}

/** The section that what is in a section is shown in: another one if it is empty, which has no header. */
export function shownSection(section: OutputSection | undefined): OutputSection | undefined {
  return section && section.size === 0 ? section.neighbour : section
}
