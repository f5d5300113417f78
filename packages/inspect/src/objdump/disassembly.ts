// Code as instructions, symbol by symbol. Source: disassemble_section() and disassemble_bytes() of binutils/objdump.c.
import { addWords, SHT, subtractWords } from '@fle/object'
import type { Disassembler, Instruction } from '../disassemble/disassembler.ts'
import type { BinaryFile, Relocation, RelocationTable, Section } from '../view/binary-file.ts'
import { compareAddresses, hex } from '../view/hexadecimal.ts'
import type { NameStyle } from '../view/name-style.ts'
import { sectionKind } from '../view/section-kind.ts'
import { CodeSymbols } from './code-symbols.ts'
import { printable } from './contents.ts'
import type { ObjdumpOptions } from './objdump.ts'
import { relocationSymbolName, signed, typeName } from './relocations.ts'
import { chosenRange, chosenSections, endOf, relocationsBySection } from './sections.ts'
import { SourceLines, type SourceStyle } from './source-lines.ts'

/** How code is to be shown. */
export interface CodeStyle {
  /** All sections, and not only those with code. */
  readonly all: boolean
  /** The symbol whose code is shown; undefined for all. */
  readonly symbol: string | undefined
  readonly withBytes: boolean
  readonly withAddresses: boolean
  /** Shows runs of zeros too. */
  readonly withZeros: boolean
  /** What of the source is shown before the code it became; undefined for nothing. */
  readonly source: SourceStyle | undefined
}

/** What stays the same over a section. */
interface SectionCode {
  readonly section: Section
  readonly bytes: Uint8Array
  readonly symbols: CodeSymbols
  readonly style: CodeStyle
  readonly wide: boolean
  readonly names: NameStyle
  readonly disassembler: Disassembler
  /** Digits of addresses. */
  readonly columns: number
  readonly relocations: readonly Relocation[]
  readonly table: RelocationTable | undefined
  readonly file: BinaryFile
  readonly source: SourceLines | undefined
}

/** The code of a file, as far as it is asked for. */
export function* disassembleFile(
  file: BinaryFile,
  options: ObjdumpOptions,
  style: CodeStyle,
  disassembler: Disassembler,
): Generator<string> {
  const symbols = new CodeSymbols(file, options.names)
  const { wide, names } = options
  const source = style.source && new SourceLines(file, style.source, options.readSource)
  const tables = relocationsBySection(file)
  for (const section of chosenSections(file, options)) {
    const { isCode, hasContents } = sectionKind(section)
    if (!style.all && options.onlySections.length === 0 && !(isCode && hasContents)) continue
    const { start, stop } = chosenRange(section, options)
    if (start >= stop) continue
    const table = options.relocations ? tables.get(section) : undefined
    const relocations = [...(table?.relocations ?? [])].sort((a, b) => compareAddresses(a.offset, b.offset))
    const bytes = section.type === SHT.NOBITS ? new Uint8Array(stop) : section.content
    const columns = addressColumns(section)
    const code = {
      section,
      bytes,
      symbols,
      style,
      wide,
      names,
      disassembler,
      columns,
      relocations,
      table,
      file,
      source,
    }
    yield* disassembleSection(code, start, stop)
  }
}

/** The digits that the addresses of a section need, in groups of four, one of which is to spare. */
function addressColumns(section: Section): number {
  const digits = hex(endOf(section), 16)
  let skipped = 0
  while (skipped < 12 && /^0{5}/.test(digits.slice(skipped))) skipped += 4
  return 16 - skipped
}

function* disassembleSection(code: SectionCode, start: number, stop: number): Generator<string> {
  const { section, symbols, style } = code
  const { sorted } = symbols
  yield `\nDisassembly of section ${section.name}:\n`
  let place = symbols.find(addWords(section.address, start), section, true)
  for (let at = start; at < stop; ) {
    const address = addWords(section.address, at)
    const symbol = place === undefined ? undefined : sorted[place]
    const isAhead = symbol !== undefined && compareAddresses(symbol.value, address) > 0
    const following = place === undefined || isAhead ? place : symbols.next(place, section)
    const end = following === undefined ? stop : Number(subtractWords(sorted[following].value, section.address))
    const partStop = end > at && end < stop ? end : stop
    const isWanted = style.symbol === undefined || (symbol?.name === style.symbol && !isAhead)
    if (isWanted) {
      const number = style.withAddresses ? `${hex(address, 16)} ` : ''
      yield `\n${number}${symbols.label(address, section, true)}:\n`
      const isData = symbol?.isData === true && symbol.section === section.index && !isAhead && !style.all
      // Code ends with its symbol; what all sections are shown as has no ends.
      yield* isData
        ? dumpData(code, at, partStop)
        : disassemblePart(
            code,
            isAhead || symbol?.isOfPlt ? undefined : symbol?.name,
            at,
            partStop,
            style.all ? stop : partStop,
          )
    }
    at = partStop
    place = following
  }
}

/** The least run of zeros that is left out, within code and at the end of a part. */
const skippedZeros = 8
const skippedZerosAtEnd = 3

function* disassemblePart(
  code: SectionCode,
  name: string | undefined,
  start: number,
  stop: number,
  end: number,
): Generator<string> {
  const { bytes, section, style, disassembler, relocations } = code
  let nextRelocation = firstRelocation(code, start)
  let at = start
  let lines = ''
  while (at < stop) {
    const afterZeros = style.withZeros ? at : zerosEnd(bytes, at, stop)
    if (afterZeros > at) {
      lines += '\t...\n'
      at = afterZeros
    }
    const first = at
    // Zeros that are left out are decoded for nothing, so code is taken up to the next run of them.
    for (const instruction of disassembler.instructions(bytes, { start: at, stop, end, address: section.address })) {
      const { offset } = instruction
      if (offset > first && !style.withZeros && bytes[offset] === 0 && zerosEnd(bytes, offset, stop) > offset) break
      at = offset + instruction.size
      const beside = nextRelocation
      while (nextRelocation < relocations.length && offsetIn(section, relocations[nextRelocation]) < at)
        nextRelocation++
      const notes = relocations.slice(beside, nextRelocation).map((relocation) => relocationLine(code, relocation))
      lines += code.source?.before(section, addWords(section.address, offset), name) ?? ''
      lines += instructionLines(code, instruction)
      // In wide output the first one ends the instruction's own line.
      lines += code.wide && notes.length > 0 ? notes.join('') : `\n${notes.join('')}`
      if (code.wide || lines.length > 1 << 16) {
        yield lines
        lines = ''
      }
    }
  }
  yield lines
}

/** Relocations of programs count from 0, those of objects from their section, which is at 0. */
function offsetIn(section: Section, { offset }: Relocation): number {
  return Number(subtractWords(offset, section.address))
}

function firstRelocation({ relocations, section }: SectionCode, start: number): number {
  const found = relocations.findIndex((relocation) => offsetIn(section, relocation) >= start)
  return found < 0 ? relocations.length : found
}

/** Where the zeros end that are left out at `at`; `at` if too few are there. */
function zerosEnd(bytes: Uint8Array, at: number, stop: number): number {
  let end = at
  while (end < stop && bytes[end] === 0) end++
  const count = end - at
  if (count < skippedZeros && !(end === stop && count > 0 && count < skippedZerosAtEnd)) return at
  return end < stop ? at + (count & ~3) : end
}

/** Bytes on a line, for code and for data. */
const codeBytes = 7
const dataBytes = 16

function addressColumn({ section, style, columns }: SectionCode, offset: number): string {
  return style.withAddresses ? `${hex(addWords(section.address, offset), columns, ' ')}:` : ''
}

/** The lines of an instruction, the last one without its end. */
function instructionLines(code: SectionCode, instruction: Instruction): string {
  const { style, wide } = code
  const { offset, size, hex: digits } = instruction
  const text = style.withBytes ? `\t${withTarget(code, instruction)}` : withTarget(code, instruction)
  if (!style.withBytes) return `${addressColumn(code, offset)}\t${text}`
  const onFirst = wide ? size : Math.min(size, codeBytes)
  let lines = `${addressColumn(code, offset)}\t${digits.slice(0, 3 * onFirst).padEnd(3 * codeBytes)}${text}`
  for (let at = onFirst; at < size; at += codeBytes) {
    lines += `\n${addressColumn(code, offset + at)}\t${digits.slice(3 * at, 3 * (at + codeBytes))}`
  }
  return lines
}

/** The instruction's text with the place that it refers to. */
function withTarget({ symbols, section, style }: SectionCode, { text, target, isBranch }: Instruction): string {
  if (target === undefined) return text
  const number = style.withAddresses ? `${hex(target)} ` : ''
  const place = symbols.sorted.length === 0 ? `0x${hex(target)}` : number + symbols.label(target, section)
  return isBranch ? text + place : `${text}        # ${place}`
}

function relocationLine({ table, file, wide, section, names }: SectionCode, relocation: Relocation): string {
  if (!table) return ''
  const { type, addend } = relocation
  const place = hex(addWords(section.address, offsetIn(section, relocation)))
  const name = names(relocationSymbolName(relocation, table, file))
  return `${wide ? '\t' : '\t\t\t'}${place}: ${typeName(type)}\t${name}${signed(addend, 1)}\n`
}

/** Data among code, as bytes and letters. */
function* dumpData(code: SectionCode, start: number, stop: number): Generator<string> {
  const { bytes } = code
  for (let at = start; at < stop; at += dataBytes) {
    const part = bytes.subarray(at, Math.min(at + dataBytes, stop))
    const digits = Array.from(part, (byte) => `${byte.toString(16).padStart(2, '0')} `).join('')
    const letters = Array.from(part, printable).join('')
    yield `${addressColumn(code, at)}\t${digits.padEnd(3 * dataBytes)}    ${letters}\n`
  }
}
