import { type Memory, NameTable, placeColumns } from '@fle/kernels'

/** How a global symbol stands, in the order in which one state gives way to the next. */
export const Rank = {
  /** Only named, by an option or a script: no file refers to it. */
  unseen: 0,
  weakUndefined: 1,
  undefined: 2,
  weak: 3,
  /** ELF's tentative definitions: stronger than a weak definition, weaker than any other. */
  common: 4,
  strong: 5,
} as const

/** {@link SymbolTable.definingObject} of a symbol that the linker itself defines. */
export const linkerDefined = -2

/** {@link SymbolTable.definingObject} of a symbol that the command line defines (--defsym). */
export const commandLineDefined = -3

/** {@link SymbolTable.definingObject} of a symbol that nothing defines. */
export const notDefined = -1

const initialCapacity = 1 << 10

/** What all tentative definitions of a name ask for. */
export interface CommonSymbol {
  /** In bytes, the largest that is asked for. */
  readonly size: number
  readonly alignment: number
  readonly kind: CommonKind
}

/** Where a common symbol belongs; to the large code model's data only if all its definitions say so (SHN_X86_64_LCOMMON). */
export type CommonKind = 'small' | 'large' | 'thread'

/**
 * The global symbols of the link, one number each, as columns, in the memory of the loops. The number of a symbol is that of its name in
 * {@link names}.
 */
export class SymbolTable {
  readonly names: NameTable
  /** One of {@link Rank}. */
  rank: Uint8Array
  /** Index of the object that defines the symbol, -1 for none, {@link linkerDefined}, {@link commandLineDefined}. */
  definingObject: Int32Array
  /** The symbol's index in that object. */
  definingSymbol: Int32Array
  /** The most constraining visibility of all its mentions (gABI, "Symbol Visibility"): STV_*. */
  visibility: Uint8Array
  /** The final address (or absolute value), once addresses are final. */
  value: Float64Array = new Float64Array(0)
  readonly commons = new Map<number, CommonSymbol>()
  readonly #memory: Memory
  #record = 0

  constructor(memory: Memory) {
    this.#memory = memory
    this.names = new NameTable(memory)
    this.rank = memory.takeBytes(initialCapacity)
    this.definingObject = memory.takeInt32(initialCapacity).fill(notDefined)
    this.definingSymbol = memory.takeInt32(initialCapacity)
    this.visibility = memory.takeBytes(initialCapacity)
  }

  get count(): number {
    return this.names.count
  }

  /** Gives many symbols their numbers, by their names: see {@link NameTable.internAll}. */
  internAll(names: Uint8Array, records: Uint8Array, recordSize: number, symbols: Int32Array): void {
    this.names.internAll(names, records, recordSize, symbols)
    if (this.count > this.rank.length) this.#grow()
  }

  internText(name: string): number {
    const symbol = this.names.internText(name)
    if (symbol >= this.rank.length) this.#grow()
    return symbol
  }

  isDefined(symbol: number): boolean {
    return this.rank[symbol] >= Rank.weak
  }

  /** Notes that a file refers to the symbol. */
  refer(symbol: number, weak: boolean): void {
    const rank = weak ? Rank.weakUndefined : Rank.undefined
    if (this.rank[symbol] < rank) this.rank[symbol] = rank
  }

  define(symbol: number, rank: number, object: number, objectSymbol: number): void {
    this.rank[symbol] = rank
    this.definingObject[symbol] = object
    this.definingSymbol[symbol] = objectSymbol
  }

  /** What the loops know the columns by; there will be no more symbols. */
  get record(): number {
    this.#record ||= placeColumns(this.#memory, this)
    return this.#record
  }

  /** Makes room for the values of all symbols; there will be no more symbols. */
  prepareValues(): void {
    this.value = this.#memory.takeFloat64(this.count)
  }

  /** Constrains the visibility: internal over hidden over protected over default. */
  constrainVisibility(symbol: number, visibility: number): void {
    if (visibility === 0) return
    const known = this.visibility[symbol]
    if (known === 0 || visibility < known) this.visibility[symbol] = visibility
  }

  #grow(): void {
    this.#record = 0
    const capacity = Math.max(this.rank.length * 2, this.names.count)
    const { rank, definingObject, definingSymbol, visibility } = this
    const memory = this.#memory
    this.rank = memory.takeBytes(capacity)
    this.rank.set(rank)
    this.definingObject = memory.takeInt32(capacity).fill(notDefined)
    this.definingObject.set(definingObject)
    this.definingSymbol = memory.takeInt32(capacity)
    this.definingSymbol.set(definingSymbol)
    this.visibility = memory.takeBytes(capacity)
    this.visibility.set(visibility)
  }
}
