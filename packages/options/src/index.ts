export * from './option-table.ts'
export * from './parse.ts'
