export * from './field.ts'
export * from './relocation-kinds.ts'
