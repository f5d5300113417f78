export { TableMemory } from './intern-table.ts'
export { NameTable } from './name-table.ts'
export { PieceTable, type SectionPieces } from './piece-table.ts'
export { makeRules, RecordWalker, Rule } from './record-walker.ts'
