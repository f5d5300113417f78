import { FileError, type OpenFile, openMemory, readAll, reportFileError } from '@fle/diagnostics'
import { isArchive } from '@fle/elf'
import { isFle, readFle } from '@fle/fle'
import { addObject } from './add-object.ts'
import { type InputArchive, openElfArchive, openFleArchive } from './input-archive.ts'
import { defaultEntry, entryNumber, type LinkInput } from './link-options.ts'
import type { LinkState } from './link-state.ts'
import { readObjectBytes } from './read-object.ts'

/**
 * Reads the inputs in the order of the command line and resolves symbols as it goes: an archive gives the members that
 * define what is undefined at its place, to a fixed point of its own; the archives of a group do so together.
 */
export function readInputs(link: LinkState, opened: OpenFile[]): void {
  wantEntry(link)
  let group: InputArchive[] | undefined
  for (const input of link.options.inputs) {
    if (input.kind === 'start-group') group = []
    else if (input.kind === 'end-group') {
      pullMembersOfGroup(link, group ?? [])
      group = undefined
    } else {
      const archive = readInput(link, input, opened)
      if (archive && !input.wholeArchive) {
        pullMembers(link, archive)
        group?.push(archive)
      }
    }
  }
  pullMembersOfGroup(link, group ?? [])
}

/** The entry symbol may come from an archive. It is no error yet if nothing defines it. */
function wantEntry(link: LinkState): void {
  if (link.options.relocatable) return
  if (entryNumber(link.options) !== undefined) return
  link.symbols.refer(link.symbols.internText(link.options.entry ?? defaultEntry), false)
}

type FileInput = Extract<LinkInput, { kind: 'file' | 'library' }>

/** Adds an object to the link, or returns an archive. */
function readInput(link: LinkState, input: FileInput, opened: OpenFile[]): InputArchive | undefined {
  const path = input.kind === 'file' ? input.path : findLibrary(link, input.name)
  if (path === undefined) return undefined
  const file = openInput(link, path, opened)
  if (!file) return undefined
  const archive = readOpened(link, file, path)
  if (!archive) return undefined
  link.archives.push(archive)
  if (input.wholeArchive)
    for (let member = 0; member < archive.memberCount; member++) pullMember(link, archive, member, '')
  return archive
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

function readOpened(link: LinkState, file: OpenFile, path: string): InputArchive | undefined {
  const { diagnostics } = link
  let bytes: Uint8Array
  try {
    const magic = new Uint8Array(archiveMagicLength)
    file.readAt(magic, 0)
    if (isArchive(magic)) {
      link.inputLog.push(path)
      link.everyInputIsFle = false
      return openElfArchive(link, file, path)
    }
    bytes = readAll(file, path)
  } catch (error) {
    return reportFileError(error, path, diagnostics)
  }
  link.inputLog.push(path)
  if (isFle(bytes)) {
    const content = readFle(bytes, path, diagnostics)
    if (content?.kind === 'archive') return openFleArchive(link, content.archive, path)
    if (content?.kind === 'object') addObject(link, content.object, true)
    else if (content) reportExecutable(link, path)
    return undefined
  }
  link.everyInputIsFle = false
  const read = readObjectBytes(bytes, path, diagnostics)
  if (read) addObject(link, read.object, read.isFle)
  return undefined
}

function reportExecutable(link: LinkState, path: string): void {
  link.diagnostics.error('not-an-object', 'this is an FLE program, not an object', {
    at: { file: path },
    hint: 'a linked program cannot be linked again: give the objects it was made from',
  })
}

/** `libNAME.fa` or `libNAME.a` in the first of the -L directories that has one. */
function findLibrary(link: LinkState, name: string): string | undefined {
  const candidates = name.startsWith(':') ? [name.slice(1)] : [`lib${name}.fa`, `lib${name}.a`]
  for (const directory of link.options.libraryPaths) {
    for (const candidate of candidates) {
      const path = `${directory}/${candidate}`
      if (exists(link, path)) return path
    }
  }
  const searched = link.options.libraryPaths
  return link.diagnostics.error('library-not-found', `unable to find library -l${name}`, {
    notes: searched.length > 0 ? [`searched: ${searched.join(' ')}`, `for: ${candidates.join(' ')}`] : [],
    ...(searched.length === 0 ? { hint: 'name the folder it is in with -L' } : {}),
  })
}

function exists(link: LinkState, path: string): boolean {
  try {
    link.files.open(path).close()
    return true
  } catch (error) {
    if (error instanceof FileError) return false
    throw error
  }
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
  const { index, pulled } = archive
  const { names } = link.symbols
  const view = new DataView(index.bytes.buffer, index.bytes.byteOffset, index.bytes.byteLength)
  let before: number
  do {
    before = link.objects.length
    for (let i = 0; i < index.count; i++) {
      if (pulled[index.members[i]]) continue
      const symbol = names.lookup(index.bytes, view, index.nameOffsets[i])
      if (symbol >= 0 && link.symbols.isWanted(symbol)) pullMember(link, archive, index.members[i], names.text(symbol))
    }
  } while (link.objects.length > before)
}

/** Adds a member to the link, because of a symbol that it defines (empty for --whole-archive). */
function pullMember(link: LinkState, archive: InputArchive, member: number, symbol: string): void {
  if (archive.pulled[member]) return
  archive.pulled[member] = 1
  const read = archive.readMember(member)
  if (!read) return
  link.inputLog.push(`${read.object.name}${symbol ? ` (for ${symbol})` : ''}`)
  if (!read.isFle) link.everyInputIsFle = false
  addObject(link, read.object, read.isFle)
}

/** The archive, of those that were read, that has a member which defines a name; for hints. */
export function archiveDefining(link: LinkState, symbol: number): { path: string; member: string } | undefined {
  const bytes = Uint8Array.from([...link.symbols.names.bytes(symbol), 0])
  for (const archive of link.archives) {
    for (let i = 0; i < archive.index.count; i++) {
      const start = archive.index.nameOffsets[i]
      if (equalNames(archive.index.bytes, start, bytes)) {
        return { path: archive.path, member: archive.memberName(archive.index.members[i]) }
      }
    }
  }
  return undefined
}

function equalNames(bytes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[start + i] !== name[i]) return false
  return true
}
