import type { Dialect } from '@fle/fle'
import type { CompressionForm } from '@fle/object'
import type { CallPadding } from '@fle/x86-64'
import type { BuildId } from './build-id.ts'
import type { RequestedProperties } from './merge-properties.ts'
import type { SymbolDefinition } from './symbol-expression.ts'

/** One item of the command line that names input, in the order in which it was given. */
export type LinkInput =
  | {
      readonly kind: 'file'
      readonly path: string
      readonly wholeArchive: boolean
      /** The file's bytes are data, whatever they look like (-b binary). */
      readonly binary?: boolean
    }
  /** `-lNAME`; `-l:FILE` has the name `:FILE`. */
  | { readonly kind: 'library'; readonly name: string; readonly wholeArchive: boolean }
  /** A program whose symbols alone are wanted; of `-R` a mere folder for the dynamic linker if it is none. */
  | { readonly kind: 'symbols'; readonly path: string; readonly isOptional: boolean }
  | { readonly kind: 'start-group' }
  | { readonly kind: 'end-group' }
  /** A symbol that the command line defines (--defsym), over any definition in a file. */
  | { readonly kind: 'definition'; readonly definition: SymbolDefinition }

export type OutputFormat = 'fle' | 'elf64-x86-64' | 'binary'

/** What a link is asked to do. */
export interface LinkOptions {
  readonly inputs: readonly LinkInput[]
  /** The output's name: its ending helps to decide the format. */
  readonly output: string
  /** Undefined: by the ending of the output's name, else FLE if every input is FLE, ELF otherwise. */
  readonly format?: OutputFormat
  /** The dialect of FLE output. */
  readonly dialect: Dialect
  /** The interpreter in the first line of FLE programs, undefined for the dialect's own. */
  readonly interpreter?: string
  /** A symbol or a number; undefined for `_start`. */
  readonly entry?: string
  readonly libraryPaths: readonly string[]
  /** Whether libraries are looked for there alone (-nostdlib). */
  readonly noSystemLibraries?: boolean
  /** The folder that `=` and `$SYSROOT` at the start of a library path stand for. */
  readonly sysroot?: string
  /** Symbols that are wanted as if a file referred to them (-u). */
  readonly wantedSymbols?: readonly string[]
  /** The same, and an error if nothing defines them (--require-defined). */
  readonly requiredSymbols?: readonly string[]
  /** Symbols whose undefined mentions mean __wrap_SYMBOL, while __real_SYMBOL means SYMBOL (--wrap). */
  readonly wrappedSymbols?: readonly string[]
  /** Symbols whose definitions and mentions are noted as files are read (-y). */
  readonly tracedSymbols?: readonly string[]
  /** Of several strong definitions the first counts, without an error. */
  readonly allowDuplicates?: boolean
  /** What symbols without a definition are; an error unless given. Their value is 0 otherwise. */
  readonly unresolved?: 'error' | 'warning' | 'ignore'
  /** Symbols that need no definition (--ignore-unresolved-symbol). */
  readonly ignoredSymbols?: readonly string[]
  /** Undefined and duplicate symbols and values that do not fit give warnings, and an output (--noinhibit-exec). */
  readonly keepGoing?: boolean
  /** Give local symbols names of their own, by a number behind each (-z unique-symbol). */
  readonly uniqueSymbols?: boolean
  /** How common symbols are sorted by their alignment; not at all unless given (--sort-common). */
  readonly sortCommons?: 'ascending' | 'descending'
  /** Which local symbols are left out of the symbol table (-x, -X). */
  readonly discardLocals?: 'all' | 'temporary' | 'none'
  /** A file that names the only symbols that the symbol table is to keep (--retain-symbols-file). */
  readonly retainSymbolsFile?: string
  /** Whether the stack is executable (-z execstack, noexecstack); what the objects say unless given. */
  readonly executableStack?: boolean
  /** Warn where a tentative definition meets another definition (--warn-common). */
  readonly warnOfCommons?: boolean
  /** Whether an executable stack is worth a warning; unless given, if nobody asked for it. */
  readonly warnOfStack?: boolean
  /** Warn of a segment that can be written and executed; true unless given (--no-warn-rwx-segments). */
  readonly warnOfWritableCode?: boolean
  /** Whether sections may not overlap; true unless given (--no-check-sections). */
  readonly checkSections?: boolean
  /** What becomes of sections that GNU ld's default script has no place for; they stand by their like unless given. */
  readonly orphans?: 'warn' | 'error' | 'discard'
  /** Show the names of C++ as they stand in the source; true unless given. */
  readonly demangle?: boolean
  /** Produce the text of a cross-reference table (--cref). */
  readonly crossReference?: boolean
  /** Tell how much was linked (--stats). */
  readonly statistics?: boolean
  readonly buildId?: BuildId
  /** What the program tells of its package, as JSON (--package-metadata). */
  readonly packageMetadata?: string
  /** Make a program that runs at any address (static-PIE). */
  readonly pie?: boolean
  /** Make a shared object; of the dialect `linklab` only. */
  readonly shared?: boolean
  /** Make .eh_frame_hdr. */
  readonly ehFrameHeader?: boolean
  /** Whether data that is written to only at start is made read-only then; true unless given. */
  readonly relro?: boolean
  /** Whether the table of IFUNCs belongs to that: nothing is bound later (-z now). */
  readonly bindNow?: boolean
  /** Whether accesses through the GOT are rewritten where they can be; true unless given (--no-relax). */
  readonly relax?: boolean
  /** What fills up a call that needs no GOT any more; a prefix 0x67 unless given (-z call-nop). */
  readonly callPadding?: CallPadding
  /** Bits of the program's properties besides those that its objects have (-z ibt, -z x86-64-v3). */
  readonly properties?: RequestedProperties
  /** The size of the stack that PT_GNU_STACK asks for. */
  readonly stackSize?: number
  /** What of the symbol table and the debug information is left out: nothing, debug (-S), or all (-s). */
  readonly strip?: 'debug' | 'all'
  /** Keep the relocations of the inputs in a program too (--emit-relocs). */
  readonly emitRelocations?: boolean
  /** How debug information is compressed, in ELF outputs only (--compress-debug-sections). */
  readonly compressDebug?: CompressionForm
  /** Make one of the functions of the same code: of all, or of those whose addresses nothing asks for (--icf). */
  readonly icf?: 'all' | 'safe'
  /** Tell which. */
  readonly printFolded?: boolean
  /** Let strings that are the end of others stand inside those (-O2). */
  readonly mergeTails?: boolean
  /** Drop the sections that nothing needs. */
  readonly collectGarbage?: boolean
  /** Keep what defines global symbols of default or protected visibility (--gc-keep-exported). */
  readonly keepExported?: boolean
  /** Whether __start_NAME and __stop_NAME need the sections NAME; true unless given (-z start-stop-gc). */
  readonly startStopKeeps?: boolean
  /** STV_* of the symbols __start_NAME and __stop_NAME; protected unless given (-z start-stop-visibility). */
  readonly startStopVisibility?: number
  /** Tell which were dropped. */
  readonly printCollected?: boolean
  /** Patterns of names of symbols and sections: what keeps them is told (--why-live). */
  readonly whyLive?: readonly string[]
  /** Patterns of names of sections that are to be output sections each by itself; the empty one: all orphans (--unique). */
  readonly uniqueSections?: readonly string[]
  /** How sections that may stand in any order are sorted (--sort-section). */
  readonly sortSections?: 'name' | 'alignment'
  /** Make one object of the inputs (-r). */
  readonly relocatable: boolean
  /** Give common symbols of that object their place (-d). */
  readonly allocateCommons?: boolean
  /** Whether common symbols of that object have the type for them; as in the inputs unless given (-z common, nocommon). */
  readonly commonType?: boolean
  /** Address of the first byte of the image. */
  readonly imageBase?: number
  /** Addresses of sections, by their names. */
  readonly sectionAddresses?: ReadonlyMap<string, number>
  /** Addresses of the first section of read-only data behind the code, and of the large code model's data behind .lbss. */
  readonly readOnlyAddress?: number
  readonly largeDataAddress?: number
  /**
   * Which segments the image has: one for each kind of permissions unless given; one of all that is not written to and one of
   * the data (-z noseparate-code); the same without the headers and not aligned to pages in the file (-n); all in one (-N).
   */
  readonly segments?: 'text-and-data' | 'unpaged' | 'one'
  /** The size of a page, at least 4096, for which segments stand apart (-z max-page-size). */
  readonly pageSize?: number
  /** Produce the text of a map file. */
  readonly map: boolean
}

/** The entry symbol where none is given. */
export const defaultEntry = '_start'

/** The entry as a number where it is one: decimal, or hexadecimal behind 0x. */
export function entryNumber(options: LinkOptions): number | undefined {
  return options.entry !== undefined && /^(0x[\da-f]+|\d+)$/i.test(options.entry) ? Number(options.entry) : undefined
}
