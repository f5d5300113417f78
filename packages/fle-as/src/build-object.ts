import { suggest } from '@fle/diagnostics'
import {
  ObjectBuilder,
  type ObjectFile,
  SHF,
  SHN,
  SHT,
  STB,
  STT,
  type SymbolProperties,
  specialSection,
  type Word,
} from '@fle/object'
import { R_X86_64 } from '@fle/x86-64'
import type { Assembly } from './assembly.ts'
import { bytesOfText } from './characters.ts'
import { registersByName } from './encoder/registers.ts'
import { type Evaluation, evaluate, evaluateNumber } from './evaluate.ts'
import type { Relocations } from './fixups.ts'
import type { Section } from './section.ts'
import { AssemblySymbol, SymbolState } from './symbol.ts'
import { versionedSymbols, type WrittenSymbol } from './symbol-versions.ts'

/** A section whose bytes are final. */
export interface SectionContent {
  readonly section: Section
  readonly bytes: Uint8Array
  readonly relocations: Relocations
}

/**
 * Puts the object together: sections in the order of their first mention, and symbols in theirs. Then each section has the
 * number that it has in the object.
 */
export function buildObject(assembly: Assembly, contents: readonly SectionContent[], name: string): ObjectFile {
  const builder = new ObjectBuilder()
  for (const { section, bytes } of contents) addSection(builder, section, bytes)
  for (const { section } of contents) linkSection(assembly, builder, section)
  addSymbols(assembly, builder, contents)
  for (const { section, relocations } of contents) {
    const { offsets, types, symbols, addends, places } = relocations
    for (let i = 0; i < offsets.length; i++) {
      const line = assembly.sources.lineOf(places[i])
      builder.addRelocation(section.number, offsets[i], types[i], symbols[i]?.number ?? 0, addends[i], line)
    }
  }
  addGroups(assembly, builder, contents)
  const numbers = builder.sectionNumbers()
  for (const { section } of contents) section.number = numbers[section.number]
  return builder.build(name)
}

/** Sections that are arrays of addresses (bfd/elf.c: elf_fake_sections). */
const arrayTypes: ReadonlySet<number> = new Set([SHT.INIT_ARRAY, SHT.FINI_ARRAY, SHT.PREINIT_ARRAY])

function addSection(builder: ObjectBuilder, section: Section, bytes: Uint8Array): void {
  const { name, type, flags, alignment } = section
  const entrySize = arrayTypes.has(type) ? 8 : section.entrySize
  section.number = builder.addSection({ name: bytesOfText(name), type, flags, alignment, entrySize })
  if (type === SHT.NOBITS) builder.setSize(section.number, section.size)
  else builder.content(section.number).append(bytes)
}

/** SHF_LINK_ORDER: the section that a section follows is named by itself or by a symbol in it. */
function linkSection(assembly: Assembly, builder: ObjectBuilder, section: Section): void {
  if (!(section.flags & SHF.LINK_ORDER) || section.linkTo === undefined) return
  const target = assembly.symbols.find(section.linkTo)?.subsection?.section
  if (target) builder.setLink(section.number, target.number)
  else
    assembly.diagnostics.error(
      'bad-section',
      `section ${section.name} shall follow ${section.linkTo}, which is not defined`,
    )
}

/** The file's symbol, and then all that are needed, in the order in which the program first named them. */
function addSymbols(assembly: Assembly, builder: ObjectBuilder, contents: readonly SectionContent[]): void {
  if (assembly.sourceName !== undefined)
    builder.addSymbol({
      name: bytesOfText(assembly.sourceName),
      binding: STB.LOCAL,
      type: STT.FILE,
      section: specialSection(SHN.ABS),
    })
  bindWeakReferences(assembly)
  for (const symbol of signatures(assembly, contents)) assembly.symbols.list(symbol)
  const versioned: WrittenSymbol[] = []
  for (const symbol of assembly.symbols.all) {
    const properties = describe(assembly, symbol)
    if (!properties) continue
    if (!symbol.versions) symbol.number = builder.addSymbol(properties)
    else {
      const { own, others } = versionedSymbols(assembly, symbol, symbol.versions, properties)
      if (own) symbol.number = builder.addSymbol(own.properties)
      versioned.push(...others)
    }
  }
  warnOfUndefined(assembly, contents)
  for (const { properties, of } of versioned) {
    const number = builder.addSymbol(properties)
    if (of) of.number = number
  }
}

/** For so many undefined names one like them is looked for among all others. */
const mostSuggestions = 10

/** Warns of names that nobody else can define, or that look like registers without their sign. */
function warnOfUndefined(assembly: Assembly, contents: readonly SectionContent[]): void {
  let count = 0
  for (const symbol of assembly.symbols.all) {
    const { name, state, isInRelocation } = symbol
    if (state !== SymbolState.undefined || !isInRelocation || symbol.isSignature) continue
    if (symbol.isTemporary) {
      if (++count > mostSuggestions) return
      const near = suggest(name, assembly.symbols.definedNames())
      const message = `${name} is not defined, and a name that begins with .L cannot come from another file`
      const place = firstUse(contents, symbol, () => true)
      assembly.warningAt(place ?? 0, 'undefined-symbol', near ? `${message}; did you mean ${near}?` : message)
    } else if (registersByName.has(name)) {
      // Compilers reach variables of such names through %rip.
      const place = firstUse(contents, symbol, (type) => type === R_X86_64['32S'])
      const message = `${name} is no register here but a symbol that is not defined: the register is %${name}`
      if (place !== undefined) assembly.warningAt(place, 'undefined-symbol', message)
    }
  }
}

/** The place in the source where a relocation of some type names a symbol first. */
function firstUse(
  contents: readonly SectionContent[],
  symbol: AssemblySymbol,
  isMeant: (type: number) => boolean,
): number | undefined {
  for (const { relocations } of contents) {
    const at = relocations.symbols.findIndex((named, i) => named === symbol && isMeant(relocations.types[i]))
    if (at >= 0) return relocations.places[at]
  }
  return undefined
}

/** What .weakref names is weak if nothing else names it. */
function bindWeakReferences(assembly: Assembly): void {
  for (const { weaklyMeant } of assembly.symbols.all)
    if (weaklyMeant && !weaklyMeant.isUsed && !weaklyMeant.isDefined && !weaklyMeant.isExternal)
      weaklyMeant.binding = STB.WEAK
}

/** The symbols that name groups. One that the program does not have is made, local and undefined but for its place. */
function signatures({ symbols }: Assembly, contents: readonly SectionContent[]): AssemblySymbol[] {
  const made: AssemblySymbol[] = []
  for (const { section } of contents) {
    if (!section.group) continue
    const symbol = symbols.findOrAdd(section.group.name)
    if (!symbol.isDefined && !symbol.isUsed && !symbol.isExternal) symbol.isSignature = true
    symbol.isInRelocation = true
    made.push(symbol)
  }
  return made
}

/** What is written of a symbol; undefined if it is not written. */
function describe(assembly: Assembly, symbol: AssemblySymbol): SymbolProperties | undefined {
  const { state, type, isInRelocation } = symbol
  if (symbol.weakTarget) return undefined
  if (type === STT.SECTION && state === SymbolState.label)
    return isInRelocation ? properties(assembly, symbol, symbol, '') : undefined
  if (symbol.isTemporary && !isInRelocation && !symbol.isExternal) return undefined
  if (state === SymbolState.undefined) return describeUndefined(symbol)
  if (symbol.register !== 0) {
    if (symbol.isUsed)
      assembly.errorAt(symbol.place, 'bad-value', `${symbol.name} is used before it is told to stand for a register`)
    return undefined
  }
  if (state === SymbolState.value && symbol.expression) {
    const value = evaluate(symbol.expression)
    if (typeof value === 'string' || value.subtract) {
      assembly.errorAt(
        symbol.place,
        'not-constant',
        `the value of ${symbol.name} cannot be told: it is neither a number nor a place`,
      )
      return undefined
    }
    if (value.add?.state === SymbolState.common) {
      assembly.errorAt(
        symbol.place,
        'bad-value',
        `${symbol.name} cannot be set to ${value.add.name}: where that one, a common symbol, stands the linker decides`,
      )
      return undefined
    }
    // What is equal to a symbol of another file goes by that one's name.
    if (value.add && !value.add.subsection) return undefined
    copyAttributes(symbol)
    return properties(assembly, symbol, value, symbol.name)
  }
  return properties(assembly, symbol, symbol, symbol.name)
}

/** A symbol that is equal to another one has its type and size, unless it has its own (symbols.c: copy_symbol_attributes). */
function copyAttributes(symbol: AssemblySymbol): void {
  const { expression } = symbol
  if (!expression?.add || expression.subtract || expression.operation || expression.add.type === STT.SECTION) return
  copyAttributes(expression.add)
  if (symbol.type === STT.NOTYPE) symbol.type = expression.add.type
  symbol.size ??= expression.add.size
}

function describeUndefined(symbol: AssemblySymbol): SymbolProperties | undefined {
  const { binding, isUsed, isInRelocation, type, visibility } = symbol
  if (binding === STB.WEAK && !isUsed && !isInRelocation) return undefined
  if (symbol.isSignature) return { name: bytesOfText(symbol.name), binding: STB.LOCAL, type, visibility, section: 0 }
  const written = binding === STB.LOCAL ? STB.GLOBAL : binding
  return { name: bytesOfText(symbol.name), binding: written, type, visibility, section: 0 }
}

function properties(
  assembly: Assembly,
  symbol: AssemblySymbol,
  at: AssemblySymbol | Evaluation,
  name: string,
): SymbolProperties {
  const { binding, visibility } = symbol
  const common = { name: bytesOfText(name), binding, visibility, size: sizeOf(assembly, symbol) }
  const place = at instanceof AssemblySymbol ? { add: at, number: 0 } : at
  const label = place.add
  if (symbol.state === SymbolState.common) {
    if (binding === STB.WEAK)
      assembly.errorAt(symbol.place, 'bad-value', `symbol ${symbol.name} cannot be both weak and common`)
    return {
      ...common,
      type: symbol.type === STT.TLS ? STT.TLS : STT.OBJECT,
      size: symbol.commonSize,
      value: symbol.commonAlignment,
      section: specialSection(symbol.isLargeCommon ? SHN.X86_64_LCOMMON : SHN.COMMON),
    }
  }
  if (!label?.subsection) return { ...common, type: symbol.type, value: place.number, section: specialSection(SHN.ABS) }
  const { subsection } = label
  const address: Word = subsection.address(label.piece, label.offset) + Number(place.number)
  const isThreadLocal = (subsection.section.flags & SHF.TLS) !== 0 && symbol.type !== STT.SECTION
  const type = isThreadLocal ? STT.TLS : symbol.type
  return { ...common, type, value: address, section: subsection.section.number }
}

function sizeOf(assembly: Assembly, { name, size, place }: AssemblySymbol): Word {
  if (!size) return 0
  const value = evaluateNumber(size)
  if (value !== undefined) return value
  assembly.errorAt(place, 'not-constant', `the size of ${name} is not a number, even when all labels are known`)
  return 0
}

/** Groups, in the order of their first sections. */
function addGroups(assembly: Assembly, builder: ObjectBuilder, contents: readonly SectionContent[]): void {
  const groups = new Map<string, { isComdat: boolean; members: number[] }>()
  for (const { section } of contents) {
    if (!section.group) continue
    const { name, isComdat } = section.group
    const group = groups.get(name) ?? { isComdat: false, members: [] }
    groups.set(name, group)
    group.isComdat ||= isComdat
    group.members.push(section.number)
  }
  for (const [name, { isComdat, members }] of groups) {
    const signature = assembly.symbols.find(name)
    if (signature) builder.addGroup(signature.number, isComdat, members, signature.isSignature)
  }
}
