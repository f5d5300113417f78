import type { LineCursor } from './line-cursor.ts'
import { impliedProperties, parseFlags, parseType } from './section-properties.ts'

/** The properties of a section while its lines are read. References are as LineCursor.readReference gives them. */
export interface SectionPropertyLine {
  type: number
  flags: number
  alignment: number
  entrySize: number
  /** The section that a section with flag L is linked to, 0 for none. */
  link: number
  /** The group it belongs to, 0 for none, and whether that is a COMDAT group. */
  group: number
  isComdat: boolean
  /** Offsets in the file of what `link=` and `group=` name. */
  linkPlace: number
  groupPlace: number
}

/** The properties of a section of which nothing but its name is known. */
export function defaultProperties(name: string): SectionPropertyLine {
  const { type, flags } = impliedProperties(name)
  return { type, flags, alignment: 1, entrySize: 0, link: 0, group: 0, isComdat: false, linkPlace: 0, groupPlace: 0 }
}

/** Reads the rest of a 🚩 line: `AX align=16 entsize=1 type=note link=.text group=f`. */
export function readSectionProperties(cursor: LineCursor, properties: SectionPropertyLine): void {
  for (let isFirst = true; !cursor.isAtEnd(); isFirst = false) {
    const start = cursor.at
    const word = cursor.readWord()
    const isOk = cursor.takeEquals()
      ? readProperty(cursor, word, start, properties)
      : isFirst && readFlags(word, properties)
    if (isOk) continue
    if (isOk === false)
      cursor.error(
        'invalid-line',
        `not a property of a section: ${word}`,
        start,
        'flags come first, e.g. 🚩: AX align=16',
      )
    return
  }
}

function readFlags(word: string, properties: SectionPropertyLine): boolean {
  const flags = parseFlags(word)
  if (flags === undefined) return false
  properties.flags = flags
  return true
}

/** Reads the value of a property. Returns undefined if the value is wrong, which is reported, false if the name is. */
function readProperty(
  cursor: LineCursor,
  word: string,
  start: number,
  properties: SectionPropertyLine,
): boolean | undefined {
  const valueAt = cursor.at
  switch (word) {
    case 'align':
      return readAlignment(cursor, properties)
    case 'entsize': {
      const size = cursor.readCount()
      if (size === undefined) return undefined
      properties.entrySize = size
      return true
    }
    case 'type': {
      const type = parseType(cursor.readWord())
      if (type === undefined)
        return cursor.error('invalid-line', 'not a type of section: progbits, nobits, note, … or 0x…', valueAt)
      properties.type = type
      return true
    }
    case 'link':
      properties.linkPlace = cursor.offset()
      properties.link = cursor.readReference()
      return properties.link !== 0 || undefined
    case 'group':
    case 'section-group': {
      if (properties.group !== 0) return cursor.error('invalid-line', 'a section can be in one group only', start)
      properties.groupPlace = cursor.offset()
      const group = cursor.readReference()
      if (group === 0) return undefined
      properties.group = group
      properties.isComdat = word === 'group'
      return true
    }
    default:
      return false
  }
}

/** The largest alignment that objects may have here, in ELF too. */
const largestAlignment = 2 ** 32

function readAlignment(cursor: LineCursor, properties: SectionPropertyLine): boolean | undefined {
  const start = cursor.at
  const alignment = cursor.readCount()
  if (alignment === undefined) return undefined
  if (alignment < 1 || alignment > largestAlignment || !Number.isInteger(Math.log2(alignment)))
    return cursor.error('invalid-number', 'an alignment is a power of two up to 2^32', start)
  properties.alignment = alignment
  return true
}
