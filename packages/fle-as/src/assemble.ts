import type { Diagnostics, FileSystem } from '@fle/diagnostics'
import type { SectionComment } from '@fle/fle'
import { type ObjectFile, SHF, SHT } from '@fle/object'
import { annotate } from './annotate.ts'
import type { AssembleOptions } from './assemble-options.ts'
import { Assembly } from './assembly.ts'
import { buildObject } from './build-object.ts'
import { textOfBytes } from './characters.ts'
import { writeDebugInformation } from './debug-information.ts'
import { numberViews, writeLineTable } from './debug-line.ts'
import { writeCallFrames } from './eh-frame.ts'
import { mergeExplicitRelocations } from './explicit-relocations.ts'
import { rereadValue } from './expression-parser.ts'
import { FixupResolver } from './fixups.ts'
import { renderListing } from './listing.ts'
import { readStatements } from './reader.ts'
import { checkOrgs, relaxSections } from './relax.ts'
import { sectionBytes } from './section-bytes.ts'
import { assign } from './symbol-directives.ts'

/** An assembly text and the name that messages give it. */
export interface AssemblySource {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Assembles texts, which are one program for the x86-64, as GNU as does. Whatever is wrong with it is reported with its line, and then undefined
 * is returned. `files` is asked for what .include and .incbin name.
 */
export function assemble(
  texts: readonly AssemblySource[],
  options: AssembleOptions,
  files: FileSystem,
  diagnostics: Diagnostics,
): ObjectFile | undefined {
  return assembleProgram(texts, options, files, diagnostics)?.object
}

/** What {@link assembleProgram} makes. */
export interface AssembledProgram {
  readonly object: ObjectFile
  /** The first text with addresses and bytes, if the options asked for it. */
  readonly listing: string | undefined
  /** What FLE text may say beside the bytes, by section, if the options asked for it. */
  readonly comments: ReadonlyMap<number, readonly SectionComment[]> | undefined
}

/** As {@link assemble}, with the listing. */
export function assembleProgram(
  texts: readonly AssemblySource[],
  options: AssembleOptions,
  files: FileSystem,
  diagnostics: Diagnostics,
): AssembledProgram | undefined {
  const assembly = new Assembly(options, files, diagnostics)
  readProgram(assembly, texts)
  if (diagnostics.hasErrors) return undefined
  // From here on no statement is read: every label has its place among the pieces of a section.

  addStackNote(assembly)
  const sections = assembly.sections.all.slice()
  relaxSections(assembly, sections)
  // The numbers of views are told by addresses, and LEB128s may name them.
  if (numberViews(assembly) && !diagnostics.hasErrors) relaxSections(assembly, sections)
  checkOrgs(assembly, sections)
  if (diagnostics.hasErrors) return undefined
  // From here on the sizes of all that was read are final.

  relaxSections(assembly, [...writeLineTable(assembly), ...writeDebugInformation(assembly)])
  relaxSections(assembly, writeCallFrames(assembly))
  const resolver = new FixupResolver(assembly)
  const resolved = assembly.sections.all.map((section) => {
    const bytes = section.hasContent ? sectionBytes(section) : new Uint8Array(0)
    return { section, bytes, relocations: resolver.resolve(section, bytes) }
  })
  resolver.listSymbols()
  const contents = mergeExplicitRelocations(assembly, resolved)
  if (diagnostics.hasErrors) return undefined
  // From here on it is known which symbols relocations name.

  const object = buildObject(assembly, contents, texts[0]?.name ?? '')
  if (diagnostics.hasErrors) return undefined
  const { listed } = assembly
  const text = textOfBytes(texts[0]?.bytes ?? new Uint8Array(0))
  const listing = listed && options.listing ? renderListing(text, listed, contents) : undefined
  const comments = listed && options.annotate ? annotate(assembly, listed, files) : undefined
  return { object, listing, comments }
}

/** Reads all statements, and reports what they leave open. */
function readProgram(assembly: Assembly, texts: readonly AssemblySource[]): void {
  const { sources, options, symbols, diagnostics } = assembly
  for (const { name, value } of options.definitions) {
    const text = new TextEncoder().encode(`${value}\n`)
    sources.openFile('--defsym', text, 0)
    assign(assembly, name, 'set')
    sources.stop()
  }
  assembly.isAlternate = options.alternateMacros
  assembly.isIntel = options.intelSyntax
  assembly.hasBareRegisters = options.bareRegisters
  for (const { name, bytes } of texts) {
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
      diagnostics.warning(
        'byte-order-mark',
        `${name} begins with a byte order mark, which becomes a part of its first name`,
      )
    sources.openFile(name, bytes, 0)
    readStatements(assembly)
  }
  if (assembly.lines.isPending) assembly.lines.addRow(assembly)
  for (const symbol of assembly.placeSymbols) {
    const value = rereadValue(symbol.rereadText, assembly)
    if (value) symbol.expression = value
  }
  for (const { end, place } of assembly.frames)
    if (!end) assembly.errorAt(place, 'open-frame', 'this .cfi_startproc has no .cfi_endproc in its section')
  for (const number of symbols.missing())
    diagnostics.error('undefined-label', `there is no label ${number}: behind the last ${number}f`)
}

/** --noexecstack and --execstack: an empty section that tells the linker of it. */
function addStackNote({ options, sections }: Assembly): void {
  const { executableStack } = options
  if (executableStack === undefined) return
  const section = sections.open('.note.GNU-stack', SHT.PROGBITS, 0, 0, undefined, undefined)
  section.flags = executableStack ? SHF.EXECINSTR : 0
}
