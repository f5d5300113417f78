// The parts of objdump's report on a file, in its order. Source: dump_bfd() of binutils/objdump.c.
import { ET } from '@fle/elf'
import type { Word } from '@fle/object'
import type { Disassembler } from '../disassemble/disassembler.ts'
import type { BinaryFile } from '../view/binary-file.ts'
import type { NameStyle } from '../view/name-style.ts'
import { formatContents } from './contents.ts'
import { type CodeStyle, disassembleFile } from './disassembly.ts'
import { formatFileHeader } from './file-header.ts'
import { formatPrivateHeaders } from './private-headers.ts'
import { formatDynamicRelocations, formatRelocations } from './relocations.ts'
import { formatSectionHeaders } from './section-headers.ts'
import type { ReadSource } from './source-lines.ts'
import { formatSymbols } from './symbols.ts'

export interface ObjdumpOptions {
  readonly archiveHeaders: boolean
  readonly fileHeaders: boolean
  readonly privateHeaders: boolean
  readonly sectionHeaders: boolean
  readonly symbols: boolean
  readonly dynamicSymbols: boolean
  readonly relocations: boolean
  readonly dynamicRelocations: boolean
  readonly contents: boolean
  /** How code is to be shown; undefined if it is not. */
  readonly code: CodeStyle | undefined
  readonly readSource: ReadSource
  readonly wide: boolean
  readonly names: NameStyle
  /** The names of the sections to show; empty for all. */
  readonly onlySections: readonly string[]
  /** What lies outside is not shown. */
  readonly startAddress: Word | undefined
  readonly stopAddress: Word | undefined
}

/**
 * What objdump writes of a file, piece by piece. `archiveLine` is what an archive says of it. A disassembler is needed for
 * code.
 */
export function* objdump(
  file: BinaryFile,
  archiveLine: string,
  options: ObjdumpOptions,
  disassembler: Disassembler | undefined,
): Generator<string> {
  yield `\n${file.name}:     file format ${file.format}\n`
  if (options.archiveHeaders) yield `${archiveLine}\n`
  if (options.fileHeaders) yield formatFileHeader(file)
  if (options.privateHeaders) yield formatPrivateHeaders(file)
  yield '\n'
  if (options.sectionHeaders) yield formatSectionHeaders(file, options)
  if (options.symbols) yield formatSymbols(file, { ...options, dynamic: false })
  if (options.dynamicSymbols) yield formatSymbols(file, { ...options, dynamic: true })
  if (options.relocations && !options.code) yield formatRelocations(file, options)
  if (options.dynamicRelocations && !options.code && file.type !== ET.REL) yield formatDynamicRelocations(file, options)
  if (options.contents) yield* formatContents(file, options)
  if (options.code && disassembler) yield* disassembleFile(file, options, options.code, disassembler)
}
