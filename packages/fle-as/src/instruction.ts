import { addWords } from '@fle/object'
import type { Assembly } from './assembly.ts'
import { parseAttOperands, takeBraces } from './att-operands.ts'
import { InstructionEncoder } from './encoder/encode.ts'
import { prefixesByName, pseudoPrefixesByName } from './encoder/prefixes.ts'
import { Expression } from './expression.ts'
import { InstructionCache, type Jump, type Template } from './instruction-cache.ts'
import { InstructionShape } from './instruction-shape.ts'
import { type EncodedInstruction, fieldValue, jumpOf, makeTemplate } from './instruction-template.ts'
import { parseIntelOperands } from './intel-operands.ts'
import {
  type Encoding,
  type Fixup,
  type MemoryOperand,
  type Operand,
  Prefix,
  RegisterClass,
  registerClass,
} from './operand.ts'
import { FixupKind, PieceKind } from './section.ts'
import { SymbolState } from './symbol.ts'
import { hintOfOperands, hintOfWord } from './syntax-hints.ts'

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
  readonly #wideEncoder: InstructionEncoder
  /** That of .code32, if it is needed. */
  #narrowEncoder: InstructionEncoder | undefined
  readonly #shape = new InstructionShape()
  readonly #cache = new InstructionCache()

  constructor(assembly: Assembly) {
    this.#assembly = assembly
    this.#wideEncoder = new InstructionEncoder(assembly.options.ignoredFields)
  }

  get #encoder(): InstructionEncoder {
    const { isNarrow, options } = this.#assembly
    if (!isNarrow) return this.#wideEncoder
    this.#narrowEncoder ??= new InstructionEncoder(options.ignoredFields, true)
    return this.#narrowEncoder
  }

  /** Reads the instruction at the cursor. */
  read(): void {
    const assembly = this.#assembly
    const { cursor } = assembly
    const start = cursor.position
    const shape = this.#shape
    let isShape = !assembly.isIntel && !assembly.isNarrow && shape.read(cursor.text, start, false)
    let template = isShape ? this.#cache.find(shape) : undefined
    const isLiteral = template === 'literal'
    if (isLiteral) {
      isShape = shape.read(cursor.text, start, true)
      template = isShape ? this.#cache.find(shape) : undefined
    }
    assembly.lines.beforeInstruction(assembly)
    if (template && template !== 'literal' && this.#appendTemplate(template)) {
      cursor.position = shape.end
      return
    }
    const encoded = this.#encode(start)
    if (!encoded || !isShape || template) return
    const known = makeTemplate(shape, encoded, this.#cache)
    if (known) this.#cache.add(shape, known)
    else if (!isLiteral && shape.symbolOperand < 0) this.#cache.add(shape, 'literal')
  }

  /** Appends an instruction by its template. Returns false if there is more to its symbol than its name. */
  #appendTemplate(template: Template): boolean {
    const assembly = this.#assembly
    const { symbols, current, cursor } = assembly
    const shape = this.#shape
    const { content } = current
    if (!current.section.hasContent) return false
    let value: Expression | undefined
    if (shape.symbolOperand >= 0) {
      const symbol = symbols.part(cursor.text, shape.symbolStart, shape.symbolEnd, shape.symbolHash)
      if (symbol.state === SymbolState.value || symbol.isOffsetTable) return false
      symbol.mentions++
      symbol.isUsed = true
      // As att-operands.ts does it.
      const isListed = template.isReadTwice || (symbol.mentions > 1 && !shape.hasNumberFirst)
      if (template.isAddress && isListed) symbols.list(symbol)
      value = new Expression(symbol, undefined, shape.symbolNumber, shape.hasPlt ? 'PLT' : '')
      if (template.fixup) this.#addFixup(template.fixup, value)
    }
    const { fields, registers } = template
    const at = content.length
    this.#cache.appendTo(content, template)
    for (let i = 0; i < fields.length; i++) {
      const { offset, width } = fields[i]
      assembly.storeNumber(at + offset, shape.numbers[i], width)
    }
    for (let i = 0; i < registers.length; i++) {
      const { index, register, offset, shift } = registers[i]
      content.storage[at + offset] ^= ((register ^ shape.registers[index]) & 7) << shift
    }
    if (template.jump && value) this.#addJump(template.jump, value)
    return true
  }

  #append(bytes: Uint8Array, length: number): void {
    const { content } = this.#assembly.current
    const at = content.reserve(length)
    const { view } = content
    for (let i = 0; i < length; i++) view.setUint8(at + i, bytes[i])
  }

  /** Parses, encodes and appends the instruction that begins at `start`. Returns undefined after an error. */
  #encode(start: number): EncodedInstruction | undefined {
    const assembly = this.#assembly
    const head = this.#readPrefixes()
    if (!head) return undefined
    if (!this.#mayBeKnown(head.mnemonic)) return this.#rejectWord(head.mnemonic, start)
    const operands = assembly.isIntel ? parseIntelOperands(assembly, head.mnemonic) : parseAttOperands(assembly)
    if (!operands) return undefined
    const { section } = assembly.current
    if (!section.hasContent)
      return assembly.error('bad-section', `section ${section.name} holds no bytes: an instruction cannot stand there`)
    const mark = takeTlsCall(operands)
    const encoding = this.#encoder.encode(head.mnemonic, head.prefixes, operands, assembly.isIntel)
    if ('message' in encoding) {
      assembly.cursor.position = start
      const hint = assembly.isIntel ? undefined : hintOfOperands(operands)
      return assembly.error('bad-instruction', encoding.message, hint ?? encoding.hint)
    }
    if (encoding.warning !== '') assembly.warning('instruction', encoding.warning)
    if (!assembly.hasRoom(16)) return undefined
    if (mark) assembly.addFixup(0, FixupKind.mark, 0, mark, 0)
    // gas tries the movq of vector registers first, and then reads the operands once more.
    const isReadTwice = head.mnemonic === 'movq' && !operands.some(isVectorRegister)
    if (encoding.jump !== 'none') {
      const target = fieldValue(operands[0])
      this.#append(encoding.bytes, encoding.length - 1)
      if (target) this.#addJump(jumpOf(encoding), target)
    } else {
      this.#addFixups(encoding, operands, isReadTwice)
      this.#append(encoding.bytes, encoding.length)
    }
    return { encoding, operands, isReadTwice, hasMark: mark !== undefined }
  }

  /** Whether a word may begin an instruction: others need no look at their operands. */
  #mayBeKnown(word: string): boolean {
    return this.#encoder.knows(word) || word.includes('.') || prefixesByName.has(word)
  }

  #rejectWord(word: string, start: number): undefined {
    const assembly = this.#assembly
    const problem = this.#encoder.encode(word, 0, [], assembly.isIntel)
    if (!('message' in problem)) return undefined
    const hint = hintOfWord(assembly, word, start) ?? problem.hint
    assembly.cursor.position = start
    return assembly.error('bad-instruction', problem.message, hint)
  }

  /** Takes prefixes and pseudo-prefixes, and the mnemonic. A prefix alone is an instruction. */
  #readPrefixes(): { mnemonic: string; prefixes: number } | undefined {
    const assembly = this.#assembly
    const { cursor } = assembly
    let prefixes = 0
    for (;;) {
      if (cursor.peek() === 123) {
        const name = takeBraces(assembly)
        const bits = pseudoPrefixesByName.get(name)
        if (bits === undefined) return assembly.error('bad-prefix', `{${name}} is not a prefix`)
        prefixes |= bits
        continue
      }
      const word = cursor.name().toLowerCase()
      if (word === '') return assembly.error('bad-statement', 'an instruction is expected here')
      if (word.charCodeAt(0) === 106 && cursor.peek() === 44) prefixes |= takeBranchHint(assembly)
      const bits = prefixesByName.get(word)
      // With -momit-lock-prefix `lock` is read and forgotten.
      if (bits === Prefix.lock && assembly.options.omitLocks) {
        if (cursor.atEnd()) return undefined
        continue
      }
      // rex/fxsave: some assemblers have a slash behind a prefix.
      if (bits !== undefined && cursor.peek() === 47) cursor.position++
      if (bits === undefined || cursor.atEnd()) return { mnemonic: word, prefixes }
      if (isRepeated(bits, prefixes))
        return assembly.error('bad-prefix', `there is another prefix already in the place of ${word}`)
      prefixes |= bits
    }
  }

  #addFixups(encoding: Encoding, operands: readonly Operand<Expression>[], isReadTwice: boolean): void {
    const { symbols } = this.#assembly
    for (let i = 0; i < encoding.fixupCount; i++) {
      const fixup = encoding.fixups[i]
      const value = fieldValue(operands[fixup.operand])
      if (!value) continue
      if (isReadTwice && value.add && operands[fixup.operand].kind === 'memory') symbols.list(value.add)
      this.#addFixup(
        fixup,
        value.add?.isOffsetTable ? ofInstruction(operands[fixup.operand], value, fixup.offset) : value,
      )
    }
  }

  #addFixup({ offset, width, kind, toEnd, gotRelaxation }: Fixup, value: Expression): void {
    const { current, sources, options } = this.#assembly
    const relaxation = options.relaxableGot ? gotRelaxations[gotRelaxation] : 0
    current.addFixup(offset, width, kinds[kind], toEnd, value, relaxation, sources.place)
  }

  #addJump({ isConditional, opcode, isPinned }: Jump, target: Expression): void {
    const kind = isConditional ? PieceKind.conditionalJump : PieceKind.jump
    const piece = this.#assembly.addPiece(kind, isPinned ? longSize(kind) : 2, target, opcode, 0, 0)
    piece.isPinned = isPinned
    piece.isNarrow = this.#assembly.isNarrow
  }
}

/**
 * The address of the GOT as an immediate counts from the start of the instruction, while a relocation counts from the
 * field (tc-i386.c: output_imm).
 */
function ofInstruction(operand: Operand<Expression>, value: Expression, offset: number): Expression {
  if (operand.kind !== 'immediate' || value.operation || value.subtract) return value
  return new Expression(value.add, undefined, addWords(value.number, offset), value.modifier)
}

/** Prefixes of which an instruction has one at most. */
const exclusivePrefixes: readonly number[] = [
  Prefix.es | Prefix.cs | Prefix.ss | Prefix.ds | Prefix.fs | Prefix.gs,
  Prefix.rep | Prefix.repne,
  Prefix.xacquire | Prefix.xrelease,
  Prefix.lock,
  Prefix.addr32,
  Prefix.data16,
  Prefix.rex,
]

function isRepeated(bits: number, prefixes: number): boolean {
  for (const group of exclusivePrefixes) if ((bits & group) !== 0 && (prefixes & group) !== 0) return true
  return false
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
