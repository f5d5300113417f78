import type { Diagnostics } from '@fle/diagnostics'
import { compressionOf, type ObjectFile, SHF, uncompressedContent, uncompressedName } from '@fle/object'
import { replaceContents, type SectionReplacement } from './replace-contents.ts'

/**
 * The object with the content of its debug sections decompressed; their names are those of sections that never were
 * (`.debug_info` for `.zdebug_info`). Reports what cannot be, and returns undefined then.
 */
export function decompressSections(object: ObjectFile, diagnostics: Diagnostics): ObjectFile | undefined {
  const replacements: SectionReplacement[] = []
  for (let section = 1; section < object.sectionCount; section++) {
    if (!compressionOf(object, section)) continue
    const name = object.sectionName(section)
    const content = uncompressedContent(object, section)
    if (typeof content === 'string') {
      return diagnostics.error('bad-compression', `cannot decompress section ${name}: ${content}`, {
        at: { file: object.name },
      })
    }
    const flags = object.sectionFlags(section) & ~SHF.COMPRESSED
    replacements.push({ section, ...content, flags, name: uncompressedName(name) })
  }
  return replaceContents(object, replacements)
}
