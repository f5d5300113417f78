// .note.package: what the program tells of the package that it belongs to (systemd, "Package Metadata for Executable Files").
import { ByteBuffer, SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { alignUp, OutputSection } from './output-section.ts'

const noteType = 0xcafe1a7e
const owner = 0x004f4446 // "FDO\0"
const alignment = 4

/** Makes the note that --package-metadata asks for. */
export function addPackageNote(link: LinkState): void {
  const { packageMetadata = '' } = link.options
  if (packageMetadata === '' || link.format !== 'elf64-x86-64') return
  const text = new TextEncoder().encode(`${packageMetadata}\0`)
  const note = new ByteBuffer()
  // As GNU ld: what fills it up counts.
  for (const word of [4, alignUp(text.length, alignment), noteType, owner]) note.uint32(word)
  note.append(text)
  note.align(alignment)
  const section = new OutputSection('.note.package', link.outputSections.length, SHT.NOTE, SHF.ALLOC, 0)
  section.alignment = alignment
  section.size = note.length
  section.synthetic = {
    write(output, offset) {
      new Uint8Array(output.buffer, output.byteOffset + offset).set(note.bytes)
    },
  }
  link.outputSections.push(section)
}
