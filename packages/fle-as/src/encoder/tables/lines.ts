import { generalTable } from './general.ts'
import { systemTable } from './system.ts'
import { vectorTables } from './vector.ts'
import { x87Table } from './x87.ts'

/**
 * All tables as one text: between line feeds, in ascending order, a line for each mnemonic, with its forms behind a space.
 * To put it together takes longer than to assemble a small program: the command's bundle has the finished text.
 */
export const tableLines: string = joinTables([generalTable(), systemTable, x87Table(), ...vectorTables()])

function joinTables(tables: readonly string[]): string {
  const forms = new Map<string, string>()
  for (const line of tables.join('\n').split('\n')) {
    const space = line.indexOf(' ')
    if (space < 0) continue
    const own = line.slice(space + 1)
    for (const name of line.slice(0, space).split('/')) {
      const known = forms.get(name)
      forms.set(name, known === undefined ? own : `${known};${own}`)
    }
  }
  const lines = [...forms].map(([name, all]) => `${name} ${all}\n`)
  return `\n${lines.sort().join('')}`
}
