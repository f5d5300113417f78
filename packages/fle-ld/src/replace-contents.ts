import { ObjectFile, sectionHeader, writeWord } from '@fle/object'

/** What a section of an object is to have instead of what it has. */
export interface SectionReplacement {
  readonly section: number
  readonly bytes: Uint8Array
  readonly alignment: number
  readonly flags: number
  /** Its name, where that changes too. */
  readonly name?: string
}

/** A copy of an object in which some sections have other contents, which stand behind all that the object had. */
export function replaceContents(object: ObjectFile, replacements: readonly SectionReplacement[]): ObjectFile {
  const names = replacements.map(({ name }) => (name === undefined ? undefined : new TextEncoder().encode(`${name}\0`)))
  const room = replacements.reduce((sum, { bytes }, i) => sum + bytes.length + (names[i]?.length ?? 0), 0)
  const bytes = new Uint8Array(object.bytes.length + room)
  const view = new DataView(bytes.buffer)
  bytes.set(object.bytes)
  let end = object.bytes.length
  for (const [i, { section, bytes: content, alignment, flags }] of replacements.entries()) {
    const header = object.sectionHeader(section)
    const name = names[i]
    if (name) {
      view.setUint32(header + sectionHeader.name, end - object.tables.sectionNames, true)
      bytes.set(name, end)
      end += name.length
    }
    bytes.set(content, end)
    writeWord(view, header + sectionHeader.offset, end)
    writeWord(view, header + sectionHeader.length, content.length)
    writeWord(view, header + sectionHeader.alignment, alignment)
    view.setUint32(header + sectionHeader.flags, flags, true)
    end += content.length
  }
  return new ObjectFile(object.name, bytes, object.tables)
}
