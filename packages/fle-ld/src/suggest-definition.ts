import { mostEdits, suggest } from '@fle/diagnostics'
import type { LinkState } from './link-state.ts'
import { archiveDefining } from './read-inputs.ts'
import { commandLineDefined } from './symbol-table.ts'
import { symbolText } from './symbol-text.ts'

/** What may be meant by a name that nothing defines. */
export interface Suggestion {
  readonly notes: readonly string[]
  readonly hint?: string
}

/** Finds what may be meant by undefined names; all of them are looked for among the same definitions. */
export class DefinitionFinder {
  readonly #link: LinkState
  /** The names that a file or a member of an archive defines, with their symbols … */
  readonly #defined = new Map<string, number>()
  /** … and those of C++ functions outside of classes and namespaces, by the name without parameters. */
  readonly #functions = new Map<string, string>()
  /** The defined names by length: one that is meant is about as long. */
  readonly #byLength: string[][] = []
  /** The first file with a local symbol of each name. */
  #localFiles: Map<string, string> | undefined

  constructor(link: LinkState) {
    this.#link = link
  }

  find(name: string): Suggestion | undefined {
    if (this.#defined.size === 0) this.#collect()
    return this.#findOtherLanguage(name) ?? this.#findNearest(name)
  }

  /** A file with a local symbol of that name. */
  localFile(name: string): string | undefined {
    this.#localFiles ??= this.#collectLocals()
    return this.#localFiles.get(name)
  }

  #collectLocals(): Map<string, string> {
    const files = new Map<string, string>()
    for (const { object } of this.#link.objects) {
      for (let symbol = 1; symbol < object.firstGlobal; symbol++) {
        if (object.symbolSection(symbol) === 0) continue
        const name = object.symbolName(symbol)
        if (!files.has(name)) files.set(name, object.name)
      }
    }
    return files
  }

  /** Makes the names into text, which is not worth it unless one is looked for. */
  #collect(): void {
    const { symbols, archives } = this.#link
    // What is misspelt was not asked of any archive.
    const offered = new Uint8Array(symbols.count)
    for (const archive of archives) for (const symbol of archive.symbols) offered[symbol] = 1
    for (let symbol = 0; symbol < symbols.count; symbol++) {
      if (offered[symbol] === 0 && !symbols.isDefined(symbol)) continue
      const name = symbols.names.text(symbol)
      this.#defined.set(name, symbol)
      this.#byLength[name.length] ??= []
      this.#byLength[name.length].push(name)
      const plain = functionName(name)
      if (plain !== undefined) this.#functions.set(plain, name)
    }
  }

  /** C++ calls what C defines, or C what C++ defines, without extern "C" between. */
  #findOtherLanguage(name: string): Suggestion | undefined {
    const plain = functionName(name)
    if (plain !== undefined && this.#defined.has(plain)) {
      const hint = `C++ looks for ${symbolText(this.#link, name)}, C defines ${plain}: declare it extern "C" in C++`
      return { notes: this.#notes(plain, `extern "C" ${plain}`), hint }
    }
    const mangled = this.#functions.get(name)
    if (mangled === undefined) return undefined
    const hint = 'C++ makes the parameters part of a name: declare it extern "C" there so that C can find it'
    return { notes: this.#notes(mangled, symbolText(this.#link, mangled)), hint }
  }

  #findNearest(name: string): Suggestion | undefined {
    const shortest = Math.max(0, name.length - mostEdits)
    const nearest = suggest(name, this.#byLength.slice(shortest, name.length + mostEdits + 1).flat())
    return nearest === undefined ? undefined : { notes: this.#notes(nearest, symbolText(this.#link, nearest)) }
  }

  #definedIn(symbol: number): string {
    const { symbols, objects } = this.#link
    const object = symbols.definingObject[symbol]
    if (object >= 0) return objects[object].object.name
    const archive = symbols.isDefined(symbol) ? undefined : archiveDefining(this.#link, symbol)
    if (archive) return `${archive.path}(${archive.member})`
    return object === commandLineDefined ? '--defsym' : 'the linker itself'
  }

  #notes(name: string, shown: string): string[] {
    return [`did you mean: ${shown}`, `defined in: ${this.#definedIn(this.#defined.get(name) ?? 0)}`]
  }
}

/** `f` of `_Z1fi`, undefined if the name is none of a function outside of classes and namespaces. */
function functionName(name: string): string | undefined {
  const match = /^_Z(\d{1,4})(?=.)/.exec(name)
  if (!match) return undefined
  const start = match[0].length
  const end = start + Number(match[1])
  return end < name.length ? name.slice(start, end) : undefined
}
