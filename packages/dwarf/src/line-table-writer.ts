// Writes the line table of .debug_line. Source: DWARF 5, 6.2; the choice among equivalent opcodes is gas's
// (dwarf2dbg.c: out_debug_line, emit_inc_line_addr), so that the same rows give the same bytes.

/** Where the bytes go: a buffer that grows at its end, little-endian. */
export interface ByteSink {
  readonly length: number
  readonly view: DataView
  byte(value: number): void
  uint16(value: number): void
  uint32(value: number): void
  append(bytes: Uint8Array): void
}

/** The bits of {@link LineTableRow.flags}. */
export const LineFlag = { isStatement: 1, basicBlock: 2, prologueEnd: 4, epilogueBegin: 8 } as const

export interface LineTableRow {
  /** Offset in the section. */
  readonly address: number
  readonly file: number
  readonly line: number
  readonly column: number
  readonly discriminator: number
  readonly flags: number
  readonly isa: number
  /** Whether the address is told by DW_LNE_set_address, so that the number of views begins anew. */
  readonly setsAddress: boolean
}

/** The names that a line table begins with. Entry 0 of each is there from version 5 on only. */
export interface LineTableNames {
  readonly directories: readonly Uint8Array[]
  readonly files: readonly LineTableFile[]
}

export interface LineTableFile {
  readonly name: Uint8Array
  readonly directory: number
  readonly md5: Uint8Array | undefined
}

/** A field that the linker fills: an address of code, or the place of a string in .debug_line_str. */
export interface LineTableField {
  readonly kind: 'address' | 'string'
  /** Offset of the field in the sink. */
  readonly offset: number
  /** The address, as an offset in the row's section; or the string's offset. */
  readonly value: number
}

const lineBase = -5
const lineRange = 14
const opcodeBase = 13
/** How far the largest special opcode can advance the address. */
const largestAdvance = Math.floor((255 - opcodeBase) / lineRange)
/** How many operands each standard opcode has. */
const operandCounts = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]

const DW_LNS = {
  copy: 1,
  advance_pc: 2,
  advance_line: 3,
  set_file: 4,
  set_column: 5,
  negate_stmt: 6,
  set_basic_block: 7,
  const_add_pc: 8,
  set_prologue_end: 10,
  set_epilogue_begin: 11,
  set_isa: 12,
} as const
const DW_LNE = { end_sequence: 1, set_address: 2, set_discriminator: 4 } as const
const DW_LNCT = { path: 1, directory_index: 2, MD5: 5 } as const
const DW_FORM = { udata: 0x0f, data16: 0x1e, line_strp: 0x1f } as const

/** Writes one line table: its header when made, then sequences, then {@link end}. */
export class LineTableWriter {
  readonly #to: ByteSink
  readonly #strings: ByteSink
  readonly #start: number
  /** What the linker has to fill, in the order of the fields, since it was last taken. */
  fields: LineTableField[] = []

  /** `version` is 3, 4 or 5; from 5 on the names go to `strings`, the content of .debug_line_str. */
  constructor(to: ByteSink, strings: ByteSink, version: number, names: LineTableNames) {
    this.#to = to
    this.#strings = strings
    this.#start = to.length
    to.uint32(0)
    to.uint16(version)
    if (version >= 5) {
      to.byte(8) // size of an address
      to.byte(0) // size of a segment selector
    }
    const lengthField = to.length
    to.uint32(0)
    to.byte(1) // smallest instruction
    if (version >= 4) to.byte(1) // operations in an instruction
    to.byte(1) // rows are statements until told otherwise
    to.byte(lineBase & 0xff)
    to.byte(lineRange)
    to.byte(opcodeBase)
    for (const count of operandCounts) to.byte(count)
    if (version >= 5) this.#writeNames(names)
    else this.#writeOldNames(names)
    to.view.setUint32(lengthField, to.length - lengthField - 4, true)
  }

  #writeNames({ directories, files }: LineTableNames): void {
    const to = this.#to
    to.byte(1)
    to.byte(DW_LNCT.path)
    to.byte(DW_FORM.line_strp)
    this.#unsigned(directories.length)
    for (const directory of directories) this.#string(directory)
    // A digest is told if one of them does not begin with zero: as gas tests it.
    const hasDigests = files.some((file) => file.md5 !== undefined && file.md5[0] !== 0)
    to.byte(hasDigests ? 3 : 2)
    to.byte(DW_LNCT.path)
    to.byte(DW_FORM.line_strp)
    to.byte(DW_LNCT.directory_index)
    to.byte(DW_FORM.udata)
    if (hasDigests) {
      to.byte(DW_LNCT.MD5)
      to.byte(DW_FORM.data16)
    }
    this.#unsigned(files.length)
    let last: LineTableField | undefined
    for (const [i, file] of files.entries()) {
      // File 0 is most often file 1: then they share the string.
      if (i === 1 && last && files[0] === file) this.#reference(last.value)
      else last = this.#string(file.name)
      this.#unsigned(file.directory)
      if (hasDigests) to.append(file.md5 ?? new Uint8Array(16))
    }
  }

  #writeOldNames({ directories, files }: LineTableNames): void {
    const to = this.#to
    for (const directory of directories.slice(1)) {
      to.append(directory)
      to.byte(0)
    }
    to.byte(0)
    for (const file of files.slice(1)) {
      to.append(file.name)
      to.byte(0)
      this.#unsigned(file.directory)
      to.byte(0) // time of change
      to.byte(0) // size
    }
    to.byte(0)
  }

  #string(text: Uint8Array): LineTableField {
    const value = this.#strings.length
    this.#strings.append(text)
    this.#strings.byte(0)
    return this.#reference(value)
  }

  #reference(value: number): LineTableField {
    const field: LineTableField = { kind: 'string', offset: this.#to.length, value }
    this.fields.push(field)
    this.#to.uint32(0)
    return field
  }

  /** Writes the rows of one section, which is `size` bytes long. The rows' addresses must not go down. */
  sequence(rows: Iterable<LineTableRow>, size: number): void {
    const to = this.#to
    let [file, line, column, isa, flags] = [1, 1, 0, 0, LineFlag.isStatement as number]
    let address = -1
    for (const row of rows) {
      if (row.file !== file) {
        file = row.file
        to.byte(DW_LNS.set_file)
        this.#unsigned(file)
      }
      if (row.column !== column) {
        column = row.column
        to.byte(DW_LNS.set_column)
        this.#unsigned(column)
      }
      if (row.discriminator !== 0) this.#discriminator(row.discriminator)
      if (row.isa !== isa) {
        isa = row.isa
        to.byte(DW_LNS.set_isa)
        this.#unsigned(isa)
      }
      if ((row.flags ^ flags) & LineFlag.isStatement) to.byte(DW_LNS.negate_stmt)
      flags = row.flags
      if (flags & LineFlag.basicBlock) to.byte(DW_LNS.set_basic_block)
      if (flags & LineFlag.prologueEnd) to.byte(DW_LNS.set_prologue_end)
      if (flags & LineFlag.epilogueBegin) to.byte(DW_LNS.set_epilogue_begin)
      let advance = row.address - address
      if (address < 0 || row.setsAddress) {
        this.#setAddress(row.address)
        advance = 0
      }
      this.#advance(row.line - line, advance)
      line = row.line
      address = row.address
    }
    if (address >= 0) this.#endSequence(size - address)
  }

  /** Fills in the length of the table. */
  end(): void {
    this.#to.view.setUint32(this.#start, this.#to.length - this.#start - 4, true)
  }

  #discriminator(value: number): void {
    const to = this.#to
    to.byte(0)
    this.#unsigned(1 + lengthOfUnsigned(value))
    to.byte(DW_LNE.set_discriminator)
    this.#unsigned(value)
  }

  #setAddress(value: number): void {
    const to = this.#to
    to.byte(0)
    to.byte(9)
    to.byte(DW_LNE.set_address)
    this.fields.push({ kind: 'address', offset: to.length, value })
    to.uint32(0)
    to.uint32(0)
  }

  /** Advances line and address, and adds the row. */
  #advance(lines: number, bytes: number): void {
    const to = this.#to
    let rest = lines
    const isFar = lines < lineBase || lines >= lineBase + lineRange
    if (isFar) {
      to.byte(DW_LNS.advance_line)
      this.#signed(lines)
      rest = 0
    }
    if (rest === 0 && bytes === 0) {
      to.byte(DW_LNS.copy)
      return
    }
    const special = rest - lineBase + opcodeBase
    if (special + bytes * lineRange <= 255) {
      to.byte(special + bytes * lineRange)
      return
    }
    if (bytes >= largestAdvance && special + (bytes - largestAdvance) * lineRange <= 255) {
      to.byte(DW_LNS.const_add_pc)
      to.byte(special + (bytes - largestAdvance) * lineRange)
      return
    }
    to.byte(DW_LNS.advance_pc)
    this.#unsigned(bytes)
    to.byte(isFar ? DW_LNS.copy : special)
  }

  #endSequence(bytes: number): void {
    const to = this.#to
    if (bytes === largestAdvance) to.byte(DW_LNS.const_add_pc)
    else if (bytes !== 0) {
      to.byte(DW_LNS.advance_pc)
      this.#unsigned(bytes)
    }
    to.byte(0)
    to.byte(1)
    to.byte(DW_LNE.end_sequence)
  }

  #unsigned(value: number): void {
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#to.byte((rest % 128) | 128)
    this.#to.byte(rest)
  }

  #signed(value: number): void {
    let rest = value
    while (rest < -64 || rest >= 64) {
      this.#to.byte((rest & 127) | 128)
      rest = Math.floor(rest / 128)
    }
    this.#to.byte(rest & 127)
  }
}

function lengthOfUnsigned(value: number): number {
  let length = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++
  return length
}
