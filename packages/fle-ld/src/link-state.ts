import type { Details, Diagnostics, FileSystem } from '@fle/diagnostics'
import type { LineTable } from '@fle/dwarf'
import { makeTextTables } from '@fle/fle'
import { Memory, NameTable, RecordWalker, TextReader } from '@fle/kernels'
import { widthOfType } from '@fle/x86-64'
import type { LiveChain } from './collect-garbage.ts'
import type { DynamicSections } from './dynamic.ts'
import type { EhFrame } from './eh-frame.ts'
import type { Fold } from './fold-identical.ts'
import type { Got } from './got.ts'
import type { InputArchive } from './input-archive.ts'
import type { InputObject } from './input-object.ts'
import type { Iplt } from './iplt.ts'
import type { Layout } from './layout.ts'
import type { LinkOptions, OutputFormat } from './link-options.ts'
import type { ScriptCommand } from './linker-script.ts'
import type { LinkerSymbol } from './linker-symbols.ts'
import type { PropertyNote } from './merge-properties.ts'
import type { MergeGroup } from './merge-sections.ts'
import type { OutputSection } from './output-section.ts'
import type { RequestedDefinition } from './requested-symbols.ts'
import type { SharedLink, SharedObject } from './shared-objects.ts'
import { type CommonKind, SymbolTable } from './symbol-table.ts'

/** A second strong definition of a symbol that has one. */
export interface DuplicateDefinition {
  readonly symbol: number
  readonly object: number
  readonly objectSymbol: number
}

/** A file that was read, or a member of an archive that was linked. */
export interface LoggedInput {
  /** The file, or the object that the member is. */
  readonly input: { readonly name: string }
  /** Of a member the global symbol that wanted it, {@link ofWholeArchive} if nobody did; undefined for a file. */
  readonly symbol: number | undefined
}

/** Of a member that --whole-archive asks for: no symbol wanted it. */
export const ofWholeArchive = -1

/** Who is told how a link goes on. */
export interface LinkObserver {
  /** How many bytes of input there are, as they are read, and whether the next to be read is text. */
  expectWork?(bytes: number, next?: 'text'): void
  /** That a pass has come to its end. */
  passDone?(name: string): void
}

/** What the passes of one link work on. Each pass says in link.ts what holds after it. */
export class LinkState {
  readonly options: LinkOptions
  readonly files: FileSystem
  readonly diagnostics: Diagnostics

  /** What the loops in WebAssembly work in: the objects, and the tables of the link. */
  readonly memory: Memory
  readonly objects: InputObject[] = []
  readonly archives: InputArchive[] = []
  /** Whether every file that was read is FLE; decides the output format where nothing else does. */
  everyInputIsFle = true
  readonly symbols: SymbolTable
  /** Signatures of the COMDAT groups that are kept. */
  readonly comdatGroups: NameTable
  readonly duplicates: DuplicateDefinition[] = []
  /** What an undefined mention of a symbol means instead (--wrap). */
  readonly redirections = new Map<number, number>()
  /** Symbols whose mentions are told (-y). */
  readonly traced = new Set<number>()
  /** Names `foo@V1` of definitions `foo@@V1`. */
  readonly versionAliases = new Set<number>()
  readonly requestedDefinitions: RequestedDefinition[] = []
  /** Files and members of archives, in the order of reading. */
  readonly inputLog: LoggedInput[] = []
  /** The files that were read (-t). */
  readonly inputFiles: string[] = []
  /** What was asked to be told while linking (-y, --print-gc-sections …), one line each. */
  readonly notes: string[] = []
  /** What was asked to be shown of the result so far (--print-icf-sections). */
  readonly listed: string[] = []
  /** What scripts define if a file refers to it and none defines it. */
  readonly provided: Extract<ScriptCommand, { kind: 'definition' }>[] = []
  /** Where a script says that the program starts. */
  scriptEntry: string | undefined
  /** How many scripts, each named by the one before, are being read. */
  scriptDepth = 0

  /** The sections .gnu.warning.SYMBOL of the inputs. */
  readonly warningSections: { readonly input: InputObject; readonly section: number }[] = []

  /** The sections .note.gnu.property of the inputs. */
  readonly propertyNotes: PropertyNote[] = []

  /** By their numbers. */
  readonly outputSections: OutputSection[] = []
  /** The sections that common symbols are in, and where in it each is. */
  readonly commonSections: Partial<Record<CommonKind, OutputSection>> = {}
  readonly commonOffsets = new Map<number, number>()
  /** What --gc-sections left, each with what needs it, in the order of finding; and what it dropped. */
  readonly liveSections: LiveChain[] = []
  readonly collectedSections: { readonly input: InputObject; readonly section: number }[] = []
  /** What --icf left out. */
  readonly folds: Fold[] = []
  readonly mergeGroups: MergeGroup[] = []
  readonly linkerSymbols: LinkerSymbol[] = []
  ehFrame: EhFrame | undefined
  buildIdSection: OutputSection | undefined
  got: Got | undefined
  iplt: Iplt | undefined
  /** Of a static-PIE only. */
  dynamic: DynamicSections | undefined
  /** The shared objects that are linked against. */
  readonly sharedObjects: SharedObject[] = []
  /** Of links with shared objects only. */
  shared: SharedLink | undefined
  format: OutputFormat = 'elf64-x86-64'
  /** Whether all addresses will be of 31 bits: instructions can have them as operands. */
  hasLowAddresses = false
  /** Whether the output is FLE's `.load`: one blob that may stand anywhere. */
  isLoadBlob = false
  layout: Layout = {
    sectionOrder: [],
    segments: [],
    headerSpans: [],
    imageBase: 0,
    threadImageStart: 0,
    threadPointer: 0,
    contentSize: 0,
  }
  /** Addresses of sections that the command line says or follow from it, by name. */
  fixedAddresses: ReadonlyMap<string, number> = new Map()
  /** What the program says of its stack, if anything: whether it can be executed. */
  stack: 'executable' | 'data' | undefined
  /** Names of the only symbols that the symbol table keeps; undefined if it keeps all. */
  retainedSymbols: ReadonlySet<string> | undefined
  /** What messages have asked for: line tables, and the symbols of each section of an object. */
  readonly lineTables = new Map<InputObject, LineTable>()
  readonly symbolsBySection = new Map<InputObject, Map<number, number[]>>()
  /** The place of a relocation that needs to know the image's address; undefined if the image may stand anywhere. */
  absoluteNeed: (() => string) | undefined

  /** What the loops know all objects by; there will be no more objects. */
  get objectRecords(): number {
    this.#objectRecords ||= this.walker.addObjects(this.objects.map(({ record }) => record))
    return this.#objectRecords
  }
  #objectRecords = 0

  /** Runs the loops over symbols and relocations. */
  readonly walker: RecordWalker

  /** Runs the loops over texts. */
  get textReader(): TextReader {
    this.#textReader ??= new TextReader(this.memory, makeTextTables())
    return this.#textReader
  }
  #textReader: TextReader | undefined

  /** Bytes of the objects that were read. */
  inputSize = 0
  readonly observer: LinkObserver

  constructor(
    options: LinkOptions,
    files: FileSystem,
    diagnostics: Diagnostics,
    observer: LinkObserver,
    memory: Memory = new Memory(),
  ) {
    this.memory = memory
    this.symbols = new SymbolTable(memory)
    this.comdatGroups = new NameTable(memory)
    this.walker = new RecordWalker(memory, widthOfType)
    this.observer = observer
    this.options = options
    this.files = files
    this.diagnostics = diagnostics
  }

  /** Reports what makes the program wrong, though it can be written: a warning with --noinhibit-exec. */
  problem(code: string, message: string, details: Details = {}): void {
    if (this.options.keepGoing) this.diagnostics.warning(code, message, details)
    else this.diagnostics.error(code, message, details)
  }
}
