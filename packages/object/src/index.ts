export * from './archive.ts'
export * from './byte-buffer.ts'
export {
  type CompressionForm,
  compressContent,
  compressedAlignment,
  compressedName,
  compressionOf,
  type UncompressedContent,
  uncompressedContent,
  uncompressedName,
  uncompressedSize,
} from './compressed-content.ts'
export * from './constants.ts'
export * from './object-builder.ts'
export * from './object-file.ts'
export type { FinishedSymbols } from './object-layout.ts'
export * from './word.ts'
