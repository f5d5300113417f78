import { addWords, SHF, type Word } from '@fle/object'
import { R_X86_64, relocationName } from '@fle/x86-64'
import type { Assembly } from './assembly.ts'
import type { SectionContent } from './build-object.ts'
import type { Directive } from './directives.ts'
import { evaluate } from './evaluate.ts'
import { type Expression, numberExpression, symbolExpression } from './expression.ts'
import { Relocations } from './fixups.ts'
import type { Section } from './section.ts'
import type { AssemblySymbol } from './symbol.ts'

/** A relocation that .reloc asks for. */
export interface ExplicitRelocation {
  readonly field: Expression
  readonly type: number
  readonly value: Expression
  readonly place: number
}

const lastType = R_X86_64.REX_GOTPCRELX
const plainTypes: Readonly<Record<string, number>> = {
  none: R_X86_64.NONE,
  8: R_X86_64[8],
  16: R_X86_64[16],
  32: R_X86_64[32],
  64: R_X86_64[64],
}

function typeOf(name: string): number | undefined {
  const lower = name.toLowerCase()
  if (lower.startsWith('bfd_reloc_')) return plainTypes[lower.slice('bfd_reloc_'.length)]
  for (let type = 0; type <= lastType; type++) if (relocationName(type).toLowerCase() === lower) return type
  return undefined
}

/** `.reloc PLACE, TYPE, VALUE`: a number is a place in the current section. */
export const relocation: Directive = (assembly) => {
  const { cursor, current, sources } = assembly
  let field = assembly.expression()
  if (!field) return
  const { symbol } = current.section
  if (!field.symbolic && symbol) {
    symbol.isInRelocation = true
    field = symbolExpression(symbol, field.number)
  }
  if (!cursor.takeComma()) {
    assembly.error('bad-directive', 'a comma and the type of the relocation are expected here')
    return
  }
  cursor.skipSpaces()
  const start = cursor.position
  const name = cursor.name()
  const type = typeOf(name)
  if (type === undefined) {
    cursor.position = start
    assembly.error('bad-directive', `'${name}' is not a type of relocations`, 'types are R_X86_64_PC32 and the like')
    return
  }
  const value = cursor.takeComma() ? assembly.expression() : numberExpression(0)
  if (value) assembly.explicitRelocations.push({ field, type, value, place: sources.place })
}

/** Puts the relocations that .reloc asks for among those of the fixups, by their offsets (write.c: write_relocs). */
export function mergeExplicitRelocations(assembly: Assembly, contents: readonly SectionContent[]): SectionContent[] {
  if (assembly.explicitRelocations.length === 0) return contents.slice()
  const explicit = new Map<Section, Relocations>()
  for (const relocation of assembly.explicitRelocations) resolve(assembly, relocation, explicit)
  return contents.map((content) => {
    const added = explicit.get(content.section)
    return added ? { ...content, relocations: merge(content.relocations, added) } : content
  })
}

/** gas's order: each relocation of a fixup comes behind those of lower offset that follow one another in the source. */
function merge(own: Relocations, added: Relocations): Relocations {
  const merged = new Relocations()
  const copy = ({ offsets, types, symbols, addends, places }: Relocations, i: number) =>
    merged.add(offsets[i], types[i], symbols[i], addends[i], places[i])
  let next = 0
  for (let i = 0; i < own.offsets.length; i++) {
    for (; next < added.offsets.length && added.offsets[next] < own.offsets[i]; next++) copy(added, next)
    copy(own, i)
  }
  for (; next < added.offsets.length; next++) copy(added, next)
  return merged
}

function resolve(
  assembly: Assembly,
  { field, type, value, place }: ExplicitRelocation,
  explicit: Map<Section, Relocations>,
): void {
  const at = evaluate(field)
  const label = typeof at === 'string' || at.subtract ? undefined : at.add
  if (typeof at === 'string' || !label?.subsection) {
    assembly.errorAt(place, 'bad-value', 'the place of a relocation must be a label or a number')
    return
  }
  const { subsection } = label
  const { section } = subsection
  const offset = subsection.address(label.piece, label.offset) + Number(at.number)
  if (offset < 0 || offset > section.size) {
    assembly.errorAt(place, 'bad-value', `offset ${offset} is outside of section ${section.name}`)
    return
  }
  const target = targetOf(value)
  if (!target) {
    assembly.errorAt(place, 'bad-value', 'the value of a relocation may be a symbol, a number, or their sum')
    return
  }
  if (target.symbol) {
    target.symbol.isInRelocation = true
    assembly.symbols.list(target.symbol)
  }
  const relocations = explicit.get(section) ?? new Relocations()
  explicit.set(section, relocations)
  relocations.add(offset, type, target.symbol, target.addend, place)
}

/** The symbol and the addend: labels of names that are for the assembler alone are told by their sections (write.c: resolve_reloc_expr_symbols). */
function targetOf(expression: Expression): { symbol: AssemblySymbol | undefined; addend: Word } | undefined {
  const value = evaluate(expression)
  if (typeof value === 'string' || value.subtract) return undefined
  const { add, number } = value
  const subsection = add?.subsection
  if (!add || !subsection) return { symbol: add, addend: number }
  const { section } = subsection
  const isKept = (section.flags & SHF.MERGE && number !== 0) || section.flags & SHF.TLS
  if (isKept || !add.isTemporary) return { symbol: add, addend: number }
  return { symbol: section.symbol, addend: addWords(number, subsection.address(add.piece, add.offset)) }
}
