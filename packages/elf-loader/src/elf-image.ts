// Reads an ELF program as load_elf_binary() of fs/binfmt_elf.c does: the same checks, in the same order, and no others
// (class, byte order and version are not looked at). Checks of the second kind come after the point of no return:
// there the kernel kills the process with SIGSEGV.

import type { OpenFile } from '@fle/diagnostics'
import { EM_X86_64, ET, fileHeader, isElf, PF, PT, programHeader } from '@fle/elf'
import { readSize, readWord, type Word } from '@fle/object'
import { textOf } from './byte-text.ts'
import { type FilePart, type Image, pageSize, pageStart, Refusal, type Segment, taskSize } from './load-plan.ts'

/** The most bytes of program headers that the kernel reads. */
const mostHeaderBytes = 65536
/** The longest path, its NUL included (PATH_MAX). */
const longestPath = 4096

/** An ELF file whose headers have been read. */
export interface ElfHeaders {
  readonly path: string
  readonly file: OpenFile
  readonly type: number
  readonly entry: Word
  /** Offset of the program headers in the file. */
  readonly tableOffset: number
  readonly count: number
  readonly table: DataView
}

/**
 * Reads the ELF header, given the first bytes of the file (at least 64), and the program headers. `errno` is the
 * answer to a file that is no program: ENOEXEC, for interpreters ELIBBAD.
 */
export function readElfHeaders(
  path: string,
  file: OpenFile,
  head: Uint8Array,
  errno: 'ENOEXEC' | 'ELIBBAD',
): ElfHeaders | Refusal {
  const refuse = (reason: string, hint?: string) => new Refusal(errno, path, reason, hint)
  if (!isElf(head)) return refuse('it is neither an ELF program, an FLE program nor a script with a #! line')
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const type = view.getUint16(fileHeader.type, true)
  if (errno === 'ENOEXEC' && type !== ET.EXEC && type !== ET.DYN) return refuseType(errno, path, type)
  const machine = view.getUint16(fileHeader.machine, true)
  if (machine !== EM_X86_64) return refuse(`it is a program for another machine (e_machine ${machine}, not x86-64)`)
  const entrySize = view.getUint16(fileHeader.programHeaderSize, true)
  if (entrySize !== programHeader.size) return refuse(`its program headers have ${entrySize} bytes each, not 56`)
  const count = view.getUint16(fileHeader.programHeaderCount, true)
  if (count === 0) return refuse('it has no program headers, which say what to load')
  const size = count * programHeader.size
  if (size > mostHeaderBytes) return refuse(`it has ${count} program headers; the kernel reads 1170 at most`)
  const tableOffset = readSize(view, fileHeader.programHeaders)
  const table = new DataView(new ArrayBuffer(size))
  if (!readFully(file, table, tableOffset)) return refuse('the file ends before its program headers')
  return { path, file, type, entry: readWord(view, fileHeader.entry), tableOffset, count, table }
}

function refuseType(errno: string, path: string, type: number): Refusal {
  if (type === ET.REL) return refuseObject(errno, path)
  return new Refusal(errno, path, type === ET.CORE ? 'it is a core dump' : `its type is unknown (e_type ${type})`)
}

/** Refuses an object file, ELF or FLE, with how to make a program of it. */
export function refuseObject(errno: string, path: string): Refusal {
  const name = path.replace(/^.*\//, '')
  const stem = name.replace(/(.)\.[^.]*$/, '$1')
  const output = stem === name ? 'a.out' : stem
  return new Refusal(
    errno,
    path,
    'it is an object file, not yet a program',
    `link it first: fle-ld ${path} -o ${output}`,
  )
}

/** Whether the first bytes of a file, at least 64, are those of an ELF object file. */
export function isElfObject(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  return isElf(head) && view.getUint16(fileHeader.type, true) === ET.REL
}

/** Whether the file had all the bytes. An offset beyond 2^53 is beyond every file. */
function readFully(file: OpenFile, into: DataView, offset: number): boolean {
  if (!Number.isSafeInteger(offset + into.byteLength)) return false
  return file.readAt(new Uint8Array(into.buffer), offset) === into.byteLength
}

/** The path that the first PT_INTERP gives; undefined if there is none. */
export function readInterpreterPath({ path, file, table, count }: ElfHeaders): string | undefined | Refusal {
  for (let at = 0; at < count * programHeader.size; at += programHeader.size) {
    if (table.getUint32(at, true) !== PT.INTERP) continue
    const size = readSize(table, at + programHeader.fileSize)
    if (size < 2 || size > longestPath)
      return new Refusal('ENOEXEC', path, `its interpreter's path has ${size} bytes; it may have 2 to 4096`)
    const bytes = new DataView(new ArrayBuffer(size))
    const offset = readSize(table, at + programHeader.offset)
    if (offset >= 2 ** 63) return new Refusal('EINVAL', path, "its interpreter's path lies at a negative offset")
    if (!readFully(file, bytes, offset))
      return new Refusal('EIO', path, "the file ends before its interpreter's path (PT_INTERP)")
    const text = new Uint8Array(bytes.buffer)
    if (text[size - 1] !== 0) return new Refusal('ENOEXEC', path, "its interpreter's path does not end with a NUL")
    return textOf(text.subarray(0, text.indexOf(0)))
  }
  return undefined
}

/** Whether the last PT_GNU_STACK asks for a stack whose memory can be executed. Without one it cannot. */
export function wantsExecutableStack({ table, count }: ElfHeaders): boolean {
  let executable = false
  for (let at = 0; at < count * programHeader.size; at += programHeader.size) {
    if (table.getUint32(at, true) !== PT.GNU_STACK) continue
    executable = (table.getUint32(at + programHeader.flags, true) & PF.X) !== 0
  }
  return executable
}

/** What is to be loaded: the second kind of checks. `hasInterpreter` and `isInterpreter` decide where it may go. */
export function elfImage(
  headers: ElfHeaders,
  role: { hasInterpreter?: boolean; isInterpreter?: boolean },
): Image | Refusal {
  const { path, file, type, entry, tableOffset, count, table } = headers
  const refuse = (reason: string) => new Refusal('SIGSEGV', path, reason)
  if (type !== ET.EXEC && type !== ET.DYN) return refuse(`its type (e_type ${type}) is not that of a program`)
  const segments: Segment[] = []
  let alignment = pageSize
  let programHeaders = 0
  for (let at = 0; at < count * programHeader.size; at += programHeader.size) {
    if (table.getUint32(at, true) !== PT.LOAD) continue
    const segment = readSegment(table, at)
    const problem = checkSegment(segment, isCongruent(table, at), file.size)
    if (problem) return refuse(`its segment ${segments.length + 1} ${problem}`)
    segments.push(segment)
    alignment = Math.max(alignment, powerOfTwoAt(table, at + programHeader.alignment))
    const { size } = segment.content
    const offset = readSize(table, at + programHeader.offset)
    if (offset <= tableOffset && tableOffset < offset + size) programHeaders = tableOffset - offset + segment.address
  }
  const anywhere = role.isInterpreter || !role.hasInterpreter
  const placement = type === ET.EXEC ? 'fixed' : anywhere ? 'anywhere' : 'program'
  const isMain = !role.isInterpreter
  if (type === ET.EXEC && isMain && !role.hasInterpreter && isBeyondTask(entry))
    return refuse('its entry point is no address that a program can have')
  if (segments.length === 0 && role.isInterpreter) return refuse('it has no segment to load')
  if (type === ET.DYN && segments.length > 0 && segments.every((s) => s.size === 0 && s.address % pageSize === 0))
    return refuse('all of its segments are empty')
  const image = { path, format: 'ELF', placement, segments, alignment, entry } as const
  return { ...image, programHeaders, programHeaderCount: count }
}

interface FileSegment extends Segment {
  readonly content: FilePart
}

function readSegment(table: DataView, at: number): FileSegment {
  return {
    address: readSize(table, at + programHeader.virtualAddress),
    size: readSize(table, at + programHeader.memorySize),
    flags: table.getUint32(at + programHeader.flags, true) & (PF.R | PF.W | PF.X),
    content: {
      offset: readWord(table, at + programHeader.offset),
      size: readSize(table, at + programHeader.fileSize),
    },
  }
}

/** What the kernel finds wrong with a segment when it maps it. */
function checkSegment(
  { address, size, flags, content }: FileSegment,
  isCongruent: boolean,
  fileSize = 0,
): string | undefined {
  if (address >= taskSize) return 'lies beyond the addresses that a program can have'
  if (content.size > size) return 'has more bytes in the file than in memory'
  if (size > taskSize || taskSize - size < address) return 'reaches beyond the addresses that a program can have'
  if (content.size === 0) return undefined
  if (!isCongruent) return 'cannot be mapped: its address and its place in the file differ within a page'
  const end = Number(content.offset) + content.size
  const hasPartialPage = (address + content.size) % pageSize !== 0
  if (size > content.size && flags & PF.W && hasPartialPage && pageStart(end) >= fileSize)
    return 'needs zeros behind its last byte in the file, but the file ends before it'
  return undefined
}

/** Whether a segment's address and its offset in the file are the same place of a page. */
function isCongruent(table: DataView, at: number): boolean {
  const offset = table.getUint32(at + programHeader.offset, true)
  return ((offset - table.getUint32(at + programHeader.virtualAddress, true)) & (pageSize - 1)) === 0
}

function isBeyondTask(address: Word): boolean {
  return typeof address === 'bigint' || address < 0 || address >= taskSize
}

/** An alignment that is a power of two, rounded up to a page; 0 for any other value: the kernel passes over it. */
function powerOfTwoAt(view: DataView, at: number): number {
  const low = view.getUint32(at, true)
  const high = view.getUint32(at + 4, true)
  const half = low || high
  if ((low && high) || half === 0 || (half & (half - 1)) !== 0) return 0
  return Math.max(pageSize, low || high * 2 ** 32)
}
