export * from './field.ts'
export * from './got-relaxation.ts'
export * from './relocation-kinds.ts'
export * from './tls-relaxation.ts'
