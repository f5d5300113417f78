export { type AssembledProgram, type AssemblySource, assemble, assembleProgram } from './assemble.ts'
export { type AssembleOptions, defaultOptions } from './assemble-options.ts'
export { main } from './cli.ts'
