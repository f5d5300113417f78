export * from './compare-objects.ts'
export * from './compile.ts'
export * from './mutate.ts'
export * from './run-command.ts'
