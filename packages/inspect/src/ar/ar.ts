// What ar does, as a function of the archive's bytes and the files that are put in: text, files to write, reports.
import { Diagnostics, type FileSystem, readInput } from '@fle/diagnostics'
import { isElf } from '@fle/elf'
import { isFle } from '@fle/fle'
import { memberLine } from '../view/member-line.ts'
import { type Archive, baseName, type Format, type Member, makeMember, readArchive, writeMembers } from './archive.ts'
import {
  appendMembers,
  type Change,
  deleteMembers,
  findMember,
  type Matching,
  moveMembers,
  type Place,
  replaceMembers,
} from './change.ts'
import type { Letters } from './letters.ts'

/** What ar is asked for. */
export interface ArRequest {
  readonly letters: Letters
  /** The member that position letters name. */
  readonly neighbour: string | undefined
  /** Which of the members of one name is meant, from 1. */
  readonly count: number
  readonly archive: string
  readonly names: readonly string[]
  /** The folder that members are extracted into; '' is the present one. */
  readonly folder: string
}

/** What ar has to say and to write. */
export interface ArResult {
  readonly output: readonly (string | Uint8Array)[]
  readonly files: readonly { readonly path: string; readonly content: Uint8Array; readonly executable: boolean }[]
}

/** Does what ar is asked for. What is wrong is reported; then nothing is to be written. */
export function ar(request: ArRequest, files: FileSystem, diagnostics: Diagnostics): ArResult {
  const { letters } = request
  const archive = openOrCreate(request, files, diagnostics)
  if (!archive) return nothing
  switch (letters.operation) {
    case 'list':
    case 'print':
    case 'extract':
      return show(archive, request, diagnostics)
    default:
      return change(archive, request, files, diagnostics)
  }
}

const nothing: ArResult = { output: [], files: [] }

function openOrCreate(request: ArRequest, files: FileSystem, diagnostics: Diagnostics): Archive | undefined {
  const { letters, archive: path, names } = request
  const creates = letters.operation === 'replace' || letters.operation === 'append'
  const attempt = new Diagnostics()
  const bytes = readInput(files, path, attempt)
  if (bytes) return readArchive(bytes, path, files, diagnostics)
  if (!creates || !attempt.list[0].message.endsWith('No such file or directory')) {
    for (const diagnostic of attempt.list) diagnostics.add(diagnostic)
    return undefined
  }
  if (!letters.silentCreation)
    diagnostics.warning('created', `${path} is made: there was none`, { hint: 'c says that this is meant' })
  return { format: formatFor(path, names, files), members: [], isThin: false }
}

/** The format of a new archive: as its name ends; else FLE if all files are. */
function formatFor(path: string, names: readonly string[], files: FileSystem): Format {
  if (path.endsWith('.a')) return 'elf'
  if (/\.f(a|le)$/.test(path)) return 'fle'
  const contents = names.map((name) => readInput(files, name, new Diagnostics()))
  const isAllFle = contents.length > 0 && contents.every((bytes) => bytes && !isElf(bytes) && isFle(bytes))
  return isAllFle ? 'fle' : 'elf'
}

function matchingOf({ letters, count }: ArRequest): Matching {
  const plain = (name: string) => (letters.fullPaths ? name : baseName(name))
  return { count, matches: (member, name) => plain(member.name) === plain(name) }
}

function show({ members }: Archive, request: ArRequest, diagnostics: Diagnostics): ArResult {
  const { letters, names, archive, folder } = request
  const output: (string | Uint8Array)[] = []
  const files: ArResult['files'][number][] = []
  const chosen = names.length === 0 ? members : namedMembers(members, request, diagnostics)
  for (const member of chosen) {
    const { operation, verbose } = letters
    if (operation === 'list' && !verbose) {
      output.push(`${member.name}\n`)
      continue
    }
    const content = member.content()
    if (!content) continue
    if (operation === 'list') output.push(`${memberLine(member.name, member.attributes, content.length)}\n`)
    else if (operation === 'print') output.push(...(verbose ? [`\n<${member.name}>\n\n`] : []), content)
    else {
      // A name with folders could reach any file.
      const name = baseName(member.name)
      if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
        diagnostics.error('bad-member-name', `no file can be called '${member.name}'`, { at: { file: archive } })
        continue
      }
      if (verbose) output.push(`x - ${name}\n`)
      const path = folder === '' ? name : `${folder.replace(/\/$/, '')}/${name}`
      files.push({ path, content, executable: (member.attributes.mode & 0o100) !== 0 })
    }
  }
  return { output, files }
}

/** The members of the names, in the order of the names. One that is not there is a warning, as for GNU ar. */
function namedMembers(members: readonly Member[], request: ArRequest, diagnostics: Diagnostics): Member[] {
  const matching = matchingOf(request)
  return request.names.flatMap((name) => {
    const found = findMember(members, name, matching)
    if (found >= 0) return [members[found]]
    diagnostics.warning('no-such-member', `${request.archive} has no member ${name}`)
    return []
  })
}

function change(archive: Archive, request: ArRequest, files: FileSystem, diagnostics: Diagnostics): ArResult {
  const { letters, archive: path } = request
  const { operation, verbose, withoutIndex } = letters
  if (archive.isThin) {
    diagnostics.error('thin-archive', 'a thin archive can be read, but not changed', { at: { file: path } })
    return nothing
  }
  const changed = changeMembers(archive, request, files, diagnostics)
  for (const name of changed.missing) {
    const message = `${path} has no member ${name}`
    if (operation === 'move') diagnostics.error('no-such-member', message)
    else diagnostics.warning('no-such-member', message)
  }
  if (diagnostics.hasErrors) return nothing
  const content = writeMembers(path, { ...archive, members: changed.members }, withoutIndex, diagnostics)
  if (!content) return nothing
  const output = verbose ? changed.done.map(({ letter, name }) => `${letter} - ${name}\n`) : []
  return { output, files: [{ path, content, executable: false }] }
}

function changeMembers(
  { format, members }: Archive,
  request: ArRequest,
  files: FileSystem,
  diagnostics: Diagnostics,
): Change {
  const { letters, names } = request
  const matching = matchingOf(request)
  const place = placeOf(request, matching)
  const readFiles = () =>
    names.flatMap((path) => {
      const bytes = readInput(files, path, diagnostics)
      const member = bytes && makeMember(bytes, path, baseName(path), format, diagnostics)
      return member ? [{ member, path }] : []
    })
  switch (letters.operation) {
    case 'replace':
      return replaceMembers(members, readFiles(), place, matching)
    case 'append':
      return appendMembers(members, readFiles())
    case 'delete':
      return deleteMembers(members, names, matching)
    case 'move':
      return moveMembers(members, names, place, matching)
    default:
      return { members, done: [], missing: [] }
  }
}

/** Where members go that a position letter sends beside another; to the end if there is none of that name. */
function placeOf({ letters, neighbour }: ArRequest, matching: Matching): Place | undefined {
  if (neighbour === undefined) return undefined
  return (members) => {
    const found = findMember(members, neighbour, { ...matching, count: 1 })
    if (found < 0) return members.length
    return letters.position === 'after' ? found + 1 : found
  }
}
