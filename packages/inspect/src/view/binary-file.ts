// The one view that every command works from: what an ELF or FLE object or program says of itself.
import type { MemberAttributes } from '@fle/elf'
import type { Word } from '@fle/object'

/** A section. Index 0 is ELF's null section; index and place in {@link BinaryFile.sections} are the same. */
export interface Section {
  readonly index: number
  readonly name: string
  /** sh_type, see SHT. */
  readonly type: number
  /** sh_flags, the low 32 bits, see SHF. */
  readonly flags: number
  readonly address: Word
  /** Where the content begins in an ELF file, in bytes; 0 for FLE. */
  readonly offset: number
  /** Bytes in memory. */
  readonly size: number
  readonly link: number
  readonly info: number
  readonly alignment: number
  readonly entrySize: number
  /** The bytes that the file has: none for SHT_NOBITS, fewer than {@link size} where the file is cut short. */
  readonly content: Uint8Array
}

/** A symbol as its record says it. */
export interface SymbolEntry {
  readonly name: string
  /** Of a dynamic symbol: `GLIBC_2.2.5`; empty if it has none. */
  readonly version: string
  /** Whether it is a dynamic symbol of the file itself and of no version, which objdump calls `Base`. */
  readonly isOfBase: boolean
  /** Whether the version is the default one, written `name@@version`. */
  readonly isDefaultVersion: boolean
  /** Of a version that another file defines: its number in .gnu.version_r, else 0. */
  readonly versionNumber: number
  readonly value: Word
  readonly size: Word
  /** See STB and STT. */
  readonly binding: number
  readonly type: number
  /** st_other as it stands; its low two bits are the visibility. */
  readonly other: number
  /** Index of the section it is defined in, or one of SHN's special indices. */
  readonly section: number
}

/** The records of an SHT_SYMTAB or SHT_DYNSYM section; record 0 is the null symbol. */
export interface SymbolTable {
  readonly section: Section
  readonly symbols: readonly SymbolEntry[]
}

export interface Relocation {
  readonly offset: Word
  readonly type: number
  /** Index in the symbol table, 0 for none. */
  readonly symbol: number
  readonly addend: Word
}

/** The records of an SHT_RELA section. */
export interface RelocationTable {
  readonly section: Section
  /** The section whose bytes they change; undefined for those of the dynamic linker. */
  readonly target: Section | undefined
  readonly relocations: readonly Relocation[]
  readonly symbols: readonly SymbolEntry[]
}

/** A program header. */
export interface Segment {
  /** p_type, see PT. */
  readonly type: number
  /** Bits of PF. */
  readonly flags: number
  readonly offset: Word
  readonly address: Word
  readonly physicalAddress: Word
  readonly fileSize: Word
  readonly memorySize: Word
  readonly alignment: Word
}

/** An object or a program. What needs a loop over records is read when it is first asked for. */
export interface BinaryFile {
  /** As the user gave it, or the name of the member. */
  readonly name: string
  /** `elf64-x86-64` or `fle`: BFD's name of the format. */
  readonly format: 'elf64-x86-64' | 'fle'
  /** For FLE: the dialect. */
  readonly dialect: string | undefined
  /** e_type, see ET. */
  readonly type: number
  /** For FLE: whether it is a shared object. */
  readonly isShared?: boolean
  readonly osAbi: number
  readonly entry: Word
  /** The whole ELF file; of FLE, the text. */
  readonly bytes: Uint8Array
  readonly sections: readonly Section[]
  readonly segments: readonly Segment[]
  readonly symbols: SymbolTable | undefined
  readonly dynamicSymbols: SymbolTable | undefined
  readonly relocations: readonly RelocationTable[]
}

/** An archive, ELF's or FLE's. */
export interface ArchiveFile {
  readonly name: string
  readonly memberCount: number
  memberName(member: number): string
  /** What the archive says of a member's file; FLE archives say nothing. */
  memberAttributes(member: number): MemberAttributes
  /** Which members define which names; empty if there is no index. */
  readonly index: readonly { readonly name: string; readonly member: number }[]
  readonly hasIndex: boolean
  /** Reads a member; what is wrong with it, also that it is an archive, is reported. */
  readMember(member: number): BinaryFile | undefined
  /** Reads a member that may be an archive; what is wrong with it is reported. */
  inspectMember(member: number): Inspected | undefined
}

export type Inspected =
  | { readonly kind: 'binary'; readonly file: BinaryFile }
  | { readonly kind: 'archive'; readonly archive: ArchiveFile }
