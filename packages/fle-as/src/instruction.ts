import type { Assembly } from './assembly.ts'
import { parseAttOperands, takeBraces } from './att-operands.ts'
import { CharacterClass, characterClass } from './characters.ts'
import { InstructionEncoder } from './encoder/encode.ts'
import { prefixesByName, pseudoPrefixesByName } from './encoder/prefixes.ts'
import type { Expression } from './expression.ts'
import { hashStep, InstructionCache } from './instruction-cache.ts'
import { parseIntelOperands } from './intel-operands.ts'
import { type Encoding, type MemoryOperand, type Operand, RegisterClass, registerClass } from './operand.ts'
import { FixupKind, PieceKind } from './section.ts'

const kinds = {
  absolute: FixupKind.absolute,
  signed: FixupKind.signed,
  'pc-relative': FixupKind.pcRelative,
  branch: FixupKind.branch,
} as const

const gotRelaxations = { none: 0, gotx: 1, 'rex-gotx': 2 } as const

/** Reads instructions: parses, encodes and appends them. */
export class InstructionReader {
  readonly #assembly: Assembly
  readonly #encoder = new InstructionEncoder()
  readonly #cache = new InstructionCache()

  constructor(assembly: Assembly) {
    this.#assembly = assembly
  }

  /** Reads the instruction that begins at `start`; the cursor stands behind its first word, `name`. */
  read(name: string, start: number): void {
    const assembly = this.#assembly
    const { cursor } = assembly
    const { text } = cursor
    let end = start
    let hash = 0
    let code = text.charCodeAt(end)
    // Where a string or a character stands, the end is not as easy to find, and nothing is kept.
    while (!(characterClass[code] & CharacterClass.end) && code !== 34 && code !== 39) {
      hash = hashStep(hash, code)
      code = text.charCodeAt(++end)
    }
    const isKept = code !== 34 && code !== 39 && !assembly.isIntel
    const known = isKept ? this.#cache.find(text, start, end, hash) : 0
    assembly.lines.beforeInstruction(assembly)
    if (known !== 0) {
      cursor.position = end
      this.#cache.appendTo(assembly.current.content, known)
      return
    }
    const operands = this.#encode(name, start)
    if (operands && isKept && this.#isConstant(operands))
      this.#cache.add(text.substring(start, end), hash, this.#lastBytes, this.#lastLength)
  }

  #lastBytes = new Uint8Array(0)
  #lastLength = 0

  #append(bytes: Uint8Array, length: number): void {
    const { content } = this.#assembly.current
    const at = content.reserve(length)
    const { view } = content
    for (let i = 0; i < length; i++) view.setUint8(at + i, bytes[i])
  }

  #isConstant(operands: readonly Operand<Expression>[]): boolean {
    return this.#lastLength > 0 && operands.every((operand) => !fieldValue(operand)?.symbolic)
  }

  /** Parses and encodes one instruction. Returns its operands, undefined after an error. */
  #encode(first: string, start: number): Operand<Expression>[] | undefined {
    const assembly = this.#assembly
    this.#lastLength = 0
    const head = this.#readPrefixes(first)
    if (!head) return undefined
    const operands = assembly.isIntel ? parseIntelOperands(assembly, head.mnemonic) : parseAttOperands(assembly)
    if (!operands) return undefined
    const { section } = assembly.current
    if (!section.hasContent)
      return assembly.error('bad-section', `section ${section.name} holds no bytes: an instruction cannot stand there`)
    const mark = takeTlsCall(operands)
    const result = this.#encoder.encode(head.mnemonic, head.prefixes, operands, assembly.isIntel)
    if ('message' in result) {
      assembly.cursor.position = start
      return assembly.error('bad-instruction', result.message, result.hint)
    }
    if (result.warning !== '') assembly.warning('instruction', result.warning)
    if (!assembly.hasRoom(16)) return undefined
    if (mark) assembly.addFixup(0, FixupKind.mark, 0, mark, 0)
    if (result.jump !== 'none') {
      this.#appendJump(result, operands)
      return operands
    }
    // gas tries the movq of vector registers first, and then reads the operands once more.
    this.#addFixups(result, operands, head.mnemonic === 'movq' && !operands.some(isVectorRegister))
    this.#append(result.bytes, result.length)
    this.#lastBytes = new Uint8Array(result.bytes)
    // With a mark the same text is not the same: the place counts too.
    this.#lastLength = mark ? 0 : result.length
    return operands
  }

  /** Takes prefixes and pseudo-prefixes that stand before the mnemonic. A prefix alone is an instruction. */
  #readPrefixes(first: string): { mnemonic: string; prefixes: number } | undefined {
    const assembly = this.#assembly
    const { cursor } = assembly
    let prefixes = 0
    let word = first
    for (;;) {
      if (word === '') {
        const start = cursor.peek()
        if (start === 123) {
          const name = takeBraces(assembly)
          const bits = pseudoPrefixesByName.get(name)
          if (bits === undefined) return assembly.error('bad-prefix', `{${name}} is not a prefix`)
          prefixes |= bits
          continue
        }
        word = cursor.name()
        if (word === '') return assembly.error('bad-statement', 'an instruction is expected here')
      }
      const lower = word.toLowerCase()
      if (lower.charCodeAt(0) === 106 && cursor.peek() === 44) prefixes |= takeBranchHint(assembly)
      const bits = prefixesByName.get(lower)
      if (bits === undefined || cursor.atEnd()) return { mnemonic: lower, prefixes }
      prefixes |= bits
      word = ''
    }
  }

  #addFixups(result: Encoding, operands: readonly Operand<Expression>[], isReadTwice: boolean): void {
    const { current, sources, symbols } = this.#assembly
    for (let i = 0; i < result.fixupCount; i++) {
      const fixup = result.fixups[i]
      const value = fieldValue(operands[fixup.operand])
      if (!value) continue
      if (isReadTwice && value.add && operands[fixup.operand].kind === 'memory') symbols.list(value.add)
      current.addFixup(
        fixup.offset,
        fixup.width,
        kinds[fixup.kind],
        fixup.toEnd,
        value,
        gotRelaxations[fixup.gotRelaxation],
        sources.place,
      )
    }
  }

  #appendJump(result: Encoding, operands: readonly Operand<Expression>[]): void {
    const assembly = this.#assembly
    const target = fieldValue(operands[0])
    if (!target) return
    this.#append(result.bytes, result.length - 1)
    const kind = result.jump === 'conditional' ? PieceKind.conditionalJump : PieceKind.jump
    const opcode = result.bytes[result.length - 1]
    const isLong = result.jumpLength === 'long'
    const size = isLong ? longSize(kind) : 2
    const piece = assembly.addPiece(kind, size, target, opcode, 0, 0)
    piece.isPinned = result.jumpLength !== 'either'
  }
}

/** `jz,pt` and `jz,pn`: the prefix by which a conditional jump says whether it is likely taken. */
function takeBranchHint({ cursor }: Assembly): number {
  const hint = /^,(pt|pn)(?![\w.$])/i.exec(cursor.text.substring(cursor.position, cursor.position + 4))
  if (!hint) return 0
  cursor.position += hint[0].length
  return prefixesByName.get(hint[1].toLowerCase() === 'pt' ? 'ds' : 'cs') ?? 0
}

/** Bytes of the long form of a jump. */
export function longSize(kind: PieceKind): number {
  return kind === PieceKind.conditionalJump ? 6 : 5
}

function isVectorRegister(operand: Operand<Expression>): boolean {
  return operand.kind === 'register' && registerClass(operand.register) === RegisterClass.xmm
}

function fieldValue(operand: Operand<Expression>): Expression | undefined {
  if (operand.kind === 'immediate') return operand.value.expression
  if (operand.kind === 'memory') return operand.displacement?.expression
  return undefined
}

/**
 * `call *x@TLSCALL(%rax)` is `call *(%rax)` with a mark at its start (psABI, TLS descriptors). Takes the displacement away and
 * returns it.
 */
function takeTlsCall(operands: Operand<Expression>[]): Expression | undefined {
  const [operand] = operands
  if (operands.length !== 1 || operand.kind !== 'memory') return undefined
  const displacement = operand.displacement?.expression
  if (displacement?.modifier !== 'TLSCALL') return undefined
  const bare: MemoryOperand<Expression> = { ...operand, displacement: undefined }
  operands[0] = bare
  return displacement
}
