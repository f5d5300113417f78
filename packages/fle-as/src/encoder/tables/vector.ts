import { amdTable } from './amd.ts'
import { convertTable } from './convert.ts'
import { cryptoTable } from './crypto.ts'
import { floatTable } from './float.ts'
import { fusedTable } from './fused.ts'
import { integerTable } from './integer.ts'
import { maskTable } from './mask.ts'
import { moveTable } from './move.ts'
import { expandRows } from './row.ts'
import { shuffleTable } from './shuffle.ts'

/** The tables of vector instructions, as text. */
export function vectorTables(): string[] {
  const tables = [
    moveTable,
    floatTable,
    fusedTable,
    integerTable,
    convertTable,
    shuffleTable,
    maskTable,
    cryptoTable,
    amdTable,
  ]
  return tables.map(expandRows)
}
