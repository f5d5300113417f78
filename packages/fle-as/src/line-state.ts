import { LineFlag } from '@fle/dwarf'
import { SHF } from '@fle/object'
import type { AssembleOptions } from './assemble-options.ts'
import type { Assembly } from './assembly.ts'
import { textOfBytes } from './characters.ts'
import type { Section } from './section.ts'
import type { AssemblySymbol } from './symbol.ts'

/** A file that the line table names. */
export interface LineFile {
  readonly name: string
  readonly directory: number
  readonly md5: Uint8Array | undefined
}

/** What .file and .loc have said so far. */
export class LineState {
  readonly files: (LineFile | undefined)[] = []
  /** Entry 0 is the folder of the compilation. */
  readonly directories: (string | undefined)[] = []
  /** The version of DWARF that options and directives ask for. */
  version: number
  readonly workingDirectory: string
  readonly #prefixMaps: AssembleOptions['prefixMaps']
  /** Whether a .loc waits for its instruction. */
  isPending = false
  file = 1
  line = 1
  column = 0
  discriminator = 0
  flags: number = LineFlag.isStatement
  isa = 0
  view: AssemblySymbol | undefined
  resetsView = false
  /** The sections that have rows, in the order of their first. */
  readonly sections: Section[] = []
  #lastSection: Section | undefined
  /** Whether instructions get rows of the lines on which they stand themselves. */
  isOfAssembly: boolean
  /** The place of the last such row: instructions of one line share it. */
  #lastPlace = -1
  /** Whether labels begin rows (.loc_mark_labels). */
  marksLabels = false

  constructor(
    version: number,
    isOfAssembly: boolean,
    { workingDirectory, prefixMaps }: Pick<AssembleOptions, 'workingDirectory' | 'prefixMaps'>,
  ) {
    this.#prefixMaps = prefixMaps
    this.version = version
    this.isOfAssembly = isOfAssembly
    this.workingDirectory = textOfBytes(new TextEncoder().encode(workingDirectory))
  }

  /** Called before each instruction: it gets the row that waits. */
  beforeInstruction(assembly: Assembly): void {
    if (this.isPending) this.addRow(assembly)
    else if (this.isOfAssembly) this.#addOwnRow(assembly)
  }

  /** A row of the line on which the instruction itself stands. Its file gets a number by {@link numberFile} at the end. */
  #addOwnRow(assembly: Assembly): void {
    const { place } = assembly.sources
    if (place === this.#lastPlace) return
    this.#lastPlace = place
    this.#setOwnLine(assembly)
    this.addRow(assembly)
  }

  #setOwnLine({ sources }: Assembly): void {
    const { place } = sources
    this.file = -1 - sources.fileOf(place)
    this.line = sources.lineOf(place)
  }

  /** Called at each label: where .loc_mark_labels says so, it begins a row. */
  atLabel(assembly: Assembly): void {
    if (!this.marksLabels || (this.files.length === 0 && !this.isOfAssembly)) return
    this.flags |= LineFlag.basicBlock
    if (this.isOfAssembly) this.#setOwnLine(assembly)
    this.addRow(assembly)
  }

  /** The first .file with a number says that a compiler tells the lines: those of the assembly text are forgotten. */
  leaveToCompiler(): void {
    if (!this.isOfAssembly) return
    this.isOfAssembly = false
    this.file = 1
    for (const section of this.sections) for (const { rows } of section.subsections) rows.length = 0
  }

  /** The number of the file of a row: `nameOf` tells the names of the assembly texts (dwarf2dbg.c: allocate_filenum). */
  numberFile(file: number, nameOf: (source: number) => string): number {
    if (file >= 0) return file
    const path = nameOf(-1 - file)
    const slash = path.lastIndexOf('/') + 1
    const directory = this.#directory(path.slice(0, slash), false, '')
    const name = path.slice(slash)
    const known = this.files.findIndex((file, i) => i > 0 && file?.name === name && file.directory === directory)
    if (known > 0) return known
    const number = Math.max(1, this.files.length)
    this.files[number] = { name, directory, md5: undefined }
    return number
  }

  addRow({ current }: Assembly): void {
    const isLoadedCode = SHF.EXECINSTR | SHF.ALLOC
    // gas's "as-yet incomplete location", and lines of what is not code.
    if (this.line !== 0 && (current.section.flags & isLoadedCode) === isLoadedCode) {
      current.rows.push({
        piece: current.pieces.length,
        offset: current.content.length,
        file: this.file,
        line: this.line,
        column: this.column,
        discriminator: this.discriminator,
        flags: this.flags,
        isa: this.isa,
        view: this.view,
        resetsView: this.resetsView,
      })
      if (current.section !== this.#lastSection) this.#noteSection(current.section)
    }
    this.isPending = false
    this.flags &= LineFlag.isStatement
    this.discriminator = 0
    this.view = undefined
    this.resetsView = false
  }

  #noteSection(section: Section): void {
    this.#lastSection = section
    if (!section.hasRows) this.sections.push(section)
    section.hasRows = true
  }

  /** Names a file. Returns false if another file has the number (dwarf2dbg.c: allocate_filename_to_slot). */
  setFile(number: number, directory: string | undefined, path: string, md5: Uint8Array | undefined): boolean {
    const slash = path.lastIndexOf('/') + 1
    let name = path
    let folder = directory ?? ''
    // The folder of file 0 is that of the compilation; the file may be in another one, which its name tells.
    if (directory === undefined || (number === 0 && slash > 0)) {
      folder = path.slice(0, slash)
      name = path.slice(slash)
    }
    const before = this.files[number]
    if (before)
      return before.name === name && (directory === undefined || this.directories[before.directory] === directory)
    const place = this.#directory(folder, number === 0, directory ?? this.workingDirectory)
    this.files[number] = { name, directory: place, md5 }
    return true
  }

  /** The number of a directory: 0 for none (dwarf2dbg.c: get_directory_table_entry). */
  #directory(name: string, canBeFirst: boolean, ofCompilation: string): number {
    const path = name.endsWith('/') ? name.slice(0, -1) : name
    if (path === '') return 0
    const known = this.directories.indexOf(path)
    if (known >= 0) return known
    let number = Math.max(1, this.directories.length)
    if (canBeFirst && this.directories[0] === undefined) {
      number = 0
      if (path !== ofCompilation) {
        this.directories[0] = ofCompilation
        number = Math.max(1, this.directories.length)
      }
    }
    this.directories[number] = path
    return number
  }

  /** What debuggers are told as the name of a folder: --debug-prefix-map may change it. */
  toldDirectory(path: string): string {
    const map = this.#prefixMaps.findLast(({ from }) => path.startsWith(from))
    return map ? map.to + path.slice(map.from.length) : path
  }

  /** The folder of the compilation. */
  get firstDirectory(): string {
    return this.directories[0] ?? this.workingDirectory
  }
}
