import { SHF, SHT } from '@fle/object'
import type { Assembly } from './assembly.ts'
import {
  type CallFrame,
  DW_CFA,
  dataAlignment,
  type EncodedPointer,
  type FrameOperation,
  frameOperation,
} from './call-frame.ts'
import { distance } from './evaluate.ts'
import { symbolExpression } from './expression.ts'
import { encodedSize } from './frame-directives.ts'
import { leb128 } from './leb128.ts'
import { FixupKind, type Section, type Subsection } from './section.ts'
import { type AssemblySymbol, anonymousLabel, placeLabel } from './symbol.ts'

const DW_OP = { addr: 0x03, GNU_encoded_addr: 0xf1 } as const

/** DW_EH_PE_pcrel | DW_EH_PE_sdata4: how .eh_frame writes the addresses of code. */
const codePointer = 0x1b
const pcRelative = 0x10
/** The rules that hold at a procedure's start: the CFA is %rsp + 8, and the return address stands below it. */
const usualRules: readonly Uint8Array[] = [
  frameOperation(DW_CFA.def_cfa, [7, 8]),
  frameOperation(DW_CFA.offset | 16, [1]),
]

/** A record that FDEs share: they must agree in all that it says. */
interface CommonRecord {
  readonly frame: CallFrame
  readonly offset: number
  /** Operations that stand in the record, by their bytes. */
  readonly initial: readonly Uint8Array[]
}

/**
 * Writes .eh_frame and .debug_frame from what the .cfi directives said (dw2gencfi.c: cfi_finish). To be called when the sizes
 * of code are final.
 */
export function writeCallFrames(assembly: Assembly): Section[] {
  const { frames, sections } = assembly
  const made: Section[] = []
  if (frames.some((frame) => frame.sections.ehFrame)) {
    const section = sections.open('.eh_frame', SHT.PROGBITS, SHF.ALLOC, 0, undefined, undefined)
    section.alignment = Math.max(section.alignment, 8)
    new FrameWriter(assembly, section, true).write(frames)
    made.push(section)
  }
  if (frames.some((frame) => frame.sections.debugFrame)) {
    const section = sections.open('.debug_frame', SHT.PROGBITS, 0, 0, undefined, undefined)
    section.alignment = Math.max(section.alignment, 8)
    new FrameWriter(assembly, section, false).write(frames)
    made.push(section)
  }
  return made
}

/** Writes the records of one section. */
class FrameWriter {
  readonly #assembly: Assembly
  readonly #subsection: Subsection
  readonly #isEhFrame: boolean
  readonly #records: CommonRecord[] = []

  constructor(assembly: Assembly, section: Section, isEhFrame: boolean) {
    this.#assembly = assembly
    this.#subsection = section.subsection(0)
    this.#isEhFrame = isEhFrame
  }

  write(frames: readonly CallFrame[]): void {
    for (const [i, frame] of frames.entries()) {
      if (!(this.#isEhFrame ? frame.sections.ehFrame : frame.sections.debugFrame)) continue
      const record = this.#commonRecord(frame)
      this.#writeFrame(frame, record, i === frames.length - 1)
    }
  }

  /** The record for a frame: the latest that fits, or a new one (dw2gencfi.c: select_cie_for_fde). */
  #commonRecord(frame: CallFrame): CommonRecord {
    for (let i = this.#records.length - 1; i >= 0; i--) {
      const record = this.#records[i]
      if (this.#agree(record.frame, frame) && beginsWith(frame, record.initial)) return record
    }
    const record = { frame, offset: this.#subsection.content.length, initial: initialOperations(frame) }
    this.#records.push(record)
    this.#writeCommon(record)
    return record
  }

  #agree(a: CallFrame, b: CallFrame): boolean {
    if (a.returnColumn !== b.returnColumn || a.isSignal !== b.isSignal) return false
    if (!this.#isEhFrame) return true
    const [first, second] = [a.personality, b.personality]
    return (
      a.languageData?.encoding === b.languageData?.encoding &&
      first?.encoding === second?.encoding &&
      first?.expression.add === second?.expression.add &&
      first?.expression.number === second?.expression.number
    )
  }

  #writeCommon({ frame, initial }: CommonRecord): void {
    const { content } = this.#subsection
    const start = content.length
    content.uint32(0)
    content.uint32(this.#isEhFrame ? 0 : 0xffffffff)
    content.byte(1)
    const { personality, languageData } = frame
    if (this.#isEhFrame) content.text(`z${personality ? 'P' : ''}${languageData ? 'L' : ''}R`)
    if (frame.isSignal) content.text('S')
    content.byte(0)
    content.byte(1)
    content.append(leb128(dataAlignment, true))
    content.byte(frame.returnColumn)
    if (this.#isEhFrame) {
      const size = 1 + (languageData ? 1 : 0) + (personality ? 1 + encodedSize(personality.encoding) : 0)
      content.byte(size)
      if (personality) {
        content.byte(personality.encoding)
        this.#pointer(personality)
      }
      if (languageData) content.byte(languageData.encoding)
      content.byte(codePointer)
    }
    for (const bytes of initial) content.append(bytes)
    this.#end(start, this.#isEhFrame ? 4 : 8)
  }

  #writeFrame(frame: CallFrame, record: CommonRecord, isLast: boolean): void {
    const { content } = this.#subsection
    const { start: begin } = frame
    const end = frame.end ?? begin
    const start = content.length
    content.uint32(0)
    if (this.#isEhFrame) content.uint32(start + 4 - record.offset)
    else this.#field(4, FixupKind.absolute, this.#recordLabel(record), 0)
    this.#field(
      this.#isEhFrame ? 4 : 8,
      this.#isEhFrame ? FixupKind.pcRelative : FixupKind.absolute,
      begin,
      frame.place,
    )
    const size = distance(begin, end) ?? 0
    content.uint32(size)
    if (this.#isEhFrame) {
      content.byte(frame.languageData ? encodedSize(frame.languageData.encoding) : 0)
      if (frame.languageData) this.#pointer(frame.languageData)
    } else content.uint32(Math.floor(size / 2 ** 32))
    this.#operations(frame, record)
    this.#end(start, !this.#isEhFrame || isLast ? 8 : 4)
  }

  #operations(frame: CallFrame, record: CommonRecord): void {
    const { content } = this.#subsection
    const { subsection } = frame.start
    if (!subsection) return
    let last = subsection.address(frame.start.piece, frame.start.offset)
    const usual = frame.isSimple ? [] : usualRules
    // A record of a simple frame may say less than the usual rules.
    for (const bytes of usual.slice(record.initial.length)) content.append(bytes)
    const skipped = record.initial.length - usual.length
    for (const [i, operation] of frame.operations.entries()) {
      if (i < skipped) continue
      const place = subsection.address(operation.piece, operation.offset)
      advance(content, place - last)
      last = place
      content.append(operation.bytes)
      if (operation.label !== undefined) this.#defineLabel(operation.label, frame)
      if (operation.address) this.#encodedAddress(operation.address)
    }
  }

  #defineLabel(name: string, { place }: CallFrame): void {
    const symbol = this.#assembly.symbols.findOrAdd(name)
    if (symbol.isDefined) this.#assembly.errorAt(place, 'duplicate-symbol', `symbol ${name} is already defined`)
    else placeLabel(symbol, this.#subsection)
  }

  /** A block of one DWARF operation: an address, in the encoding that was asked for. */
  #encodedAddress(pointer: EncodedPointer): void {
    const { content } = this.#subsection
    const { encoding } = pointer
    const width = encodedSize(encoding)
    if (encoding === 0) {
      content.byte(1 + width)
      content.byte(DW_OP.addr)
    } else {
      content.byte(2 + width)
      content.byte(DW_OP.GNU_encoded_addr)
      content.byte(encoding)
    }
    this.#pointer(pointer)
  }

  #recordLabel(record: CommonRecord): AssemblySymbol {
    const label = anonymousLabel(this.#subsection)
    label.offset = record.offset
    return label
  }

  #field(width: number, kind: FixupKind, symbol: AssemblySymbol, place: number): void {
    this.#subsection.addFixup(0, width, kind, 0, symbolExpression(symbol), 0, place)
    this.#subsection.content.reserve(width)
  }

  /** A pointer to a personality routine or to language-specific data. */
  #pointer({ encoding, expression }: EncodedPointer): void {
    const { content } = this.#subsection
    const width = encodedSize(encoding)
    const isRelative = (encoding & 0x70) === pcRelative
    if (!expression.symbolic && !isRelative) {
      this.#assembly.current = this.#subsection
      this.#assembly.emitNumber(expression.number, width)
      return
    }
    this.#subsection.addFixup(0, width, isRelative ? FixupKind.pcRelative : FixupKind.absolute, 0, expression, 0, 0)
    content.reserve(width)
  }

  /** Fills a record up with DW_CFA_nop, which is zero, and tells its length. */
  #end(start: number, alignment: number): void {
    const { content } = this.#subsection
    content.align(alignment)
    content.view.setUint32(start, content.length - start - 4, true)
  }
}

/** The operations that a frame begins with before any of its code: they go into the common record. */
function initialOperations(frame: CallFrame): Uint8Array[] {
  const initial = frame.isSimple ? [] : [...usualRules]
  for (const operation of frame.operations) {
    if (!isInitial(frame, operation)) break
    initial.push(operation.bytes)
  }
  return initial
}

function isInitial(frame: CallFrame, operation: FrameOperation): boolean {
  const { subsection, piece, offset } = frame.start
  if (operation.isOwn || !subsection) return false
  return subsection.address(operation.piece, operation.offset) === subsection.address(piece, offset)
}

/** Whether the frame begins with operations: its own may go on. */
function beginsWith(frame: CallFrame, initial: readonly Uint8Array[]): boolean {
  const own = initialOperations(frame)
  return initial.every((bytes, i) => own[i] !== undefined && isSame(bytes, own[i]))
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/** DW_CFA_advance_loc in its shortest form. */
function advance(content: Subsection['content'], delta: number): void {
  if (delta <= 0) return
  if (delta < 0x40) content.byte(DW_CFA.advance_loc | delta)
  else if (delta < 0x100) {
    content.byte(DW_CFA.advance_loc1)
    content.byte(delta)
  } else if (delta < 0x10000) {
    content.byte(DW_CFA.advance_loc2)
    content.uint16(delta)
  } else {
    content.byte(DW_CFA.advance_loc4)
    content.uint32(delta)
  }
}
