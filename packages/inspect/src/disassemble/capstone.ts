// The wrapper around capstone-wasm: loaded when code is to be shown, and what it throws becomes a value.
import type { Word } from '@fle/object'
import type { Capstone } from 'capstone-wasm'

/** An instruction as Capstone writes it: AT&T with a suffix on everything, or Intel. */
export interface DecodedText {
  readonly size: number
  readonly mnemonic: string
  readonly operands: string
}

export type Syntax = 'att' | 'intel'

/** Decodes machine code, from one instruction to the next. */
export class Decoder {
  readonly syntax: Syntax
  readonly #engine: Capstone

  private constructor(syntax: Syntax, engine: Capstone) {
    this.syntax = syntax
    this.#engine = engine
  }

  /** Loads Capstone, which takes about 15 ms. */
  static async load(syntax: Syntax): Promise<Decoder> {
    const { Capstone, Const, loadCapstone } = await import('capstone-wasm')
    await loadCapstone()
    const engine = new Capstone(Const.CS_ARCH_X86, Const.CS_MODE_64)
    engine.setOption(Const.CS_OPT_SYNTAX, syntax === 'att' ? Const.CS_OPT_SYNTAX_ATT : Const.CS_OPT_SYNTAX_INTEL)
    return new Decoder(syntax, engine)
  }

  /** The instructions from the first byte on, up to bytes that are none or to the end. */
  decode(bytes: Uint8Array, address: Word): readonly DecodedText[] {
    try {
      return this.#engine
        .disasm(bytes, {
          address: typeof address === 'number' && address >= 0 ? address : BigInt.asUintN(64, BigInt(address)),
        })
        .map(({ size, mnemonic, opStr }) => ({ size, mnemonic, operands: opStr }))
    } catch {
      // Capstone says so where the first byte begins no instruction.
      return []
    }
  }
}
