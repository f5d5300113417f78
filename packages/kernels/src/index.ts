export { NameMemory, NameTable } from './name-table.ts'
export { makeRules, RecordWalker, Rule } from './record-walker.ts'
