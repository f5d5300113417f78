// Compressed sections. Source: gABI, "Section Compression"; binutils/bfd/compress.c for .zdebug_*, which came before.
import { deflateSync, inflateSync } from 'node:zlib'
import { SHF, SHT } from './constants.ts'
import type { ObjectFile } from './object-file.ts'
import { readSize } from './word.ts'

/** Elf64_Chdr, which the content of a section with SHF_COMPRESSED begins with: size and fields in bytes. */
const compressionHeader = { size: 24, type: 0, contentSize: 8, alignment: 16 } as const
const ELFCOMPRESS = { ZLIB: 1, ZSTD: 2 } as const

/** What .zdebug_* sections begin with: `ZLIB`, and the size as a big-endian number of 8 bytes. */
const gnuHeader = { size: 12, magic: 0x5a4c4942, contentSize: 4 } as const
const gnuPrefix = '.zdebug_'

/** A debug section of more bytes than this, decompressed, is taken for a bomb. */
const largestContent = 2 ** 31 - 1
/** zlib makes at most this many bytes of one. */
const largestRatio = 1032

/** As the gABI says (SHF_COMPRESSED), or as GNU did before (.zdebug_*). */
export type CompressionForm = 'elf' | 'gnu'

/** How the content of a section is compressed; undefined if it is not. */
export function compressionOf(object: ObjectFile, section: number): CompressionForm | undefined {
  if (object.sectionType(section) === SHT.NOBITS) return undefined
  const flags = object.sectionFlags(section)
  if (flags & SHF.COMPRESSED) return 'elf'
  if (flags & SHF.ALLOC || object.sectionSize(section) < gnuHeader.size) return undefined
  if (object.view.getUint32(object.sectionOffset(section)) !== gnuHeader.magic) return undefined
  return object.sectionName(section).startsWith(gnuPrefix) ? 'gnu' : undefined
}

/** The name that a section has without compression: `.debug_info` for `.zdebug_info`. */
export function uncompressedName(name: string): string {
  return name.startsWith(gnuPrefix) ? `.${name.slice(2)}` : name
}

/** The name that a debug section has with compression. */
export function compressedName(name: string, form: CompressionForm): string {
  return form === 'gnu' ? name.replace(/^\./, '.z') : name
}

/** A section's bytes without compression, and the alignment that goes with them. */
export interface UncompressedContent {
  readonly bytes: Uint8Array
  readonly alignment: number
}

/** How many bytes the content of a section has without compression, by its header. */
export function uncompressedSize(object: ObjectFile, section: number): number {
  const form = compressionOf(object, section)
  const size = object.sectionSize(section)
  const at = object.sectionOffset(section)
  if (form === 'elf' && size >= compressionHeader.size) return readSize(object.view, at + compressionHeader.contentSize)
  if (form === 'gnu' && size >= gnuHeader.size) {
    const field = at + gnuHeader.contentSize
    return object.view.getUint32(field) * 2 ** 32 + object.view.getUint32(field + 4)
  }
  return size
}

/** The content of a section without compression; a string that says what is wrong if it cannot be had. */
export function uncompressedContent(object: ObjectFile, section: number): UncompressedContent | string {
  const bytes = object.sectionContent(section)
  const form = compressionOf(object, section)
  const alignment = object.sectionAlignment(section)
  if (!form) return { bytes, alignment }
  const { size: headerSize } = form === 'elf' ? compressionHeader : gnuHeader
  if (bytes.length < headerSize) return 'its header is cut off'
  const size = uncompressedSize(object, section)
  if (size > largestContent || size > largestRatio * bytes.length) return `it claims ${size} bytes`
  if (form === 'gnu') return inflate(bytes.subarray(headerSize), size, alignment)

  const type = object.view.getUint32(object.sectionOffset(section) + compressionHeader.type, true)
  if (type === ELFCOMPRESS.ZSTD)
    return 'it is compressed with zstd, which is not read here; compile with -gz=zlib or -gz=none'
  if (type !== ELFCOMPRESS.ZLIB) return `its way of compression is not known (${type})`
  const claimed = readSize(object.view, object.sectionOffset(section) + compressionHeader.alignment) || 1
  if (claimed > 2 ** 16 || !Number.isInteger(Math.log2(claimed))) return `it claims an alignment of ${claimed}`
  return inflate(bytes.subarray(headerSize), size, claimed)
}

function inflate(bytes: Uint8Array, size: number, alignment: number): UncompressedContent | string {
  try {
    const content = inflateSync(bytes, { maxOutputLength: Math.max(size, 1) })
    return content.length === size ? { bytes: content, alignment } : 'its size is not what its header says'
  } catch {
    return 'its data is damaged'
  }
}

/**
 * Compresses a section's content with zlib, and says how the section is called then. As the gABI has it the section needs
 * SHF_COMPRESSED and {@link compressedAlignment}, as GNU had it neither.
 */
export function compressContent(content: UncompressedContent, form: CompressionForm): Uint8Array {
  const compressed = deflateSync(content.bytes)
  return form === 'gnu' ? withGnuHeader(compressed, content.bytes.length) : withHeader(compressed, content)
}

function withGnuHeader(compressed: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(gnuHeader.size + compressed.length)
  const view = new DataView(result.buffer)
  view.setUint32(0, gnuHeader.magic)
  view.setBigUint64(gnuHeader.contentSize, BigInt(size))
  result.set(compressed, gnuHeader.size)
  return result
}

function withHeader(compressed: Uint8Array, { bytes, alignment }: UncompressedContent): Uint8Array {
  const result = new Uint8Array(compressionHeader.size + compressed.length)
  const view = new DataView(result.buffer)
  view.setUint32(compressionHeader.type, ELFCOMPRESS.ZLIB, true)
  view.setUint32(compressionHeader.contentSize, bytes.length, true)
  view.setUint32(compressionHeader.alignment, alignment, true)
  result.set(compressed, compressionHeader.size)
  return result
}

/** The alignment of sections with SHF_COMPRESSED: that of Elf64_Chdr. */
export const compressedAlignment = 8
