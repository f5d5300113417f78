// nm: the symbols, one a line.

import { STB } from '@fle/object'
import { type LabSymbolEntry, labSymbols } from './lab-symbols.ts'
import { onlyWord, readFleFile, type Tool } from './tool.ts'

export const symbolsTool: Tool = {
  usage: 'FILE',
  run(words, workplace) {
    const path = onlyWord(words, workplace)
    const file = path === undefined ? undefined : readFleFile(path, workplace)
    if (!file) return
    if (file.kind === 'archive') {
      workplace.diagnostics.error('archive', 'this is an archive: nm takes an object or a program', {
        at: { file: path ?? '' },
      })
      return
    }
    workplace.io.stdout(
      labSymbols(file)
        .map((symbol) => `${lineOf(symbol)}\n`)
        .join(''),
    )
  },
}

/** `0000000000000004 T main`; 16 blanks stand for the address that an undefined symbol does not have. */
function lineOf(symbol: LabSymbolEntry): string {
  const { name, section, offset } = symbol
  if (!section) return `${' '.repeat(17)}U ${name}`
  return `${BigInt.asUintN(64, BigInt(offset)).toString(16).padStart(16, '0')} ${letterOf(symbol)} ${name}`
}

/** The letters of sections by what their names begin with; those of other names go by what they are. */
const letters = new Map([
  ['.text', 'T'],
  ['.data', 'D'],
  ['.rodata', 'R'],
  ['.bss', 'B'],
])

function letterOf({ binding, section }: LabSymbolEntry): string {
  const named = Array.from(letters).find(([prefix]) => section?.name.startsWith(prefix))?.[1]
  const other = section?.isCode ? 'T' : section?.hasNoBits ? 'B' : section?.isWritable ? 'D' : 'R'
  const letter = named ?? other
  if (binding === STB.WEAK) return letter === 'T' ? 'W' : 'V'
  return binding === STB.LOCAL ? letter.toLowerCase() : letter
}
