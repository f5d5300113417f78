import type { ArchiveFile, BinaryFile, Inspected } from '../view/binary-file.ts'
import type { NameStyle } from '../view/name-style.ts'
import { formatSymbol, type LineStyle } from './format.ts'
import { listSymbols, type Selection } from './list-symbols.ts'

export interface NmOptions extends LineStyle {
  readonly selection: Selection
  /** Puts the file's name before each symbol instead of over all of them. */
  readonly withFileNames: boolean
  readonly withArchiveIndex: boolean
  readonly names: NameStyle
  /** Whether more than one file is listed, so that each needs its name over it. */
  readonly isOneOfMany: boolean
}

/** What nm calls a file: over its symbols, and before each of them. */
interface Titles {
  readonly over: string
  readonly before: string
}

/** The list of a file's symbols as nm writes it. `note` is told of a file without any. */
export function nm(input: Inspected, options: NmOptions, note: (message: string) => void): string {
  if (input.kind === 'archive') return nmArchive(input.archive, options, note)
  const { file } = input
  const titles = { over: file.name, before: file.name }
  return (options.isOneOfMany ? heading(titles, options) : '') + list(file, titles, options, note)
}

function heading({ over }: Titles, { format, withFileNames }: NmOptions): string {
  if (withFileNames || format === 'sysv' || format === 'just-symbols') return ''
  return format === 'posix' ? `${over}:\n` : `\n${over}:\n`
}

function nmArchive(archive: ArchiveFile, options: NmOptions, note: (message: string) => void): string {
  const { format, withFileNames, withArchiveIndex, isOneOfMany } = options
  let text = ''
  if (withArchiveIndex && archive.hasIndex) {
    const entries = archive.index.map(({ name, member }) => `${name} in ${archive.memberName(member)}\n`)
    text += `\nArchive index:\n${entries.join('')}`
  }
  if (isOneOfMany && format === 'bsd' && !withFileNames) text = `\n${archive.name}:\n${text}`
  const parts = [text]
  for (let member = 0; member < archive.memberCount; member++) {
    const file = archive.readMember(member)
    if (!file) continue
    const bracketed = `${archive.name}[${file.name}]`
    const titles = {
      over: format === 'posix' || format === 'sysv' ? bracketed : file.name,
      before: format === 'posix' ? bracketed : `${archive.name}:${file.name}`,
    }
    parts.push(heading(titles, options), list(file, titles, options, note))
  }
  return parts.join('')
}

const sysvColumns = 'Name                  Value           Class        Type         Size             Line  Section\n\n'

function list(file: BinaryFile, titles: Titles, options: NmOptions, note: (message: string) => void): string {
  const symbols = listSymbols(file, options.selection)
  if (!symbols) {
    note(`${file.name}: no symbols`)
    return ''
  }
  const prefix = options.format === 'posix' ? `${titles.before}: ` : `${titles.before}:`
  const before = options.withFileNames ? prefix : ''
  const title =
    options.format === 'sysv' && !options.withFileNames ? `\n\nSymbols from ${titles.over}:\n\n${sysvColumns}` : ''
  const rows = symbols.map((symbol) => {
    const shown = { ...symbol, name: options.names(symbol.name) }
    return `${formatSymbol(shown, file, options, before)}\n`
  })
  return title + rows.join('')
}
