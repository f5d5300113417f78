export * from './headers.ts'
export * from './object-reader.ts'
