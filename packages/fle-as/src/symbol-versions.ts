import { SHN, STB, STV, type SymbolProperties, specialSection } from '@fle/object'
import type { Assembly } from './assembly.ts'
import { bytesOfText } from './characters.ts'
import type { Directive } from './directives.ts'
import { type AssemblySymbol, SymbolState } from './symbol.ts'

/** What .symver says of a symbol: the names with versions that it goes by. */
export interface SymbolVersions {
  /** `name@VERSION` or `name@@VERSION`, the last that was given first. */
  readonly names: string[]
  /** `name@@@VERSION`: the symbol itself has the name. */
  renamed: string | undefined
  /** What becomes of the symbol's own name. */
  own: 'kept' | 'local' | 'hidden' | 'remove'
}

/** `.symver NAME, NAME@VERSION, local|hidden|remove` */
export const symbolVersion: Directive = (assembly) => {
  const { cursor, symbols } = assembly
  const name = cursor.name()
  if (name === '' || !cursor.takeComma()) {
    assembly.error('bad-directive', 'a symbol, a comma and its name with a version are expected here')
    return
  }
  cursor.skipSpaces()
  const start = cursor.position
  const version = cursor.peek() === 34 ? cursor.name() : cursor.word()
  const ats = /^[^@]+(@{1,3})(?!@)/.exec(version)?.[1]
  const symbol = symbols.findOrAdd(name)
  if (ats === undefined || symbol.state === SymbolState.common) {
    cursor.position = start
    const reason =
      ats === undefined ? `'${version}' is not a name with a version` : `common symbol ${name} cannot have versions`
    assembly.error(
      'bad-directive',
      reason,
      ats === undefined ? 'it looks like name@VERSION or name@@VERSION' : undefined,
    )
    return
  }
  symbols.list(symbol)
  symbol.versions ??= { names: [], renamed: undefined, own: 'kept' }
  const { versions } = symbol
  if (ats === '@@@') {
    if (versions.renamed !== undefined && versions.renamed !== version)
      assembly.error('bad-directive', `${name} may have only one version with @@@`)
    versions.renamed = version
  } else if (!versions.names.includes(version)) versions.names.unshift(version)
  if (!cursor.takeComma()) return
  const word = cursor.name()
  if (word === 'local' || word === 'hidden' || word === 'remove') versions.own = word
  else assembly.error('bad-directive', `'${word}' is not known here`, 'it may be local, hidden or remove')
}

/** A symbol as it is written: `of` is the one whose number it gets. */
export interface WrittenSymbol {
  readonly properties: SymbolProperties
  readonly of: AssemblySymbol | undefined
}

/**
 * What is written of a symbol with versions (obj-elf.c: elf_frob_symbol): one that is defined here gets a further symbol for
 * each, behind all others; one of another file goes by its name with the version.
 */
export function versionedSymbols(
  assembly: Assembly,
  symbol: AssemblySymbol,
  versions: SymbolVersions,
  properties: SymbolProperties,
): { readonly own: WrittenSymbol | undefined; readonly others: readonly WrittenSymbol[] } {
  const { names, renamed, own } = versions
  const refuse = (message: string) => {
    assembly.diagnostics.error('bad-value', message)
    return { own: undefined, others: [] }
  }
  const named = (name: string) => ({ ...properties, name: bytesOfText(name) })
  if (renamed !== undefined) {
    if (names.length > 0) return refuse(`${symbol.name} has the version ${renamed} and can have no other`)
    const name = renamed.replace('@@@', symbol.isDefined ? '@@' : '@')
    return { own: { properties: named(name), of: symbol }, others: [] }
  }
  if (!symbol.isDefined) {
    if (names.length > 1) return refuse(`${symbol.name} is not defined here: it can have only one version`)
    if (names[0].includes('@@'))
      return refuse(`${names[0]}: the default version belongs to a definition, and ${symbol.name} is not defined here`)
    return {
      own: symbol.isUsed || symbol.isInRelocation ? { properties: named(names[0]), of: symbol } : undefined,
      others: [],
    }
  }
  if (properties.section === specialSection(SHN.COMMON))
    return refuse(`common symbol ${symbol.name} cannot have versions`)
  const isRemoved = own === 'remove'
  if (isRemoved && symbol.isInRelocation && names.length > 1)
    return refuse(`${symbol.name} is used and has several versions: it cannot be removed`)
  const others = names.map((name) => ({ properties: named(name), of: isRemoved ? symbol : undefined }))
  if (isRemoved) return { own: undefined, others }
  const binding = own === 'local' ? STB.LOCAL : properties.binding
  const visibility = own === 'hidden' ? STV.HIDDEN : (properties.visibility ?? STV.DEFAULT)
  return { own: { properties: { ...properties, binding, visibility }, of: symbol }, others }
}
