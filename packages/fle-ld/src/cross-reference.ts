import { SHN } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { commandLineDefined, linkerDefined } from './symbol-table.ts'
import { globalText } from './symbol-text.ts'

/** Columns of the symbols' names, as in GNU ld's table. */
const nameColumns = 50

/** The lines of a table of all global symbols (--cref): first the file that defines each, then those that use it. */
export function crossReferences(link: LinkState): string[] {
  const { symbols, objects } = link
  const users = new Map<number, string[]>()
  for (const input of objects) {
    input.globals.forEach((symbol, i) => {
      if (input.object.symbolRawSection(input.object.firstGlobal + i) !== SHN.UNDEF) return
      const known = users.get(symbol)
      if (known) known.push(input.object.name)
      else users.set(symbol, [input.object.name])
    })
  }
  const rows: [name: string, files: string[]][] = []
  for (let symbol = 0; symbol < symbols.count; symbol++) {
    const object = symbols.definingObject[symbol]
    const files = users.get(symbol) ?? []
    if (object >= 0) files.unshift(objects[object].object.name)
    else if (object === commandLineDefined) files.unshift('(--defsym)')
    else if (object === linkerDefined && files.length > 0) files.unshift('(the linker)')
    if (files.length > 0) rows.push([globalText(link, symbol), [...new Set(files)]])
  }
  rows.sort(([a], [b]) => (a < b ? -1 : 1))
  const lines = ['Cross Reference Table', '', `${'Symbol'.padEnd(nameColumns)}File`]
  for (const [name, [first, ...rest]] of rows) {
    if (name.length >= nameColumns) lines.push(name)
    lines.push(`${(name.length < nameColumns ? name : '').padEnd(nameColumns)}${first}`)
    for (const file of rest) lines.push(`${' '.repeat(nameColumns)}${file}`)
  }
  return lines
}
