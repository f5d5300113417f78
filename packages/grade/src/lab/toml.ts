// TOML as tables that know where each key stands, so that whatever is wrong with a value can be said with its line.
import type { Diagnostics, Place } from '@fle/diagnostics'
import { suggest } from '@fle/diagnostics'
import { type AST, ParseError, parseTOML } from 'toml-eslint-parser'

interface Entry {
  readonly value: Value
  readonly node: AST.TOMLNode
}

type Value = AST.TOMLValue | readonly Entry[] | Map<string, Entry>

/** Deeper nesting than any lab has; the parser itself would run out of stack. */
const deepestNesting = 200

/** Reads a TOML text. What is no TOML is reported, and gives undefined. */
export function parseToml(text: string, file: string, diagnostics: Diagnostics): TomlTable | undefined {
  const lines = text.split(/\r?\n/)
  if (lines.some((line) => (line.match(/[[{]/g)?.length ?? 0) > deepestNesting))
    return diagnostics.error('bad-toml', 'values are nested too deeply', { at: { file } })
  try {
    const [top] = parseTOML(text, { tomlVersion: '1.0.0' }).body
    return new TomlTable({ file, lines, diagnostics }, '', top, tableOf(top))
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    const at = { file, line: error.lineNumber, column: error.column + 1, text: lines[error.lineNumber - 1] ?? '' }
    return diagnostics.error('bad-toml', `this is no TOML: ${error.message}`, { at })
  }
}

function tableOf(top: AST.TOMLTopLevelTable): Map<string, Entry> {
  const root = new Map<string, Entry>()
  for (const node of top.body) {
    if (node.type === 'TOMLKeyValue') addPair(root, node)
    else {
      const table = tableAt(root, node)
      for (const pair of node.body) addPair(table, pair)
    }
  }
  return root
}

/** The table that a header opens; the parser has counted the items of arrays. */
function tableAt(root: Map<string, Entry>, node: AST.TOMLTable): Map<string, Entry> {
  let table = root
  const path = node.resolvedKey
  for (let i = 0; i < path.length; i++) {
    const index = path[i + 1]
    if (typeof index !== 'number') table = childTable(table, String(path[i]), node.key)
    else {
      const items = childItems(table, String(path[i]), node.key)
      items[index] ??= { value: new Map(), node: node.key }
      const item = items[index].value
      if (item instanceof Map) table = item
      i++
    }
  }
  return table
}

function childTable(table: Map<string, Entry>, key: string, node: AST.TOMLNode): Map<string, Entry> {
  const found = table.get(key)?.value
  if (found instanceof Map) return found
  const child = new Map<string, Entry>()
  table.set(key, { value: child, node })
  return child
}

function childItems(table: Map<string, Entry>, key: string, node: AST.TOMLNode): Entry[] {
  const found = table.get(key)?.value
  if (Array.isArray(found)) return found
  const items: Entry[] = []
  table.set(key, { value: items, node })
  return items
}

function addPair(table: Map<string, Entry>, pair: AST.TOMLKeyValue): void {
  const keys = pair.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value))
  let target = table
  for (const key of keys.slice(0, -1)) target = childTable(target, key, pair.key)
  target.set(keys[keys.length - 1], { value: valueOfNode(pair.value), node: pair.key })
}

function valueOfNode(node: AST.TOMLContentNode): Value {
  if (node.type === 'TOMLArray') return node.elements.map((element) => ({ value: valueOfNode(element), node: element }))
  if (node.type === 'TOMLValue') return node
  const table = new Map<string, Entry>()
  for (const pair of node.body) addPair(table, pair)
  return table
}

interface Source {
  readonly file: string
  readonly lines: readonly string[]
  readonly diagnostics: Diagnostics
}

/**
 * A table of a TOML text. Its getters report a value of another type, with file, line and key, and give undefined, as they
 * do for a key that is not there. {@link reportUnknown} then reports the keys that nothing has asked for.
 */
export class TomlTable {
  readonly #source: Source
  readonly #path: string
  readonly #node: AST.TOMLNode
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #asked = new Set<string>()

  constructor(source: Source, path: string, node: AST.TOMLNode, entries: ReadonlyMap<string, Entry>) {
    this.#source = source
    this.#path = path
    this.#node = node
    this.#entries = entries
  }

  has(key: string): boolean {
    this.#asked.add(key)
    return this.#entries.has(key)
  }

  /** The line that the table begins on. */
  get line(): number {
    return this.#node.loc.start.line
  }

  /** Every key, as given. */
  get keys(): string[] {
    return [...this.#entries.keys()]
  }

  string(key: string): string | undefined {
    const value = this.#value(key)
    if (value === undefined) return undefined
    return isText(value) ? value.value : this.#wrongType(key, 'a string')
  }

  integer(key: string): number | undefined {
    const value = this.#value(key)
    if (value === undefined) return undefined
    if (!isScalar(value) || value.kind !== 'integer') return this.#wrongType(key, 'an integer')
    return Number.isSafeInteger(value.value) ? value.value : this.reject(key, 'is too large')
  }

  /** A number of points: not negative, whole or not. */
  points(key: string): number | undefined {
    const value = this.#value(key)
    if (value === undefined) return undefined
    if (!isScalar(value) || (value.kind !== 'integer' && value.kind !== 'float'))
      return this.#wrongType(key, 'a number')
    return value.value >= 0 && value.value <= 1e9 ? value.value : this.reject(key, 'is not between 0 and 1000000000')
  }

  boolean(key: string): boolean | undefined {
    const value = this.#value(key)
    if (value === undefined) return undefined
    return isScalar(value) && value.kind === 'boolean' ? value.value : this.#wrongType(key, 'true or false')
  }

  strings(key: string): string[] | undefined {
    const value = this.#value(key)
    if (value === undefined) return undefined
    if (!Array.isArray(value)) return this.#wrongType(key, 'an array of strings')
    const texts = value.flatMap((item: Entry) => (isText(item.value) ? [item.value.value] : []))
    return texts.length === value.length ? texts : this.#wrongType(key, 'an array of strings')
  }

  /** An array of strings in which numbers are taken for what they look like, as course graders do with arguments. */
  words(key: string): string[] | undefined {
    const value = this.#value(key)
    if (value === undefined) return undefined
    if (!Array.isArray(value)) return this.#wrongType(key, 'an array of strings')
    const words = value.flatMap((item: Entry) =>
      !isScalar(item.value) ? [] : item.value.kind === 'integer' ? [item.value.number] : [String(item.value.value)],
    )
    return words.length === value.length ? words : this.#wrongType(key, 'an array of strings')
  }

  table(key: string): TomlTable | undefined {
    const value = this.#value(key)
    if (value === undefined) return undefined
    const entry = this.#entries.get(key)
    if (!(value instanceof Map) || !entry) return this.#wrongType(key, 'a table')
    return new TomlTable(this.#source, this.#pathOf(key), entry.node, value)
  }

  /** The tables of an array of tables; none where there is no such key. */
  tables(key: string): TomlTable[] {
    const value = this.#value(key)
    if (value === undefined) return []
    const items = Array.isArray(value) ? value : []
    const tables = items.flatMap((item: Entry, i) =>
      item.value instanceof Map
        ? [new TomlTable(this.#source, `${this.#pathOf(key)}[${i}]`, item.node, item.value)]
        : [],
    )
    if (Array.isArray(value) && tables.length === items.length) return tables
    this.#wrongType(key, 'an array of tables')
    return []
  }

  /** Reports that a key is missing unless it is there, with a value of whatever type. */
  demand(key: string): void {
    if (!this.has(key)) this.#report('error', this.#node, `${this.#pathOf(key)} is missing`)
  }

  /** Reports what is wrong with a key's value: `KEY PROBLEM`. */
  reject(key: string, problem: string, hint?: string): undefined {
    return this.#report('error', this.#entries.get(key)?.node ?? this.#node, `${this.#pathOf(key)} ${problem}`, hint)
  }

  /** Reports the keys that no getter has asked for; call it when all have been. */
  reportUnknown(severity: 'error' | 'warning'): void {
    for (const [key, { node }] of this.#entries) {
      if (this.#asked.has(key)) continue
      const nearest = suggest(key, this.#asked)
      const hint = nearest === undefined ? undefined : `did you mean ${nearest}?`
      this.#report(severity, node, `${this.#pathOf(key)} is not a key that is known here`, hint)
    }
  }

  #value(key: string): Value | undefined {
    this.#asked.add(key)
    return this.#entries.get(key)?.value
  }

  #wrongType(key: string, wanted: string): undefined {
    return this.reject(key, `must be ${wanted}, not ${typeName(this.#value(key))}`)
  }

  #pathOf(key: string): string {
    const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key)
    return this.#path === '' ? name : `${this.#path}.${name}`
  }

  #report(severity: 'error' | 'warning', node: AST.TOMLNode, message: string, hint?: string): undefined {
    const { file, lines, diagnostics } = this.#source
    const { line, column } = node.loc.start
    const at: Place = { file, line, column: column + 1, text: lines[line - 1] ?? '' }
    const details = { at, ...(hint === undefined ? {} : { hint }) }
    if (severity === 'error') diagnostics.error('bad-lab', message, details)
    else diagnostics.warning('unknown-key', message, details)
  }
}

function isScalar(value: Value): value is AST.TOMLValue {
  return !Array.isArray(value) && !(value instanceof Map)
}

function isText(value: Value): value is AST.TOMLStringValue {
  return isScalar(value) && value.kind === 'string'
}

function typeName(value: Value | undefined): string {
  if (value === undefined) return 'nothing'
  if (value instanceof Map) return 'a table'
  if (!isScalar(value)) return 'an array'
  const names = { string: 'a string', integer: 'an integer', float: 'a number', boolean: 'true or false' } as const
  return value.kind in names ? names[value.kind as keyof typeof names] : 'a date'
}
