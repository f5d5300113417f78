import { LineFlag } from '@fle/dwarf'
import { SHF } from '@fle/object'
import type { Assembly } from './assembly.ts'
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
  readonly #workingDirectory: string
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

  constructor(version: number, workingDirectory: string) {
    this.version = version
    this.#workingDirectory = workingDirectory
  }

  /** Called before each instruction: it gets the row that waits. */
  beforeInstruction(assembly: Assembly): void {
    if (this.isPending) this.addRow(assembly)
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
    const place = this.#directory(folder, number === 0, directory ?? this.#workingDirectory)
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

  /** The folder of the compilation. */
  get firstDirectory(): string {
    return this.directories[0] ?? this.#workingDirectory
  }
}
