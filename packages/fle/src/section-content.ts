import { inflateSync } from 'node:zlib'
import type { Diagnostics } from '@fle/diagnostics'
import { type ObjectFile, readSize, SHF } from '@fle/object'

/** A section's bytes as they are written, and the alignment that goes with them. */
export interface SectionContent {
  readonly bytes: Uint8Array
  readonly alignment: number
}

/** Size and fields of Elf64_Chdr, which compressed contents begin with, in bytes (gABI, "Section compression"). */
const compressionHeader = { size: 24, type: 0, contentSize: 8, alignment: 16 } as const
const ELFCOMPRESS_ZLIB = 1

/** A debug section of more than this, decompressed, is taken for a bomb. */
const largestContent = 2 ** 31

/** The content of a section, decompressed; undefined, reporting it, if that cannot be done. */
export function contentOf(object: ObjectFile, section: number, diagnostics: Diagnostics): SectionContent | undefined {
  const bytes = object.sectionContent(section)
  if (!(object.sectionFlags(section) & SHF.COMPRESSED)) return { bytes, alignment: object.sectionAlignment(section) }
  const fail = (reason: string) =>
    diagnostics.error('bad-compression', `cannot decompress section ${object.sectionName(section)}: ${reason}`, {
      at: { file: object.name },
    })
  if (bytes.length < compressionHeader.size) return fail('its header is cut off')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(compressionHeader.type, true) !== ELFCOMPRESS_ZLIB) return fail('only zlib is supported')
  const size = readSize(view, compressionHeader.contentSize)
  if (size > largestContent) return fail(`it claims ${size} bytes`)
  const alignment = readSize(view, compressionHeader.alignment) || 1
  try {
    const content = inflateSync(bytes.subarray(compressionHeader.size), { maxOutputLength: Math.max(size, 1) })
    return content.length === size ? { bytes: content, alignment } : fail('its size is not what its header says')
  } catch {
    return fail('its data is damaged')
  }
}
