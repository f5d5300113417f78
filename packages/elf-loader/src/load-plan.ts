// What the planner decides: everything about a program that can be known before addresses are drawn.

import type { Diagnostics, FileSystem } from '@fle/diagnostics'
import type { Word } from '@fle/object'

/** Size of a page of memory, the unit of all mappings. */
export const pageSize = 4096

/** The first address that no program can use (x86-64 with four-level page tables). */
export const taskSize = 0x7fff_ffff_f000

/** Bytes of a file, which may end before them: the kernel maps them all the same. */
export interface FilePart {
  readonly offset: Word
  readonly size: number
}

/** A piece of the program in memory. Addresses are as the file says them, before any bias. */
export interface Segment {
  readonly address: number
  /** Bytes in memory; those beyond the content are zero. */
  readonly size: number
  /** Bits of p_flags: 1 execute, 2 write, 4 read. */
  readonly flags: number
  /** A part of the image's file, which is mapped, or bytes that are copied. */
  readonly content: FilePart | Uint8Array
}

/**
 * Where an image goes: `fixed` at the addresses it says, `program` to the area for position-independent programs that
 * have an interpreter, `anywhere` to wherever mmap puts it.
 */
export type Placement = 'fixed' | 'program' | 'anywhere'

/** A file that is loaded: the program, or its interpreter (the dynamic linker). */
export interface Image {
  readonly path: string
  readonly format: 'ELF' | 'FLE'
  readonly placement: Placement
  /** In the order of the file. */
  readonly segments: readonly Segment[]
  /** Largest power of two among the segments' alignments, at least a page. */
  readonly alignment: number
  readonly entry: Word
  /** Address of the program headers in memory; 0 if no segment holds them. */
  readonly programHeaders: number
  readonly programHeaderCount: number
}

/** What tells whether a file has changed since it was read: as stat(2) says it, times in nanoseconds. */
export interface FileIdentity {
  readonly device: bigint
  readonly inode: bigint
  readonly size: bigint
  readonly modified: bigint
  readonly changed: bigint
}

/** A file that a plan was made from. */
export interface PlannedFile {
  readonly path: string
  /** Whether the plan holds only as long as the file may be executed. */
  readonly mustBeExecutable: boolean
  /** Undefined where the {@link ProgramFiles} do not say. */
  readonly identity: FileIdentity | undefined
}

/** A program that can be loaded. */
export interface LoadPlan {
  readonly kind: 'plan'
  /** All files that were looked at: the program first, then interpreters. */
  readonly files: readonly PlannedFile[]
  /** The path as it was given: what auxv's AT_EXECFN says, and whose last part is the process's name. */
  readonly program: string
  /** What stands in argv in place of the program's path: for scripts the interpreter, its argument, the script. */
  readonly argv: readonly string[]
  readonly image: Image
  readonly interpreter: Image | undefined
  readonly executableStack: boolean
}

/** Names of the errno with which execve fails; SIGSEGV where it kills the process as it is past the point of return. */
export type Errno =
  | 'E2BIG'
  | 'EACCES'
  | 'EINVAL'
  | 'EIO'
  | 'EISDIR'
  | 'ELIBBAD'
  | 'ELOOP'
  | 'EMFILE'
  | 'ENAMETOOLONG'
  | 'ENOENT'
  | 'ENOEXEC'
  | 'ENOMEM'
  | 'ENOTDIR'
  | 'EPERM'
  | 'SIGSEGV'

/** Why a program cannot be loaded. The words have gone to the Diagnostics. */
export interface LoadFailure {
  readonly kind: 'failure'
  readonly errno: string
}

/** What execve asks about a file before it reads it. */
export interface Permission {
  /** The errno that refuses it, if it is refused. */
  readonly errno?: string
  /** Whether the path leads to a regular file. */
  readonly regular: boolean
  /** Set when execve would change the process's user or group for this file. */
  readonly changesIdentity?: 'user' | 'group'
  /** What the file was before it was read. */
  readonly identity?: FileIdentity
}

/** Files as the planner needs them. */
export interface ProgramFiles extends FileSystem {
  permission(path: string): Permission
}

/** Why something cannot be executed, on its way up to where it is reported. */
export class Refusal {
  readonly errno: string
  readonly path: string
  /** Empty if the Diagnostics have been told already. */
  readonly reason: string
  readonly hint: string | undefined

  constructor(errno: string, path: string, reason: string, hint?: string) {
    this.errno = errno
    this.path = path
    this.reason = reason
    this.hint = hint
  }

  /** Reports the refusal, unless that has been done, and makes it the planner's answer. */
  report(diagnostics: Diagnostics): LoadFailure {
    const { errno, path, reason, hint } = this
    if (reason !== '') {
      const message = `cannot be executed: ${reason} (${errno})`
      diagnostics.error('cannot-execute', message, { at: { file: path }, ...(hint === undefined ? {} : { hint }) })
    }
    return { kind: 'failure', errno }
  }
}

/** Permissions as people know them: `R-X`. */
export function accessText(flags: number): string {
  return `${flags & 4 ? 'R' : '-'}${flags & 2 ? 'W' : '-'}${flags & 1 ? 'X' : '-'}`
}

/** The page that an address lies in. */
export function pageStart(address: number): number {
  return Math.floor(address / pageSize) * pageSize
}

/** The first page boundary at or above an address. */
export function pageAlign(address: number): number {
  return Math.ceil(address / pageSize) * pageSize
}

/** Bytes of a segment's memory that its content fills. */
export function contentSize(segment: Segment): number {
  return segment.content instanceof Uint8Array ? segment.content.length : segment.content.size
}

/**
 * The memory that an image spans, from the page of its lowest address. Both are 0 without segments.
 * As total_mapping_size() of fs/binfmt_elf.c.
 */
export function extent(image: Image): { start: number; size: number } {
  let start = Number.POSITIVE_INFINITY
  let end = 0
  for (const segment of image.segments) {
    start = Math.min(start, pageStart(segment.address))
    end = Math.max(end, segment.address + segment.size)
  }
  return image.segments.length === 0 ? { start: 0, size: 0 } : { start, size: end - start }
}
