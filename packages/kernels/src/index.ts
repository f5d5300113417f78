export { Memory } from './memory.ts'
export { NameTable } from './name-table.ts'
export { PieceTable, type SectionPieces } from './piece-table.ts'
export { makeRules, OutputKind, RecordWalker, Rule, type WalkedObject, type WalkedOutput } from './record-walker.ts'
