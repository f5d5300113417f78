// From bytes to instructions in GNU objdump's words. Source: print_insn() and ckprefix() of opcodes/i386-dis.c.
import { addWords, type Word } from '@fle/object'
import { attText } from './att-syntax.ts'
import { type DecodedText, Decoder, type Syntax } from './capstone.ts'
import { legacyPrefixes } from './encoding.ts'
import { type InstructionText, inColumns } from './instruction-text.ts'
import { intelText } from './intel-syntax.ts'
import { loneWord } from './prefixes.ts'

/** An instruction, or bytes that are none. */
export interface Instruction extends InstructionText {
  /** Where it begins in the bytes that were given. */
  readonly offset: number
  readonly size: number
  /** Its bytes in hexadecimal, each with a space behind it. */
  readonly hex: string
}

/** The part of the code to disassemble. */
export interface CodeRange {
  /** Offsets in the bytes: of the first instruction, and from where on none begins. */
  readonly start: number
  readonly stop: number
  /** Where bytes end that may belong to the last instruction. */
  readonly end: number
  /** The address of the first of the bytes. */
  readonly address: Word
}

/** Instructions are decoded in pieces of so many bytes: one call costs as much as ten instructions. */
const pieceSize = 4096

/** The longest instruction of x86-64. */
const longestInstruction = 15

/** How many texts are kept for bytes that occur again. */
const keptTexts = 1 << 15

const hexOf: readonly string[] = Array.from({ length: 256 }, (_, byte) => `${byte.toString(16).padStart(2, '0')} `)

function hexadecimal(bytes: Uint8Array, start: number, end: number): string {
  let text = ''
  for (let i = start; i < end; i++) text += hexOf[bytes[i]]
  return text
}

export class Disassembler {
  readonly #decoder: Decoder
  /** Texts by bytes, of instructions that do not refer to their own place. */
  readonly #texts = new Map<string, InstructionText>()

  private constructor(decoder: Decoder) {
    this.#decoder = decoder
  }

  static async load(syntax: Syntax): Promise<Disassembler> {
    return new Disassembler(await Decoder.load(syntax))
  }

  /** The instructions that begin in a range of bytes. */
  *instructions(bytes: Uint8Array, { start, stop, end, address }: CodeRange): Generator<Instruction> {
    for (let at = start; at < stop; ) {
      const reach = Math.min(at + pieceSize, stop + longestInstruction, end)
      // What begins close to the end of a piece may be cut off there, and is decoded with the next one.
      const limit = reach === end ? stop : Math.min(stop, reach - longestInstruction + 1)
      const decoded = this.#decoder.decode(bytes.subarray(at, reach), addWords(address, at))
      if (decoded.length === 0) {
        const undecodable = this.#undecodable(bytes, at, end)
        yield undecodable
        at += undecodable.size
      }
      for (const item of decoded) {
        if (at >= limit) break
        const special = this.#specialCase(bytes, at, end, address)
        const instruction = special ?? this.#instruction(item, bytes, at, address)
        yield instruction
        at += instruction.size
        // What follows begins elsewhere than Capstone thinks.
        if (special && special.size !== item.size) break
      }
    }
  }

  #instruction(decoded: DecodedText, bytes: Uint8Array, offset: number, address: Word): Instruction {
    const { size } = decoded
    const hex = hexadecimal(bytes, offset, offset + size)
    let text = this.#texts.get(hex)
    if (!text) {
      const format = this.#decoder.syntax === 'att' ? attText : intelText
      text = format(decoded, bytes.subarray(offset, offset + size), addWords(address, offset))
      if (text.target === undefined && this.#texts.size < keptTexts) this.#texts.set(hex, text)
    }
    return { ...text, offset, size, hex }
  }

  /** What GNU takes apart or puts together in another way than Capstone. */
  #specialCase(bytes: Uint8Array, at: number, end: number, address: Word): Instruction | undefined {
    // fwait is a prefix of the x87 instruction behind it: fnstcw becomes fstcw.
    if (bytes[at] === 0x9b && at + 1 < end && bytes[at + 1] >> 3 === 0x1b) {
      const reach = Math.min(at + longestInstruction, end)
      const [next] = this.#decoder.decode(bytes.subarray(at + 1, reach), addWords(address, at + 1))
      if (!next) return undefined
      const { text, target, isBranch, size } = this.#instruction(next, bytes, at + 1, address)
      const [name, ...operands] = text.split(/ +/)
      const whole = name.startsWith('fn') ? inColumns(`f${name.slice(2)}`, operands.join(' ')) : text
      return { text: whole, target, isBranch, offset: at, size: size + 1, hex: hexadecimal(bytes, at, at + size + 1) }
    }
    // A REX prefix counts only right before the opcode.
    const rex = prefixEnd(bytes, at, end)
    if (rex + 1 < end && isRex(bytes[rex]) && (isRex(bytes[rex + 1]) || legacyPrefixes.has(bytes[rex + 1])))
      return this.#words(bytes, at, rex + 1)
    return undefined
  }

  /** Prefixes with nothing behind them. */
  #words(bytes: Uint8Array, start: number, end: number, last: readonly string[] = []): Instruction {
    const prefixes = Array.from(bytes.subarray(start, end), loneWord).filter((word) => word !== undefined)
    const text = [...prefixes, ...last].join(' ')
    return {
      text,
      target: undefined,
      isBranch: false,
      offset: start,
      size: end - start,
      hex: hexadecimal(bytes, start, end),
    }
  }

  /** What GNU says where no instruction begins, or where one is cut off at the end. */
  #undecodable(bytes: Uint8Array, at: number, end: number): Instruction {
    if (end - at < longestInstruction && this.#isCutOff(bytes.subarray(at, end))) {
      const word = loneWord(bytes[at]) ?? `.byte 0x${bytes[at].toString(16)}`
      return { ...this.#words(bytes, at, at + 1), text: word }
    }
    const rex = prefixEnd(bytes, at, end)
    if (rex >= end) return this.#words(bytes, at, end)
    const hasRex = isRex(bytes[rex])
    if (hasRex && rex + 1 < end && (isRex(bytes[rex + 1]) || legacyPrefixes.has(bytes[rex + 1])))
      return this.#words(bytes, at, rex + 1)
    const opcode = hasRex ? rex + 1 : rex
    const size = bytes[opcode] === 0x0f ? 2 : 1
    const prefixes = this.#words(bytes, at, Math.min(opcode, end)).text
    const text = prefixes === '' ? '(bad)' : `${prefixes} (bad)`
    return { ...this.#words(bytes, at, Math.min(opcode + size, end)), text }
  }

  /** Whether more bytes would make an instruction of these. */
  #isCutOff(bytes: Uint8Array): boolean {
    const longer = new Uint8Array(bytes.length + longestInstruction)
    longer.set(bytes)
    const [first] = this.#decoder.decode(longer, 0)
    return first !== undefined && first.size > bytes.length
  }
}

function isRex(byte: number): boolean {
  return byte >> 4 === 4
}

/** Where the legacy prefixes end that begin at an offset. */
function prefixEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  while (at < end && legacyPrefixes.has(bytes[at])) at++
  return at
}
