// --compress-debug-sections: the contents of .debug_* sections, compressed where that makes them smaller.
import {
  type CompressionForm,
  compressContent,
  compressedAlignment,
  compressedName,
  type ObjectFile,
  SHF,
  SHT,
} from '@fle/object'
import { copySections } from './apply-relocations.ts'
import type { LinkState } from './link-state.ts'
import { alignUp, type OutputSection } from './output-section.ts'
import { replaceContents, type SectionReplacement } from './replace-contents.ts'

/**
 * Copies the sections of a program as {@link copySections} does, and compresses its debug information, which moves up the
 * sections that are not loaded: {@link Layout.contentSize} is less then.
 */
export function copyCompressed(link: LinkState, form: CompressionForm): Uint8Array {
  const whole = link.memory.allocate(link.layout.contentSize)
  copySections(link, whole)
  const unloaded = link.layout.sectionOrder.filter(({ flags }) => (flags & SHF.ALLOC) === 0)
  const contents = unloaded.map((section) => contentOf(section, whole))
  let end = unloaded[0]?.fileOffset ?? whole.length
  unloaded.forEach((section, i) => {
    const content = contents[i]
    const compressed = isDebug(section.name) ? smaller(content, section.alignment, form) : undefined
    if (compressed) {
      section.name = compressedName(section.name, form)
      section.alignment = form === 'elf' ? compressedAlignment : 1
      if (form === 'elf') section.flags |= SHF.COMPRESSED
      section.size = compressed.length
      contents[i] = compressed
    }
    section.fileOffset = alignUp(end, section.alignment)
    if (section.type !== SHT.NOBITS) end = section.fileOffset + section.size
  })
  const result = whole.slice(0, end)
  unloaded.forEach(({ fileOffset }, i) => {
    result.fill(0, fileOffset)
    result.set(contents[i], fileOffset)
  })
  link.layout = { ...link.layout, contentSize: end }
  return result
}

/** The same for an object that -r makes, whose sections keep their names and so have the form of the gABI. */
export function compressObject(object: ObjectFile): ObjectFile {
  const replacements: SectionReplacement[] = []
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.isAllocated(section) || !isDebug(object.sectionName(section))) continue
    const bytes = smaller(object.sectionContent(section), object.sectionAlignment(section), 'elf')
    if (!bytes) continue
    const flags = object.sectionFlags(section) | SHF.COMPRESSED
    replacements.push({ section, bytes, flags, alignment: compressedAlignment })
  }
  return replaceContents(object, replacements)
}

function isDebug(name: string): boolean {
  return name.startsWith('.debug_')
}

function contentOf({ type, fileOffset, size }: OutputSection, whole: Uint8Array): Uint8Array {
  return type === SHT.NOBITS ? whole.slice(0, 0) : whole.slice(fileOffset, fileOffset + size)
}

/** The content compressed; undefined if it does not become smaller. */
function smaller(bytes: Uint8Array, alignment: number, form: CompressionForm): Uint8Array | undefined {
  const compressed = compressContent({ bytes, alignment }, form)
  return compressed.length < bytes.length ? compressed : undefined
}
