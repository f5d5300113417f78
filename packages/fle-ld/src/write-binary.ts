import { SHF } from '@fle/object'
import { copySections } from './apply-relocations.ts'
import type { LinkState } from './link-state.ts'

/** Writes the image as it stands in memory, from its first byte to its last that is not zero-filled: no headers. */
export function writeBinary(link: LinkState): Uint8Array {
  const { contentSize, sectionOrder } = link.layout
  // Sections that are not loaded have no place in an image: they are given one behind it, and cut off.
  let end = contentSize
  for (const section of sectionOrder) {
    if (section.flags & SHF.ALLOC) continue
    section.fileOffset = end
    end += section.size
  }
  const image = link.memory.allocate(end)
  copySections(link, image)
  return image.subarray(0, contentSize)
}
