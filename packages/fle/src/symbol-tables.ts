import { type ObjectBuilder, SHN, STB, STT, specialSection, type Word } from '@fle/object'
import type { NameTable } from './name-table.ts'

/**
 * The symbols of an object while it is read, in the order of their lines, and what names mean in it. Symbols are
 * numbered from 1 as the builder will number them; sections are known by the builder's numbers.
 */
export class SymbolTables {
  readonly #names: NameTable
  readonly name: number[] = [0]
  readonly binding: number[] = [0]
  readonly type: number[] = [0]
  readonly visibility: number[] = [0]
  readonly section: number[] = [0]
  readonly value: Word[] = [0]
  readonly size: Word[] = [0]
  readonly line: number[] = [0]

  // By name: the first local symbol, the global symbol, and the symbol of the nearest line above.
  readonly #firstLocal: number[] = []
  readonly #global: number[] = []
  readonly #nearest: number[] = []
  /** By name: the second local symbol and those after it. */
  readonly #laterLocals = new Map<number, number[]>()

  // By name the section of that key; by section its name and its symbol.
  readonly #firstSection: number[] = []
  readonly #sectionName: number[] = [0]
  readonly #sectionSymbol: number[] = []
  /** The sections whose keys end in a number, by name and number. */
  readonly #numberedSections = new Map<string, number>()

  constructor(names: NameTable) {
    this.#names = names
  }

  get count(): number {
    return this.name.length - 1
  }

  /** Adds a symbol that a line of the file has. Returns 0 if the name has a symbol that is not local already. */
  add(name: number, binding: number, section: number, value: Word, line: number): number {
    if (binding !== STB.LOCAL && this.#global[name]) return 0
    const symbol = this.#append(name, binding, section, value, line)
    this.#nearest[name] = symbol
    if (binding !== STB.LOCAL) this.#global[name] = symbol
    else if (!this.#firstLocal[name]) this.#firstLocal[name] = symbol
    else {
      const later = this.#laterLocals.get(name)
      if (later) later.push(symbol)
      else this.#laterLocals.set(name, [symbol])
    }
    return symbol
  }

  /** Adds the symbol of a source file, which no expression means. */
  addFile(name: number, line: number): number {
    const symbol = this.#append(name, STB.LOCAL, specialSection(SHN.ABS), 0, line)
    this.type[symbol] = STT.FILE
    return symbol
  }

  /** Adds a group's own local symbol, which no expression means. `group` counts from 1. */
  addSignature(name: number, group: number, line: number): number {
    // ObjectBuilder puts groups first, so that a group's number is its section index.
    return this.#append(name, STB.LOCAL, specialSection(group), 0, line)
  }

  /** The symbol of that name whose line was last, 0 if it is not in this section. */
  nearest(name: number, section: number): number {
    const symbol = this.#nearest[name] ?? 0
    return this.section[symbol] === section ? symbol : 0
  }

  /** Adds a section by the name and the number that its key has; false if there is one already. */
  addSection(name: number, occurrence: number): boolean {
    if (this.sectionOf(name, occurrence)) return false
    const section = this.#sectionName.push(name) - 1
    if (occurrence === 1) this.#firstSection[name] = section
    else this.#numberedSections.set(`${name}#${occurrence}`, section)
    return true
  }

  /** The section whose key is `name#occurrence`, 0 if there is none. */
  sectionOf(name: number, occurrence: number): number {
    if (occurrence === 1) return this.#firstSection[name] ?? 0
    return this.#numberedSections.get(`${name}#${occurrence}`) ?? 0
  }

  /** The number of a section's name. */
  sectionName(section: number): number {
    return this.#sectionName[section]
  }

  get sectionCount(): number {
    return this.#sectionName.length - 1
  }

  /** The nth local symbol of a name, counted from 1; 0 if there is none. */
  localOf(name: number, occurrence = 1): number {
    if (occurrence === 1) return this.#firstLocal[name] ?? 0
    return this.#laterLocals.get(name)?.[occurrence - 2] ?? 0
  }

  /** The symbol of a name that is not local, 0 if there is none. */
  globalOf(name: number): number {
    return this.#global[name] ?? 0
  }

  /** The same, made undefined if there is none. */
  globalOrUndefined(name: number, line: number): number {
    return this.globalOf(name) || this.add(name, STB.GLOBAL, SHN.UNDEF, 0, line)
  }

  /** The symbol that means the start of a section, made if there is none. */
  sectionSymbol(section: number): number {
    if (!this.#sectionSymbol[section]) {
      const symbol = this.#append(0, STB.LOCAL, section, 0, 0)
      this.type[symbol] = STT.SECTION
      this.#sectionSymbol[section] = symbol
    }
    return this.#sectionSymbol[section]
  }

  /** Hands all symbols over. `aliasOf` gives the section that an undefined name means where no file defines it, or 0. */
  addTo(builder: ObjectBuilder, aliasOf: (name: number) => number): void {
    const nameless = new Uint8Array()
    for (let symbol = 1; symbol <= this.count; symbol++) {
      const nameNumber = this.name[symbol]
      const alias = this.section[symbol] === SHN.UNDEF ? aliasOf(nameNumber) : 0
      const properties = {
        name: nameNumber === 0 ? nameless : this.#names.bytesOf(nameNumber),
        binding: this.binding[symbol],
        type: this.type[symbol],
        visibility: this.visibility[symbol],
        section: this.section[symbol],
        value: this.value[symbol],
        size: this.size[symbol],
        line: this.line[symbol],
      }
      builder.addSymbol(alias === 0 ? properties : { ...properties, alias })
    }
  }

  #append(name: number, binding: number, section: number, value: Word, line: number): number {
    this.binding.push(binding)
    this.type.push(STT.NOTYPE)
    this.visibility.push(0)
    this.section.push(section)
    this.value.push(value)
    this.size.push(0)
    this.line.push(line)
    return this.name.push(name) - 1
  }
}
