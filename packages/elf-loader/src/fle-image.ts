// Reads an FLE program: an executable in either form, or a plain listing without relocations.

import { type Diagnostics, type FileSystem, readInput } from '@fle/diagnostics'
import { bindSharedObjects, type FleExecutable, isSharedObject, readFle } from '@fle/fle'
import { hexadecimal, type ObjectFile, type Word } from '@fle/object'
import { refuseObject } from './elf-image.ts'
import { type Image, pageAlign, pageSize, Refusal, type Segment, taskSize } from './load-plan.ts'
import type { SharedFiles } from './planner.ts'

/** An alignment of one page, no program headers: what is the same for all FLE programs. */
const common = { format: 'FLE', alignment: pageSize, programHeaders: 0, programHeaderCount: 0 } as const

const allPermissions = 7

/** Reads and checks the FLE program at a path, and its shared objects. What is wrong with the text itself is reported with line and column. */
export function readFleImage(
  path: string,
  files: FileSystem,
  diagnostics: Diagnostics,
  shared: SharedFiles,
): Image | Refusal {
  const bytes = readInput(files, path, diagnostics)
  const file = bytes && readFle(bytes, path, diagnostics)
  if (!file || diagnostics.hasErrors) return new Refusal('ENOEXEC', path, '')
  if (file.kind === 'executable') return programImage(path, file.executable, files, diagnostics, shared)
  if (file.kind === 'archive') return new Refusal('ENOEXEC', path, 'it is an archive of objects, not a program')
  return isJson(bytes) ? refuseObject('ENOEXEC', path) : listingImage(path, file.object)
}

/** A program with all shared objects that it needs, which are one image with it. */
function programImage(
  path: string,
  executable: FleExecutable,
  files: FileSystem,
  diagnostics: Diagnostics,
  { libraryPath, look }: SharedFiles,
): Image | Refusal {
  if (isSharedObject(executable))
    return new Refusal('ENOEXEC', path, 'it is a shared object, not a program', 'run a program that needs it')
  if (executable.form === 'blob') return executableImage(path, executable)
  const bound = bindSharedObjects(executable, path, { files, libraryPath }, diagnostics)
  if (!bound) return new Refusal('ELIBBAD', path, '')
  for (const file of bound.files) look(file)
  return executableImage(path, bound.program)
}

function executableImage(path: string, executable: FleExecutable): Image | Refusal {
  if (executable.form === 'blob') {
    const { content, size, entry } = executable
    return blobImage(path, content, size, entry)
  }
  const segments: Segment[] = []
  for (const { name, address, size, flags, content } of executable.segments) {
    if (size === 0) continue
    const problem = checkPlace(address, size)
    if (problem || typeof address !== 'number') return new Refusal('ENOEXEC', path, `its segment ${name} ${problem}`)
    segments.push({ address, size, flags, content })
  }
  segments.sort((a, b) => a.address - b.address)
  const overlap = segments.find(
    (s, i) => i > 0 && segments[i - 1].address + pageAlign(segments[i - 1].size) > s.address,
  )
  if (overlap) {
    const place = hexadecimal(overlap.address)
    return new Refusal('ENOEXEC', path, `two of its segments share a page of memory at ${place}`)
  }
  return { ...common, path, placement: 'fixed', segments, entry: executable.entry }
}

function checkPlace(address: Word, size: number): string | undefined {
  if (typeof address !== 'number' || address < 0 || size > taskSize || address > taskSize - size)
    return 'lies beyond the addresses that a program can have'
  if (address % pageSize !== 0) return 'does not begin at a multiple of 4096, the size of a page'
  return undefined
}

function blobImage(path: string, content: Uint8Array, size: number, entry: number): Image {
  const segment = { address: 0, size, flags: allPermissions, content }
  return { ...common, path, placement: 'anywhere', segments: size > 0 ? [segment] : [], entry }
}

/**
 * A plain listing is one .text; it runs if nothing in it is left to a linker. It starts at `_start` or else, as it is
 * the listing of a lecture, at its first byte.
 */
function listingImage(path: string, object: ObjectFile): Image | Refusal {
  const text = firstSection(object)
  const content = text === 0 ? undefined : object.sectionContent(text)
  if (!content?.length) return new Refusal('ENOEXEC', path, 'it has no code')
  if (object.relocationSections.some((section) => section > 0)) return refuseObject('ENOEXEC', path)
  return blobImage(path, content, content.length, startOf(object, text))
}

function firstSection(object: ObjectFile): number {
  for (let section = 1; section < object.sectionCount; section++) if (object.isAllocated(section)) return section
  return 0
}

/** Offset of `_start` in a section, 0 if it is not defined there. */
function startOf(object: ObjectFile, section: number): number {
  for (let symbol = 1; symbol < object.symbolCount; symbol++) {
    if (object.symbolSection(symbol) === section && object.symbolName(symbol) === '_start')
      return Number(object.symbolValue(symbol))
  }
  return 0
}

/** Whether a text is JSON, so that it says what it is; a listing does not. */
function isJson(bytes: Uint8Array): boolean {
  const lineFeed = 0x0a
  let at = bytes[0] === 0x23 && bytes[1] === 0x21 ? bytes.indexOf(lineFeed) : 0
  while (at >= 0 && bytes[at] <= 0x20) at++
  return bytes[at] === 0x7b
}
