// .note.gnu.property: what the code of an object needs of the processor, or keeps to. Source: Linux gABI extensions,
// "Program Property"; psABI, "Program Property"; how GNU ld merges them: binutils/bfd/elf-properties.c, elfxx-x86.c.
import { ByteBuffer, SHF, SHT } from '@fle/object'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { OutputSection } from './output-section.ts'

export const propertySection = '.note.gnu.property'

const NT_GNU_PROPERTY_TYPE_0 = 5
const noteHeaderSize = 12
const owner = 0x00554e47 // "GNU\0"
const contentStart = noteHeaderSize + 4
const propertyHeaderSize = 8
/** Notes and properties are aligned as ELF64's words are. */
const alignment = 8

const GNU_PROPERTY = {
  STACK_SIZE: 1,
  NO_COPY_ON_PROTECTED: 2,
  X86_FEATURE_1_AND: 0xc0000002,
  X86_ISA_1_NEEDED: 0xc0008002,
} as const

/** Bits that a program's properties are to have, by type. */
export type RequestedProperties = Readonly<Record<number, number>>

/** How the values of several objects become one. */
type Rule =
  /** What one of them needs, all of them need. */
  | 'any'
  /** What all of them keep to. */
  | 'all'
  /** What any of them uses, if all of them say what they use. */
  | 'any of all'
  | 'largest'
  /** Without a value: that one of them says it. */
  | 'present'

/** The rule of a property by its type; undefined for one that is not known, which is left out. */
function ruleOf(type: number): Rule | undefined {
  if (type === GNU_PROPERTY.STACK_SIZE) return 'largest'
  if (type === GNU_PROPERTY.NO_COPY_ON_PROTECTED) return 'present'
  for (const [first, last, rule] of rangesOfTypes) if (type >= first && type <= last) return rule
  return undefined
}

const rangesOfTypes: readonly (readonly [first: number, last: number, rule: Rule])[] = [
  [0xb0000000, 0xb0007fff, 'all'],
  [0xb0008000, 0xb000ffff, 'any'],
  [0xc0000000, 0xc0000000, 'any of all'],
  [0xc0000001, 0xc0000001, 'any'],
  [0xc0000002, 0xc0007fff, 'all'],
  [0xc0008000, 0xc000ffff, 'any'],
  [0xc0010000, 0xc0017fff, 'any of all'],
]

const sizeOfRule: Readonly<Record<Rule, number>> = { any: 4, all: 4, 'any of all': 4, largest: 8, present: 0 }

/** A property as the objects so far have it. */
interface Property {
  readonly rule: Rule
  value: number
  /** How many objects have it. */
  objects: number
}

/** A section of properties of an object. */
export interface PropertyNote {
  readonly input: InputObject
  readonly section: number
}

/** Makes the note of the properties that a program has, if it has any. */
export function addPropertyNote(link: LinkState): void {
  if (link.format !== 'elf64-x86-64') return
  const note = mergeProperties(link)
  if (!note) return
  const section = new OutputSection(propertySection, link.outputSections.length, SHT.NOTE, SHF.ALLOC, 0)
  section.alignment = alignment
  section.size = note.length
  section.synthetic = {
    write(output, offset) {
      note.forEach((byte, i) => {
        output.setUint8(offset + i, byte)
      })
    },
  }
  link.outputSections.push(section)
}

/** The note with the properties of all objects merged; undefined if none is left. */
export function mergeProperties(link: LinkState): Uint8Array | undefined {
  const merged = new Map<number, Property>()
  const { propertyNotes } = link
  // The properties of one object, by type: of several of one type the bits of all.
  let properties = new Map<number, number>()
  propertyNotes.forEach((note, i) => {
    if (!readNote(note, properties)) {
      link.diagnostics.warning('malformed-property', `${propertySection} is malformed, and ignored`, {
        at: { file: note.input.object.name },
      })
    }
    if (propertyNotes[i + 1]?.input === note.input) return
    for (const [type, value] of properties) mergeProperty(merged, type, value)
    properties = new Map()
  })
  const kept = [...merged].filter(([, { rule, value, objects }]) => {
    const isComplete = objects === link.objects.length || (rule !== 'all' && rule !== 'any of all')
    // GNU ld drops what came to nothing, but for what all objects say they use.
    return isComplete && (value !== 0 || rule === 'present' || rule === 'any of all')
  })
  const values = new Map(kept.map(([type, { value }]) => [type, value]))
  for (const [type, bits] of Object.entries(link.options.properties ?? {})) {
    values.set(Number(type), ((values.get(Number(type)) ?? 0) | bits) >>> 0)
  }
  const { stackSize = 0 } = link.options
  // As GNU ld: where there are properties at all.
  if (stackSize > 0 && propertyNotes.length > 0) values.set(GNU_PROPERTY.STACK_SIZE, stackSize)
  return values.size > 0 ? writeNote([...values].sort(([a], [b]) => a - b)) : undefined
}

/** Adds the properties of a section; returns whether they could be read. */
function readNote({ input, section }: PropertyNote, properties: Map<number, number>): boolean {
  const content = input.object.sectionContent(section)
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  for (let at = 0; at < content.length; ) {
    if (content.length - at < contentStart) return false
    const size = view.getUint32(at + 4, true)
    const isProperties = view.getUint32(at + 8, true) === NT_GNU_PROPERTY_TYPE_0
    if (view.getUint32(at, true) !== 4 || view.getUint32(at + noteHeaderSize, true) !== owner) return false
    const start = at + contentStart
    if (size > content.length - start) return false
    if (isProperties && !readProperties(view, start, start + size, properties)) return false
    at = start + Math.ceil(size / alignment) * alignment
  }
  return true
}

function readProperties(view: DataView, start: number, end: number, properties: Map<number, number>): boolean {
  for (let at = start; at < end; ) {
    if (end - at < propertyHeaderSize) return false
    const type = view.getUint32(at, true)
    const size = view.getUint32(at + 4, true)
    const data = at + propertyHeaderSize
    if (size > end - data) return false
    const rule = ruleOf(type)
    if (rule && size !== sizeOfRule[rule]) return false
    if (rule) {
      const value = valueAt(view, data, size)
      properties.set(type, size === 8 ? value : ((properties.get(type) ?? 0) | value) >>> 0)
    }
    at = data + Math.ceil(size / alignment) * alignment
  }
  return true
}

function valueAt(view: DataView, at: number, size: number): number {
  if (size === 0) return 0
  return view.getUint32(at, true) + (size === 8 ? view.getUint32(at + 4, true) * 2 ** 32 : 0)
}

function mergeProperty(merged: Map<number, Property>, type: number, value: number): void {
  const rule = ruleOf(type)
  const known = merged.get(type)
  if (!rule) return
  if (!known) {
    merged.set(type, { rule, value, objects: 1 })
    return
  }
  if (rule === 'largest') known.value = Math.max(known.value, value)
  else known.value = (rule === 'all' ? known.value & value : known.value | value) >>> 0
  known.objects++
}

function writeNote(properties: readonly (readonly [type: number, value: number])[]): Uint8Array {
  const note = new ByteBuffer()
  for (const word of [4, 0, NT_GNU_PROPERTY_TYPE_0, owner]) note.uint32(word)
  for (const [type, value] of properties) {
    const size = sizeOfRule[ruleOf(type) ?? 'any']
    note.uint32(type)
    note.uint32(size)
    if (size >= 4) note.uint32(value)
    if (size === 8) note.uint32(value / 2 ** 32)
    note.align(alignment)
  }
  note.view.setUint32(4, note.length - contentStart, true)
  return note.bytes
}

/** What each keyword of -z adds to the properties of a program (psABI, "x86 feature" and "x86 ISA" bits). */
const keywords: Readonly<Record<string, readonly [type: number, bits: number]>> = {
  ibt: [GNU_PROPERTY.X86_FEATURE_1_AND, 1],
  shstk: [GNU_PROPERTY.X86_FEATURE_1_AND, 2],
  'lam-u48': [GNU_PROPERTY.X86_FEATURE_1_AND, 12],
  'lam-u57': [GNU_PROPERTY.X86_FEATURE_1_AND, 8],
  'x86-64-baseline': [GNU_PROPERTY.X86_ISA_1_NEEDED, 1],
  'x86-64-v2': [GNU_PROPERTY.X86_ISA_1_NEEDED, 2],
  'x86-64-v3': [GNU_PROPERTY.X86_ISA_1_NEEDED, 4],
  'x86-64-v4': [GNU_PROPERTY.X86_ISA_1_NEEDED, 8],
}

/** The keywords of -z that ask for a property. */
export function propertyKeywords(): string[] {
  return Object.keys(keywords)
}

/** The properties asked for so far with those of a keyword of -z; undefined if it has none. Of the ISA the last level counts. */
export function withKeyword(properties: RequestedProperties, keyword: string): RequestedProperties | undefined {
  if (!Object.hasOwn(keywords, keyword)) return undefined
  const [type, bits] = keywords[keyword]
  const before = type === GNU_PROPERTY.X86_ISA_1_NEEDED ? 0 : (properties[type] ?? 0)
  return { ...properties, [type]: before | bits }
}
