import { fileExists, type OpenFile, openMemory, readAll, reportFileError } from '@fle/diagnostics'
import { isArchive, isElf } from '@fle/elf'
import { type FleArchive, type FleExecutable, isFle, readFle, readFleInBulk } from '@fle/fle'
import { STT } from '@fle/object'
import { addObject } from './add-object.ts'
import { binaryObject } from './binary-input.ts'
import { type InputArchive, openElfArchive, openFleArchive } from './input-archive.ts'
import { symbolsOfProgram } from './just-symbols.ts'
import { findLibrary, inSystemRoot, libraryPaths } from './library-paths.ts'
import type { LinkInput } from './link-options.ts'
import { type LinkState, ofWholeArchive } from './link-state.ts'
import { isLinkerScript, parseLinkerScript } from './linker-script.ts'
import { readObjectBytes } from './read-object.ts'
import { defineProvided, defineRequested, enterAt, requestSymbols, wantSymbols } from './requested-symbols.ts'
import { sharedObject } from './shared-objects.ts'
import { Rank } from './symbol-table.ts'

/**
 * Reads the inputs in the order of the command line and resolves symbols as it goes: an archive gives the members that
 * define what is undefined at its place, to a fixed point of its own; the archives of a group do so together.
 */
export function readInputs(link: LinkState, opened: OpenFile[]): void {
  requestSymbols(link)
  readList(link, link.options.inputs, opened)
  defineProvided(link)
  link.observer.expectWork?.(link.inputSize)
}

function readList(link: LinkState, inputs: readonly LinkInput[], opened: OpenFile[]): void {
  let group: InputArchive[] | undefined
  for (const input of inputs) {
    if (input.kind === 'start-group') group = []
    else if (input.kind === 'definition') defineRequested(link, input.definition)
    else if (input.kind === 'symbols') {
      const symbols = symbolsOfProgram(link, input)
      if (symbols) addObject(link, symbols, false)
    } else if (input.kind === 'end-group') {
      pullMembersOfGroup(link, group ?? [])
      group = undefined
    } else {
      for (const archive of readInput(link, input, opened)) {
        if (input.wholeArchive) continue
        pullMembers(link, archive)
        group?.push(archive)
      }
    }
  }
  pullMembersOfGroup(link, group ?? [])
}

type FileInput = Extract<LinkInput, { kind: 'file' | 'library' }>

/** Adds an object to the link, or returns archives: one, or those that a script names. */
function readInput(link: LinkState, input: FileInput, opened: OpenFile[]): InputArchive[] {
  const path = input.kind === 'file' ? input.path : findLibrary(link, input.name)
  const file = path === undefined ? undefined : openInput(link, path, opened)
  if (path === undefined || !file) return []
  const read =
    input.kind === 'file' && input.binary
      ? readBinary(link, file, path)
      : readOpened(link, file, path, input.wholeArchive)
  if (read.kind === 'script') return readScript(link, read.text, path, input.wholeArchive, opened)
  if (read.kind !== 'archive') return []
  const { archive } = read
  link.archives.push(archive)
  if (input.wholeArchive)
    for (let member = 0; member < archive.memberCount; member++) pullMember(link, archive, member, ofWholeArchive)
  return [archive]
}

const deepestScript = 16

/** Reads what a script in place of a library names. The archives of a group are searched together, once here and once more with the group around. */
function readScript(
  link: LinkState,
  text: string,
  path: string,
  wholeArchive: boolean,
  opened: OpenFile[],
): InputArchive[] {
  const script = parseLinkerScript(text)
  if ('message' in script) return reported(link, script.message, path, script.line)
  if (link.scriptDepth >= deepestScript) return reported(link, 'scripts name each other without end', path, 1)
  link.scriptDepth++
  const archives: InputArchive[] = []
  for (const command of script.commands) {
    const files = command.kind === 'files' ? command.files : command.kind === 'include' ? [command.file] : []
    const group: InputArchive[] = []
    for (const name of files) {
      const input = scriptInput(link, name, path, script.searchDirectories, wholeArchive)
      for (const archive of input ? readInput(link, input, opened) : []) {
        group.push(archive)
        if (!wholeArchive) pullMembers(link, archive)
      }
    }
    if (command.kind === 'files' && command.isGroup && !wholeArchive) pullMembersOfGroup(link, group)
    archives.push(...group)
    if (command.kind === 'extern') wantSymbols(link, command.symbols)
    else if (command.kind === 'entry') enterAt(link, command.symbol)
    else if (command.kind === 'definition' && command.ifWanted) link.provided.push(command)
    else if (command.kind === 'definition') defineRequested(link, command.definition, command.isHidden)
  }
  link.scriptDepth--
  return archives
}

function reported(link: LinkState, message: string, file: string, line: number): InputArchive[] {
  link.diagnostics.error('linker-script', message, { at: { file, line } })
  return []
}

/** A file that a script names: as it stands, beside the script, or along the library paths (GNU ld's order). */
function scriptInput(
  link: LinkState,
  name: string,
  script: string,
  directories: readonly string[],
  wholeArchive: boolean,
): FileInput | undefined {
  if (name.startsWith('-l')) return { kind: 'library', name: name.slice(2), wholeArchive }
  const { sysroot = '' } = link.options
  const beside = script.includes('/') ? script.slice(0, script.lastIndexOf('/') + 1) : ''
  const folders = [...directories, ...libraryPaths(link)].map((folder) => inSystemRoot(folder, sysroot))
  const path = inSystemRoot(name, sysroot)
  // A script of the system root means by its absolute paths those of that root.
  const isRooted = sysroot !== '' && script.startsWith(`${sysroot.replace(/\/+$/, '')}/`)
  const candidates = path.startsWith('/')
    ? [...(isRooted && path === name ? [sysroot + path] : []), path]
    : [path, beside + path, ...folders.map((folder) => `${folder}/${path}`)]
  const found = candidates.find((candidate) => fileExists(link.files, candidate))
  if (found !== undefined) return { kind: 'file', path: found, wholeArchive }
  return link.diagnostics.error('cannot-open', `cannot find ${name}, which ${script} names`)
}

function openInput(link: LinkState, path: string, opened: OpenFile[]): OpenFile | undefined {
  try {
    const file = link.files.open(path)
    opened.push(file)
    // A pipe can be read only once, from its beginning.
    return file.size === undefined ? openMemory(readAll(file, path)) : file
  } catch (error) {
    return reportFileError(error, path, link.diagnostics)
  }
}

const archiveMagicLength = 8

/** What a file turned out to be: an object (part of the link by now) or an error is `nothing`. */
type ReadFile =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'archive'; readonly archive: InputArchive }
  | { readonly kind: 'script'; readonly text: string }

function readOpened(link: LinkState, file: OpenFile, path: string, wholeArchive: boolean): ReadFile {
  const { diagnostics } = link
  const archiveOrNothing = (archive: InputArchive | undefined): ReadFile =>
    archive ? { kind: 'archive', archive } : { kind: 'nothing' }
  let bytes: Uint8Array
  try {
    const magic = new Uint8Array(archiveMagicLength)
    file.readAt(magic, 0)
    if (isArchive(magic)) {
      noteFile(link, path)
      link.everyInputIsFle = false
      return archiveOrNothing(openElfArchive(link, file, path, wholeArchive))
    }
    bytes = readAll(file, path, (size) => link.memory.allocate(size))
  } catch (error) {
    reportFileError(error, path, diagnostics)
    return { kind: 'nothing' }
  }
  noteFile(link, path)
  if (!isElf(bytes) && isFle(bytes)) {
    const archive = readText(link, bytes, path)
    return archiveOrNothing(archive && openFleArchive(link, archive, path))
  }
  if (bytes.length === 0) {
    diagnostics.warning('empty-file', 'the file is empty, and ignored', { at: { file: path } })
    return { kind: 'nothing' }
  }
  link.everyInputIsFle = false
  if (!isElf(bytes) && isLinkerScript(bytes)) return { kind: 'script', text: new TextDecoder().decode(bytes) }
  const read = readObjectBytes(link, bytes, path)
  if (read) addObject(link, read.object, read.isFle)
  return { kind: 'nothing' }
}

/** Adds an object or a shared object of FLE to the link, or returns an archive. */
function readText(link: LinkState, bytes: Uint8Array, path: string): FleArchive | undefined {
  const size = link.inputSize + bytes.length
  link.observer.expectWork?.(size)
  let content = readFleInBulk(bytes, path, link.textReader)
  if (!content) {
    link.observer.expectWork?.(size, 'text')
    content = readFle(bytes, path, link.diagnostics)
  }
  if (content?.kind === 'archive') return content.archive
  if (content?.kind === 'object') addObject(link, content.object, true)
  else if (content) addShared(link, content.executable, path)
  return undefined
}

function readBinary(link: LinkState, file: OpenFile, path: string): ReadFile {
  try {
    const bytes = readAll(file, path)
    noteFile(link, path)
    link.everyInputIsFle = false
    addObject(link, binaryObject(bytes, path), false)
  } catch (error) {
    reportFileError(error, path, link.diagnostics)
  }
  return { kind: 'nothing' }
}

function noteFile(link: LinkState, path: string): void {
  link.inputLog.push({ input: { name: path }, symbol: undefined })
  link.inputFiles.push(path)
}

/** Adds a shared object to what is linked against. */
function addShared(link: LinkState, executable: FleExecutable, path: string): void {
  const shared = executable.form === 'segments' ? sharedObject(executable, path) : undefined
  if (shared) link.sharedObjects.push(shared)
  else reportExecutable(link, path)
}

function reportExecutable(link: LinkState, path: string): void {
  link.diagnostics.error('not-an-object', 'this is an FLE program, not an object', {
    at: { file: path },
    hint: 'a linked program cannot be linked again: give the objects it was made from',
  })
}

function pullMembersOfGroup(link: LinkState, archives: readonly InputArchive[]): void {
  let before: number
  do {
    before = link.objects.length
    for (const archive of archives) pullMembers(link, archive)
  } while (link.objects.length > before)
}

/** Adds the members that define undefined symbols until none does, in the order of the index (as GNU ld). */
function pullMembers(link: LinkState, archive: InputArchive): void {
  const { symbols, definingMembers } = archive
  let before: number
  do {
    before = link.objects.length
    for (let i = 0; ; i++) {
      i = link.walker.findWanted(archive, link.symbols.rank, i)
      if (i >= symbols.length) break
      // Of a symbol that is only tentatively defined, members that do so with content are wanted.
      if (link.symbols.rank[symbols[i]] === Rank.common && !overridesCommon(link, archive, i)) continue
      pullMember(link, archive, definingMembers[i], symbols[i])
    }
  } while (link.objects.length > before)
}

/**
 * Whether a member defines with content what is so far only a tentative definition: as for GNU ld, that is a reason to
 * link it, and another tentative definition is none.
 */
function overridesCommon(link: LinkState, archive: InputArchive, entry: number): boolean {
  const member = archive.definingMembers[entry]
  const object = archive.readMember(member)?.object
  if (!object) return false
  for (let symbol = object.firstGlobal; symbol < object.symbolCount; symbol++) {
    const type = object.symbolType(symbol)
    if (object.symbolSection(symbol) === 0 || type === STT.FUNC) continue
    if (object.symbolName(symbol) === link.symbols.names.text(archive.symbols[entry])) return true
  }
  return false
}

/** Adds a member to the link, because of a global symbol that it defines, or {@link ofWholeArchive}. */
function pullMember(link: LinkState, archive: InputArchive, member: number, symbol: number): void {
  if (archive.pulled[member]) return
  archive.pulled[member] = 1
  const read = archive.readMember(member)
  if (!read) return
  link.inputLog.push({ input: read.object, symbol })
  if (!read.isFle) link.everyInputIsFle = false
  addObject(link, read.object, read.isFle)
}

/** The archive, of those that were read, that has a member which defines a symbol; for hints. */
export function archiveDefining(link: LinkState, symbol: number): { path: string; member: string } | undefined {
  for (const archive of link.archives) {
    const i = archive.symbols.indexOf(symbol)
    if (i >= 0) return { path: archive.path, member: archive.memberName(archive.definingMembers[i]) }
  }
  return undefined
}
