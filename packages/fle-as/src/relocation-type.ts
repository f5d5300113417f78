import { R_X86_64 } from '@fle/x86-64'
import { type Fixup, FixupKind } from './section.ts'

/** What `@MODIFIER` makes of a field of four bytes, and of one of eight. -1: there is no such relocation. */
const modified: Readonly<Record<string, readonly [narrow: number, wide: number]>> = {
  PLT: [R_X86_64.PLT32, -1],
  GOT: [R_X86_64.GOT32, R_X86_64.GOT64],
  GOTPCREL: [R_X86_64.GOTPCREL, R_X86_64.GOTPCREL64],
  GOTOFF: [-1, R_X86_64.GOTOFF64],
  GOTPLT: [-1, R_X86_64.GOTPLT64],
  PLTOFF: [-1, R_X86_64.PLTOFF64],
  TLSGD: [R_X86_64.TLSGD, -1],
  TLSLD: [R_X86_64.TLSLD, -1],
  GOTTPOFF: [R_X86_64.GOTTPOFF, -1],
  TPOFF: [R_X86_64.TPOFF32, R_X86_64.TPOFF64],
  DTPOFF: [R_X86_64.DTPOFF32, R_X86_64.DTPOFF64],
  SIZE: [R_X86_64.SIZE32, R_X86_64.SIZE64],
  TLSDESC: [R_X86_64.GOTPC32_TLSDESC, -1],
  TLSCALL: [-1, -1],
}

/** Modifiers that speak of the GOT, so that gas names _GLOBAL_OFFSET_TABLE_ (tc-i386.c: lex_got). */
const withoutGot: ReadonlySet<string> = new Set(['PLT', 'SIZE'])

/** The names that may stand behind `@`. */
export const modifierNames = Object.keys(modified)

/** Whether a modifier is known. */
export function isModifier(name: string): boolean {
  return Object.hasOwn(modified, name)
}

/** Whether a program that uses the modifier uses the GOT. */
export function needsGot(modifier: string): boolean {
  return !withoutGot.has(modifier)
}

/** Modifiers whose symbol is thread-local (tc-i386.c: md_apply_fix). */
export function isThreadLocal(modifier: string): boolean {
  return /^(TLS|GOTTPOFF|TPOFF|DTPOFF)/.test(modifier)
}

/** Relocations that keep the symbol they name, be it a local one (tc-i386.c: tc_i386_fix_adjustable). */
const ofSymbols: ReadonlySet<number> = new Set([
  R_X86_64.SIZE32,
  R_X86_64.SIZE64,
  R_X86_64.GOT32,
  R_X86_64.GOTPCREL,
  R_X86_64.GOTPCRELX,
  R_X86_64.REX_GOTPCRELX,
  R_X86_64.TLSGD,
  R_X86_64.TLSLD,
  R_X86_64.DTPOFF32,
  R_X86_64.DTPOFF64,
  R_X86_64.GOTTPOFF,
  R_X86_64.TPOFF32,
  R_X86_64.TPOFF64,
  R_X86_64.GOTOFF64,
  R_X86_64.GOTPC32_TLSDESC,
  R_X86_64.TLSDESC_CALL,
])

/** Whether a relocation of this type names its symbol itself, never its section. */
export function keepsSymbol(type: number): boolean {
  return ofSymbols.has(type)
}

/** The type for a field whose value counts from its own place, or not. -1: there is none. */
export function relocationTypeOf(fixup: Fixup, modifier: string, isRelative: boolean): number {
  const { width, kind } = fixup
  if (kind === FixupKind.mark) return modifier === 'TLSCALL' ? R_X86_64.TLSDESC_CALL : R_X86_64.NONE
  if (modifier !== '') {
    if (modifier === 'GOTPCREL' && width === 4 && fixup.gotRelaxation !== 0)
      return fixup.gotRelaxation === 1 ? R_X86_64.GOTPCRELX : R_X86_64.REX_GOTPCRELX
    if (width !== 4 && width !== 8) return -1
    return modified[modifier]?.[width === 4 ? 0 : 1] ?? -1
  }
  switch (width) {
    case 1:
      return isRelative ? R_X86_64.PC8 : R_X86_64[8]
    case 2:
      return isRelative ? R_X86_64.PC16 : R_X86_64[16]
    case 4:
      if (isRelative) return R_X86_64.PC32
      return kind === FixupKind.signed ? R_X86_64['32S'] : R_X86_64[32]
    case 8:
      return isRelative ? R_X86_64.PC64 : R_X86_64[64]
  }
  return -1
}
