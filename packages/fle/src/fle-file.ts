// What an FLE file is once it is read: an object, an executable or an archive.

import type { Diagnostics } from '@fle/diagnostics'
import type { ArchiveIndex, ObjectFile, Word } from '@fle/object'
import type { BulkLoops } from './bulk-reader.ts'
import type { ByteLineLoops } from './json-writer.ts'

/**
 * The families of FLE files: ours, that of the course in which FLE was invented, and those of the labs in which students
 * write the linker, of 2025 and of 2024. A reader tells them apart by content.
 */
const dialects = ['fle', 'classic', 'linklab', 'linklab2024'] as const
export type Dialect = (typeof dialects)[number]

/** The dialect of this name; undefined, reporting it with where the name comes from, if there is none. */
export function parseDialect(name: string, from: string, diagnostics: Diagnostics): Dialect | undefined {
  const found = dialects.find((dialect) => dialect === name)
  if (found !== undefined) return found
  const expected = `one of ${dialects.join(', ')}`
  return diagnostics.error('option-value', `${from}: ${name || 'an empty value'} is not ${expected}`)
}

/** The dialects of the labs, which have much in common. */
export type LabDialect = 'linklab' | 'linklab2024'

export function isLabDialect(dialect: Dialect): dialect is LabDialect {
  return dialect === 'linklab' || dialect === 'linklab2024'
}

/** A name that an executable keeps. In a blob the value is an offset from its first byte, else an address. */
export interface ExecutableSymbol {
  readonly name: string
  readonly value: Word
  /** In bytes; 0 by default. Only the labs' dialects keep it. */
  readonly size?: Word
  /** One of STB; global by default. Only the labs' dialects keep it. */
  readonly binding?: number
}

/** The `.load` form: position-independent bytes, mapped readable, writable and executable at any address. */
export interface BlobExecutable {
  readonly form: 'blob'
  /** Offset of `_start` from the first byte; less than {@link size}. */
  readonly entry: number
  /** Bytes in memory; those beyond {@link content} are zero. */
  readonly size: number
  readonly content: Uint8Array
  readonly symbols: readonly ExecutableSymbol[]
}

/** The bits of {@link Segment.flags}: those of ELF's p_flags. */
export const segmentFlag = { execute: 1, write: 2, read: 4 } as const

/** A piece of memory at a fixed address. */
export interface Segment {
  readonly name: string
  readonly address: Word
  /** Bytes in memory, at most 2^47; those beyond {@link content} are zero. */
  readonly size: number
  /** Bits of {@link segmentFlag}. */
  readonly flags: number
  readonly content: Uint8Array
}

/** A field that is filled in when the program is loaded, and everything has its place: S + A or, relative, S + A - P. */
export interface DynamicRelocation {
  /** Of the field. */
  readonly address: Word
  readonly kind: 'dynrel' | 'dynabs32' | 'dynabs64'
  readonly symbol: string
  readonly addend: Word
}

/** Bytes of the field of a dynamic relocation. */
export function dynamicFieldWidth(kind: DynamicRelocation['kind']): 4 | 8 {
  return kind === 'dynabs64' ? 8 : 4
}

/** The `phdrs` form: segments at fixed addresses, in the order of `phdrs`. They may overlap: a loader checks. */
export interface SegmentedExecutable {
  readonly form: 'segments'
  readonly entry: Word
  readonly segments: readonly Segment[]
  readonly symbols: readonly ExecutableSymbol[]
  /** Whether it is a shared object (`linklab` only): it may stand anywhere, which moves all addresses, and has no entry. */
  readonly isShared?: boolean
  /** The names of the shared objects that it needs. */
  readonly needed?: readonly string[]
  readonly dynamicRelocations?: readonly DynamicRelocation[]
}

export type FleExecutable = BlobExecutable | SegmentedExecutable

/** Whether it is a shared object, and no program. */
export function isSharedObject(executable: FleExecutable): executable is SegmentedExecutable {
  return executable.form === 'segments' && executable.isShared === true
}

/** An archive. Its members are parsed when they are asked for. */
export interface FleArchive {
  /** The archive's file, for messages. */
  readonly name: string
  readonly memberCount: number
  /** The name of member `index`, counted from 0. */
  memberName(index: number): string
  /** Which member defines which name, where the file says so. */
  readonly index: ArchiveIndex | undefined
  /**
   * Parses a member; its name is `libx.fa(foo.fle)` and its lines are those of the archive. `loops` read it if they can.
   */
  readMember(index: number, diagnostics: Diagnostics, loops?: BulkLoops): ObjectFile | undefined
}

export type FleFile =
  | { readonly kind: 'object'; readonly object: ObjectFile; readonly dialect: Dialect }
  | { readonly kind: 'executable'; readonly executable: FleExecutable; readonly dialect: Dialect }
  | { readonly kind: 'archive'; readonly archive: FleArchive }

/** A remark that stands before the byte of a section at an offset. */
export interface SectionComment {
  readonly offset: number
  /** One line; control characters are escaped. */
  readonly text: string
}

export interface WriteObjectOptions {
  readonly dialect: Dialect
  /** Remarks by the number of their section, in the order of their offsets (`fle` only). */
  readonly comments?: ReadonlyMap<number, readonly SectionComment[]>
  /** Whether sections that are not loaded are written too (`fle` only). */
  readonly keepDebug?: boolean
  /** The object's own name, which a member of an archive has. */
  readonly name?: string
}

export interface WriteArchiveOptions {
  readonly dialect: Dialect
  readonly keepDebug?: boolean
  /** The archive's own name. */
  readonly name?: string
}

export interface ArchiveMember {
  readonly name: string
  readonly object: ObjectFile
}

export interface WriteExecutableOptions {
  readonly dialect: Dialect
  /** What stands behind `#!`: `/usr/bin/env fle-exec` by default, `./exec` for `classic`. */
  readonly interpreter?: string
  /** Loops that write lines of bytes. */
  readonly byteLines?: ByteLineLoops
}
