export * from './headers.ts'
