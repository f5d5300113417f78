export * from './call-frame-records.ts'
export type { LineSections, RelocatedPlace } from './line-sections.ts'
export { type LineTable, readLineTable, type SourceLine } from './line-table.ts'
export * from './line-table-writer.ts'
