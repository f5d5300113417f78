import { SHF, SHT, STB, STT, type Word } from '@fle/object'
import type { Assembly } from './assembly.ts'
import { bytesOfText } from './characters.ts'
import { hasContent } from './debug-line.ts'
import { evaluateNumber } from './evaluate.ts'
import { Expression, numberExpression, symbolExpression } from './expression.ts'
import { leb128 } from './leb128.ts'
import { PieceKind, type Section } from './section.ts'
import { type AssemblySymbol, anonymousLabel } from './symbol.ts'

const DW_TAG = { compile_unit: 0x11, subprogram: 0x2e, unspecified_type: 0x3b } as const
const DW_AT = {
  name: 0x03,
  stmt_list: 0x10,
  low_pc: 0x11,
  high_pc: 0x12,
  language: 0x13,
  comp_dir: 0x1b,
  producer: 0x25,
  external: 0x3f,
  type: 0x49,
  ranges: 0x55,
} as const
const DW_FORM = {
  addr: 0x01,
  data2: 0x05,
  data4: 0x06,
  flag: 0x0c,
  strp: 0x0e,
  udata: 0x0f,
  ref_udata: 0x15,
  sec_offset: 0x17,
  flag_present: 0x19,
} as const
const DW_UT_compile = 1
const DW_LANG_Mips_Assembler = 0x8001
const DW_RLE = { end_of_list: 0, start_length: 7 } as const

/** The kinds of entries: their numbers in .debug_abbrev. */
const Entry = { unit: 1, function: 2, noType: 3 } as const

/** The assembler whose tables these are byte for byte: debuggers know it by this name. */
const producer = 'GNU AS 2.40'

/**
 * Writes .debug_info, and the sections that it refers to, if the program has lines but brought none: one unit for all of
 * it, with its functions (dwarf2dbg.c: dwarf2_finish). To be called when the sizes of code are final and the line table is
 * written. Returns the sections.
 */
export function writeDebugInformation(assembly: Assembly): Section[] {
  const { lines, current } = assembly
  if (lines.sections.length === 0 || hasContent(assembly, '.debug_info')) return []
  const writer = new DebugInformationWriter(assembly)
  writer.write()
  assembly.current = current
  return writer.sections
}

class DebugInformationWriter {
  readonly #assembly: Assembly
  readonly #version: number
  readonly #information: Section
  readonly #abbreviations: Section
  readonly #addressRanges: Section
  readonly #strings: Section
  /** Where the code is: undefined if one range of addresses covers it. */
  readonly #ranges: Section | undefined
  readonly #functions: readonly SizedFunction[]

  constructor(assembly: Assembly) {
    const { sections, lines } = assembly
    const open = (name: string, flags = 0) =>
      sections.open(name, SHT.PROGBITS, flags, flags === 0 ? 0 : 1, undefined, undefined)
    this.#assembly = assembly
    this.#version = lines.version
    this.#information = open('.debug_info')
    this.#abbreviations = open('.debug_abbrev')
    this.#addressRanges = open('.debug_aranges')
    this.#addressRanges.alignment = 16
    this.#strings = open('.debug_str', SHF.MERGE | SHF.STRINGS)
    if (lines.sections.length > 1) {
      this.#ranges = open(lines.version < 5 ? '.debug_ranges' : '.debug_rnglists')
      if (lines.version < 5) this.#ranges.alignment = 16
    }
    this.#functions = sizedFunctions(assembly)
  }

  get sections(): Section[] {
    const { sections } = this.#assembly
    return sections.all.filter((section) => section === this.#ranges || this.#all.includes(section))
  }

  get #all(): readonly Section[] {
    return [this.#information, this.#abbreviations, this.#addressRanges, this.#strings]
  }

  write(): void {
    const ranges = this.#ranges && this.#writeRanges(this.#ranges)
    this.#writeAddressRanges()
    this.#writeAbbreviations()
    this.#writeInformation(ranges)
    this.#orderSymbols()
  }

  /** As gas first needs them: where it writes these tables, and then in the order of the fields that name them. */
  #orderSymbols(): void {
    const { sections, symbols } = this.#assembly
    const [line, names] = ['.debug_line', '.debug_line_str'].map((name) => sections.find(name, undefined, undefined))
    const ordered = [this.#information, this.#abbreviations, line, names, this.#ranges, this.#strings]
    symbols.moveToEnd(ordered.map((section) => section?.symbol))
  }

  /** Ends by filling in the length that stands at its start. */
  #inUnit(section: Section, write: () => void): void {
    const assembly = this.#assembly
    assembly.setSection(section)
    const start = assembly.here()
    const end = anonymousLabel(assembly.current)
    assembly.emitValue(new Expression(end, start, -4), 4)
    write()
    assembly.setSection(section)
    end.piece = assembly.current.pieces.length
    end.offset = assembly.current.content.length
  }

  /** The list for DW_AT_ranges: returns its label. */
  #writeRanges(section: Section): AssemblySymbol {
    const assembly = this.#assembly
    const { lines } = assembly
    if (this.#version >= 5) {
      let label: AssemblySymbol | undefined
      this.#inUnit(section, () => {
        assembly.emitNumber(5, 2)
        this.#bytes(8, 0)
        assembly.emitNumber(0, 4)
        label = assembly.here()
        for (const code of lines.sections) {
          this.#bytes(DW_RLE.start_length)
          this.#address(code)
          this.#unsigned(code.size)
        }
        this.#bytes(DW_RLE.end_of_list)
      })
      return label ?? assembly.here()
    }
    assembly.setSection(section)
    const label = assembly.here()
    assembly.emitNumber(-1, 8)
    assembly.emitNumber(0, 8)
    for (const code of lines.sections) {
      this.#address(code)
      this.#address(code, code.size)
    }
    assembly.emitNumber(0, 8)
    assembly.emitNumber(0, 8)
    return label
  }

  #writeAddressRanges(): void {
    const assembly = this.#assembly
    this.#inUnit(this.#addressRanges, () => {
      assembly.emitNumber(2, 2)
      this.#offset(this.#information)
      this.#bytes(8, 0)
      // The first pair of words stands at a multiple of its size.
      this.#bytes(0, 0, 0, 0)
      for (const code of assembly.lines.sections) {
        this.#address(code)
        assembly.emitNumber(code.size, 8)
      }
      assembly.emitNumber(0, 8)
      assembly.emitNumber(0, 8)
    })
  }

  /** How DW_AT_external is told: by its presence where all functions are external. */
  get #externalForm(): number | undefined {
    const isExternal = this.#functions.map(({ symbol }) => isGlobal(symbol))
    if (!isExternal.includes(true)) return undefined
    return isExternal.includes(false) || this.#version < 4 ? DW_FORM.flag : DW_FORM.flag_present
  }

  #writeAbbreviations(): void {
    const isOld = this.#version < 4
    const offset = isOld ? DW_FORM.data4 : DW_FORM.sec_offset
    const length = isOld ? DW_FORM.addr : DW_FORM.udata
    const place = this.#ranges ? [DW_AT.ranges, offset] : [DW_AT.low_pc, DW_FORM.addr, DW_AT.high_pc, length]
    const names = [DW_AT.name, DW_FORM.strp, DW_AT.comp_dir, DW_FORM.strp, DW_AT.producer, DW_FORM.strp]
    const hasFunctions = this.#functions.length > 0
    this.#assembly.setSection(this.#abbreviations)
    this.#bytes(Entry.unit, DW_TAG.compile_unit, hasFunctions ? 1 : 0)
    this.#bytes(DW_AT.stmt_list, offset, ...place, ...names, DW_AT.language, DW_FORM.data2, 0, 0)
    if (hasFunctions) {
      const form = this.#externalForm
      this.#bytes(Entry.function, DW_TAG.subprogram, 0, DW_AT.name, DW_FORM.strp)
      if (form !== undefined) this.#bytes(DW_AT.external, form)
      if (this.#version > 2) this.#bytes(DW_AT.type, DW_FORM.ref_udata)
      this.#bytes(DW_AT.low_pc, DW_FORM.addr, DW_AT.high_pc, length, 0, 0)
      if (this.#version > 2) this.#bytes(Entry.noType, DW_TAG.unspecified_type, 0, 0, 0)
    }
    this.#bytes(0)
  }

  #writeInformation(ranges: AssemblySymbol | undefined): void {
    const assembly = this.#assembly
    const { lines, sections } = assembly
    const [name, directory, maker] = [this.#fileName(), lines.toldDirectory(lines.workingDirectory), producer].map(
      (text) => this.#string(text),
    )
    this.#inUnit(this.#information, () => {
      assembly.emitNumber(this.#version, 2)
      if (this.#version >= 5) this.#bytes(DW_UT_compile, 8)
      this.#offset(this.#abbreviations)
      if (this.#version < 5) this.#bytes(8)
      this.#bytes(Entry.unit)
      this.#offset(sections.open('.debug_line', SHT.PROGBITS, 0, 0, undefined, undefined))
      const [code] = lines.sections
      if (ranges) assembly.emitValue(symbolExpression(ranges), 4)
      else {
        this.#address(code)
        if (this.#version < 4) this.#address(code, code.size)
        else this.#unsigned(code.size)
      }
      for (const label of [name, directory, maker]) assembly.emitValue(symbolExpression(label), 4)
      assembly.emitNumber(DW_LANG_Mips_Assembler, 2)
      if (this.#functions.length > 0) this.#writeFunctions()
    })
  }

  #writeFunctions(): void {
    const assembly = this.#assembly
    const start = anonymousLabel(this.#information.subsection(0))
    start.piece = 0
    start.offset = 0
    const noType = anonymousLabel(assembly.current)
    for (const { symbol, size } of this.#functions) {
      const name = this.#string(symbol.name)
      assembly.setSection(this.#information)
      this.#bytes(Entry.function)
      assembly.emitValue(symbolExpression(name), 4)
      if (this.#externalForm === DW_FORM.flag) this.#bytes(isGlobal(symbol) ? 1 : 0)
      if (this.#version > 2) assembly.addPiece(PieceKind.uleb128, 1, new Expression(noType, start, 0), 1, 0, 0)
      assembly.emitValue(symbolExpression(symbol), 8)
      if (this.#version < 4) assembly.emitValue(symbolExpression(symbol, size), 8)
      else this.#unsigned(size)
    }
    if (this.#version > 2) {
      noType.piece = assembly.current.pieces.length
      noType.offset = assembly.current.content.length
      this.#bytes(Entry.noType)
    }
    this.#bytes(0)
  }

  /** The name of the first file, as the line table has it: no other is known. */
  #fileName(): string {
    const { lines } = this.#assembly
    const file = (this.#version >= 5 ? lines.files[0] : undefined) ?? lines.files[1]
    if (!file) return ''
    const directory = file.directory > 0 ? lines.directories[file.directory] : undefined
    return directory === undefined ? file.name : `${lines.toldDirectory(directory)}/${file.name}`
  }

  /** Adds a text to .debug_str, which is left open. */
  #string(text: string): AssemblySymbol {
    const assembly = this.#assembly
    assembly.setSection(this.#strings)
    const label = assembly.here()
    assembly.current.content.append(bytesOfText(text))
    this.#bytes(0)
    return label
  }

  #bytes(...values: readonly number[]): void {
    for (const value of values) this.#assembly.current.content.byte(value)
  }

  #unsigned(value: Word): void {
    this.#assembly.current.content.append(leb128(value, false))
  }

  /** A place in code, of 8 bytes. */
  #address(code: Section, offset = 0): void {
    if (code.symbol) this.#assembly.emitValue(symbolExpression(code.symbol, offset), 8)
  }

  /** The start of a section, of 4 bytes. */
  #offset({ symbol }: Section): void {
    this.#assembly.emitValue(symbol ? symbolExpression(symbol) : numberExpression(0), 4)
  }
}

interface SizedFunction {
  readonly symbol: AssemblySymbol
  readonly size: Word
}

/** The functions whose size the program tells: those that it tells to be 0 by an expression of labels are among them. */
function sizedFunctions({ symbols }: Assembly): SizedFunction[] {
  const functions: SizedFunction[] = []
  for (const symbol of symbols.all) {
    const isFunction = symbol.type === STT.FUNC || symbol.type === STT.GNU_IFUNC
    if (!isFunction || !symbol.isDefined || !symbol.size) continue
    const size = evaluateNumber(symbol.size)
    if (size === undefined || (size === 0 && !symbol.size.symbolic)) continue
    functions.push({ symbol, size })
  }
  return functions
}

function isGlobal({ binding }: AssemblySymbol): boolean {
  return binding === STB.GLOBAL || binding === STB.GNU_UNIQUE
}
