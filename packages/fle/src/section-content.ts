import type { Diagnostics } from '@fle/diagnostics'
import { compressionOf, type ObjectFile, type UncompressedContent, uncompressedContent } from '@fle/object'

/** The content of a section, decompressed; undefined, reporting it, if that cannot be done. */
export function contentOf(
  object: ObjectFile,
  section: number,
  diagnostics: Diagnostics,
): UncompressedContent | undefined {
  // The name of a .zdebug_* section says that it is compressed, and stays.
  if (compressionOf(object, section) === 'gnu') {
    return { bytes: object.sectionContent(section), alignment: object.sectionAlignment(section) }
  }
  const content = uncompressedContent(object, section)
  if (typeof content !== 'string') return content
  return diagnostics.error('bad-compression', `cannot decompress section ${object.sectionName(section)}: ${content}`, {
    at: { file: object.name },
  })
}
