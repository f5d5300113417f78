// The rows of .debug_line: which address comes of which line. Source: DWARF 5, 6.2; DWARF 2 to 4, 6.2.
import { ByteCursor } from './byte-cursor.ts'
import type { LineSections } from './line-sections.ts'
import { type LineUnit, linePath, readLineUnit, workingDirectory } from './line-unit.ts'

/** A line of source. Columns count from 1; 0 is unknown. */
export interface SourceLine {
  readonly file: string
  readonly line: number
  readonly column: number
}

const isStatementFlag = 1
const endsSequenceFlag = 2

/** Rows one behind the other, the last of them before `end`. */
interface RowRun {
  readonly first: number
  readonly end: number
}

/** Rows in order of the line programs, as columns; one sequence of addresses after the other. */
export class LineTable {
  readonly #sections: LineSections
  readonly #units: LineUnit[] = []
  #unit = new Int32Array(64)
  #section = new Int32Array(64)
  #address = new Float64Array(64)
  #file = new Int32Array(64)
  #line = new Int32Array(64)
  #column = new Int32Array(64)
  #flags = new Uint8Array(64)
  /** Made when a line is looked for: each section's rows are. */
  #runs: Map<number, RowRun[]> | undefined
  count = 0
  /** Whether all of the section was read; what is damaged, or of no known version, is left out. */
  isComplete = true

  constructor(sections: LineSections) {
    this.#sections = sections
  }

  /** The section that a row's address is in: 0 in programs, whose addresses are absolute. */
  section(row: number): number {
    return this.#section[row]
  }

  /** The offset in its section or, in programs, the address as a signed number. */
  address(row: number): number {
    return this.#address[row]
  }

  /** Lines count from 1; 0 is code that comes of no line. */
  line(row: number): number {
    return this.#line[row]
  }

  /** Columns count from 1; 0 is unknown. */
  column(row: number): number {
    return this.#column[row]
  }

  /** Whether a breakpoint is good there. */
  isStatement(row: number): boolean {
    return (this.#flags[row] & isStatementFlag) !== 0
  }

  /** Whether the row is no code but the end of what came before. */
  endsSequence(row: number): boolean {
    return (this.#flags[row] & endsSequenceFlag) !== 0
  }

  /** The path of a row's file as its compiler was given it, so relative to where that ran; '' if there is none. */
  file(row: number): string {
    return linePath(this.#sections, this.#units[this.#unit[row]], this.#file[row])
  }

  /** The directory that a row's compiler ran in; '' if it is not known, as before DWARF 5. */
  directory(row: number): string {
    return workingDirectory(this.#sections, this.#units[this.#unit[row]])
  }

  /** The source of the code at an address: an offset in a section of an object, an address with section 0 in programs. */
  lineAt(section: number, address: number): SourceLine | undefined {
    this.#runs ??= this.#findRuns()
    for (const { first, end } of this.#runs.get(section) ?? []) {
      for (let row = first; row < end; row++) {
        if (this.#address[row] > address || this.#address[row + 1] <= address) continue
        if (this.endsSequence(row) || this.#line[row] === 0) continue
        return { file: this.file(row), line: this.#line[row], column: this.#column[row] }
      }
    }
    return undefined
  }

  /** The rows of each section that have another behind them, in runs. */
  #findRuns(): Map<number, RowRun[]> {
    const runs = new Map<number, RowRun[]>()
    for (let first = 0; first + 1 < this.count; ) {
      const section = this.#section[first]
      let end = first + 1
      while (end + 1 < this.count && this.#section[end] === section) end++
      const known = runs.get(section)
      if (known) known.push({ first, end })
      else runs.set(section, [{ first, end }])
      first = end
    }
    return runs
  }

  addUnit(unit: LineUnit): void {
    this.#units.push(unit)
  }

  /** Adds a row of the last unit. */
  add(registers: Registers, endsSequence: boolean): void {
    if (this.count === this.#unit.length) this.#grow()
    const row = this.count++
    this.#unit[row] = this.#units.length - 1
    this.#section[row] = registers.section
    this.#address[row] = registers.address
    this.#file[row] = registers.file
    this.#line[row] = registers.line
    this.#column[row] = registers.column
    this.#flags[row] = (registers.isStatement ? isStatementFlag : 0) | (endsSequence ? endsSequenceFlag : 0)
  }

  #grow(): void {
    const size = 2 * this.count
    const larger = <T extends Int32Array | Uint8Array | Float64Array>(to: T, from: T): T => {
      to.set(from)
      return to
    }
    this.#unit = larger(new Int32Array(size), this.#unit)
    this.#section = larger(new Int32Array(size), this.#section)
    this.#address = larger(new Float64Array(size), this.#address)
    this.#file = larger(new Int32Array(size), this.#file)
    this.#line = larger(new Int32Array(size), this.#line)
    this.#column = larger(new Int32Array(size), this.#column)
    this.#flags = larger(new Uint8Array(size), this.#flags)
  }
}

/** Reads the line tables of all units. The arrays of `sections` must not change while the result is in use. */
export function readLineTable(sections: LineSections): LineTable {
  const table = new LineTable(sections)
  const cursor = new ByteCursor(sections.line)
  while (!cursor.isAtEnd) {
    const { unit, next } = readLineUnit(cursor)
    if (unit) runProgram(sections, unit, table)
    else table.isComplete = false
    cursor.at = next
  }
  return table
}

/** The state of a line program (DWARF 5, 6.2.2). */
interface Registers {
  section: number
  address: number
  file: number
  line: number
  column: number
  isStatement: boolean
}

function initialRegisters(unit: LineUnit): Registers {
  return { section: 0, address: 0, file: 1, line: 1, column: 0, isStatement: unit.defaultIsStatement }
}

/** Standard opcodes (DWARF 5, 6.2.5.2). */
const DW_LNS = {
  copy: 1,
  advance_pc: 2,
  advance_line: 3,
  set_file: 4,
  set_column: 5,
  negate_stmt: 6,
  const_add_pc: 8,
  fixed_advance_pc: 9,
} as const

/** Extended opcodes (DWARF 5, 6.2.5.3). */
const DW_LNE = { end_sequence: 1, set_address: 2 } as const

/** Runs a unit's line program, which makes at most one row a byte. */
function runProgram(sections: LineSections, unit: LineUnit, table: LineTable): void {
  const { opcodeBase, lineBase, lineRange, instructionSize } = unit
  table.addUnit(unit)
  const cursor = new ByteCursor(sections.line, unit.program, unit.end)
  let registers = initialRegisters(unit)
  while (!cursor.isAtEnd) {
    const opcode = cursor.u8()
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase
      registers.address += Math.floor(adjusted / lineRange) * instructionSize
      registers.line += lineBase + (adjusted % lineRange)
      table.add(registers, false)
    } else if (opcode === 0) {
      if (runExtended(sections, cursor, registers, table)) registers = initialRegisters(unit)
    } else runStandard(opcode, unit, cursor, registers, table)
  }
  if (cursor.overrun) table.isComplete = false
}

function runStandard(opcode: number, unit: LineUnit, cursor: ByteCursor, registers: Registers, table: LineTable): void {
  switch (opcode) {
    case DW_LNS.copy:
      table.add(registers, false)
      break
    case DW_LNS.advance_pc:
      registers.address += cursor.uleb() * unit.instructionSize
      break
    case DW_LNS.advance_line:
      registers.line += cursor.sleb()
      break
    case DW_LNS.set_file:
      registers.file = cursor.uleb()
      break
    case DW_LNS.set_column:
      registers.column = cursor.uleb()
      break
    case DW_LNS.negate_stmt:
      registers.isStatement = !registers.isStatement
      break
    case DW_LNS.const_add_pc:
      registers.address += Math.floor((255 - unit.opcodeBase) / unit.lineRange) * unit.instructionSize
      break
    case DW_LNS.fixed_advance_pc:
      registers.address += cursor.u16()
      break
    default:
      // Of no matter for addresses and lines: the header says how many numbers follow.
      for (let left = unit.operandCounts[opcode - 1]; left > 0; left--) cursor.uleb()
      break
  }
}

/** Runs an extended opcode; returns whether it ended the sequence. */
function runExtended(sections: LineSections, cursor: ByteCursor, registers: Registers, table: LineTable): boolean {
  const length = cursor.uleb()
  const end = cursor.at + length
  if (length === 0 || end > cursor.end) {
    cursor.skip(Number.POSITIVE_INFINITY)
    return false
  }
  const opcode = cursor.u8()
  if (opcode === DW_LNE.end_sequence) table.add(registers, true)
  else if (opcode === DW_LNE.set_address && length === 9) {
    const place = sections.relocated?.(cursor.at)
    registers.section = place?.section ?? 0
    registers.address = place?.offset ?? cursor.i64()
  }
  cursor.at = end
  return opcode === DW_LNE.end_sequence
}
