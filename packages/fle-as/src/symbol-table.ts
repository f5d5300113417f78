import { SHF, SHT, STB, STT } from '@fle/object'
import { hashOf, NameTable } from './name-table.ts'
import { type Group, Section, type Subsection } from './section.ts'
import { AssemblySymbol, placeLabel, SymbolState } from './symbol.ts'

/** All symbols by name, in the order in which they were first named, and the numbered labels. */
export class SymbolTable {
  readonly #byName = new NameTable<AssemblySymbol>()
  /** Those of a name that was set again: what was said with the old value keeps it. */
  readonly #order: AssemblySymbol[] = []
  /** For `1:`: the label that `1b` means, and the one that `1f` means. */
  readonly #backward = new Map<number, AssemblySymbol>()
  readonly #forward = new Map<number, AssemblySymbol>()

  find(name: string): AssemblySymbol | undefined {
    return this.#byName.get(name)
  }

  findOrAdd(name: string): AssemblySymbol {
    const symbol = this.part(name, 0, name.length, hashOf(name, 0, name.length))
    symbol.mentions++
    return symbol
  }

  /** The same for a name that stands in a text from `start` up to `end`, which costs no string. */
  findOrAddPart(text: string, start: number, end: number, hash: number): AssemblySymbol {
    const symbol = this.part(text, start, end, hash)
    symbol.mentions++
    return symbol
  }

  /** The symbol whose name stands in a text from `start` up to `end`; that is not counted as a mention. */
  part(text: string, start: number, end: number, hash: number): AssemblySymbol {
    const known = this.#byName.find(text, start, end, hash)
    if (known) return known
    const name = text.substring(start, end)
    const symbol = new AssemblySymbol(name)
    this.#byName.add(name, hash, symbol)
    if (!symbol.isTemporary) this.list(symbol)
    return symbol
  }

  /**
   * Gives a symbol its place in the order of all. Those whose names begin with `.L` get it, as in gas, when something
   * needs more of them than a place (symbols.c: local_symbol_convert).
   */
  list(symbol: AssemblySymbol): void {
    if (symbol.isListed) return
    symbol.isListed = true
    this.#order.push(symbol)
  }

  /** Gives symbols the last places in the order of all, in theirs. */
  moveToEnd(symbols: readonly (AssemblySymbol | undefined)[]): void {
    const moved = new Set(symbols)
    let count = 0
    for (const symbol of this.#order) if (!moved.has(symbol)) this.#order[count++] = symbol
    this.#order.length = count
    for (const symbol of moved) if (symbol) this.#order.push(symbol)
  }

  /**
   * The symbol of a new section: one of its name that is not defined becomes it. Where a section of that name is there
   * already, the new one's symbol gets its place in the order of all only when a relocation needs it, as in gas.
   */
  addSection(name: string, start: Subsection): AssemblySymbol {
    const known = this.#byName.get(name)
    const symbol = known?.state === SymbolState.undefined ? known : new AssemblySymbol(name)
    placeLabel(symbol, start)
    symbol.type = STT.SECTION
    if (!known) this.#byName.set(name, symbol)
    if (!known || known === symbol) this.list(symbol)
    return symbol
  }

  /** Puts a new symbol in the place of an equated one that is set again; the old one is kept by whoever uses it. */
  replace(old: AssemblySymbol): AssemblySymbol {
    const symbol = new AssemblySymbol(old.name)
    symbol.isListed = old.isListed
    symbol.binding = old.binding
    symbol.type = old.type
    symbol.visibility = old.visibility
    // Nothing but its value is left of it.
    old.binding = STB.LOCAL
    this.#byName.set(old.name, symbol)
    if (old.isListed) this.#order[this.#order.indexOf(old)] = symbol
    return symbol
  }

  /** All symbols that may be written, in the order of their first appearance. */
  get all(): readonly AssemblySymbol[] {
    return this.#order
  }

  /** The names of symbols that are defined, for suggestions. */
  *definedNames(): Generator<string> {
    for (const { name, isDefined } of this.#byName.values()) if (isDefined) yield name
  }

  /** `1:` */
  defineNumbered(number: number, subsection: Subsection): AssemblySymbol {
    const symbol = this.#forward.get(number) ?? new AssemblySymbol('')
    this.#forward.delete(number)
    placeLabel(symbol, subsection)
    this.#backward.set(number, symbol)
    return symbol
  }

  /** `1b`; undefined if there is no such label yet. */
  backward(number: number): AssemblySymbol | undefined {
    return this.#backward.get(number)
  }

  /** `1f` */
  forward(number: number): AssemblySymbol {
    let symbol = this.#forward.get(number)
    if (!symbol) {
      symbol = new AssemblySymbol('')
      this.#forward.set(number, symbol)
    }
    return symbol
  }

  /** The numbers of labels that `f` named and that never came. */
  missing(): number[] {
    return [...this.#forward.keys()]
  }
}

/** All sections, in the order in which they were first named. .text, .data and .bss are always there. */
export class SectionTable {
  readonly #byKey = new Map<string, Section>()
  readonly all: Section[] = []
  readonly #symbols: SymbolTable
  readonly text: Section
  readonly data: Section
  readonly bss: Section

  constructor(symbols: SymbolTable) {
    this.#symbols = symbols
    this.text = this.open('.text', SHT.PROGBITS, SHF.ALLOC | SHF.EXECINSTR, 0, undefined, undefined)
    this.data = this.open('.data', SHT.PROGBITS, SHF.ALLOC | SHF.WRITE, 0, undefined, undefined)
    this.bss = this.open('.bss', SHT.NOBITS, SHF.ALLOC | SHF.WRITE, 0, undefined, undefined)
  }

  find(name: string, group: Group | undefined, unique: string | undefined): Section | undefined {
    return this.#byKey.get(sectionKey(name, 0, group, unique, undefined))
  }

  /**
   * The section of a name, group, link and unique number: sections that differ in one of them, or in whether the linker must
   * retain them, are different ones (obj-elf.c: get_section_by_match).
   */
  open(
    name: string,
    type: number,
    flags: number,
    entrySize: number,
    group: Group | undefined,
    unique: string | undefined,
    linkTo?: string,
  ): Section {
    const key = sectionKey(name, flags & SHF.GNU_RETAIN, group, unique, linkTo)
    let section = this.#byKey.get(key)
    if (!section) {
      section = new Section(name, type, flags, entrySize, group)
      section.linkTo = linkTo
      section.symbol = this.#symbols.addSection(name, section.subsection(0))
      this.#byKey.set(key, section)
      this.all.push(section)
    }
    return section
  }
}

function sectionKey(
  name: string,
  retained: number,
  group: Group | undefined,
  unique: string | undefined,
  linkTo: string | undefined,
): string {
  return group || unique !== undefined || linkTo !== undefined || retained !== 0
    ? `${name}\n${group?.name ?? ''}\n${unique ?? ''}\n${linkTo ?? ''}\n${retained}`
    : name
}
