// The notes of a file (readelf -n). Source: gABI, "Note Section"; the words are those of binutils/readelf.c.
import { readSize, SHT } from '@fle/object'
import type { BinaryFile, Section } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import { binaryParser } from './binary-parser.ts'

const decoder = new TextDecoder()

interface Note {
  readonly owner: string
  readonly type: number
  readonly description: Uint8Array
}

/** The notes of every SHT_NOTE section; nothing for a file without one. */
export async function formatNotes(file: BinaryFile): Promise<string> {
  const parts: string[] = []
  for (const section of file.sections) {
    if (section.type !== SHT.NOTE) continue
    const notes = await readNotes(section)
    const title = `\nDisplaying notes found in: ${section.name}\n  Owner                Data size \tDescription\n`
    parts.push(title, ...notes.map(formatNote))
  }
  return parts.join('')
}

/** Size of the head of a note: lengths of name and description, type. */
const headSize = 12

async function readNotes({ content, alignment }: Section): Promise<Note[]> {
  const { Parser } = await binaryParser()
  const head = new Parser().endianness('little').uint32('nameSize').uint32('descriptionSize').uint32('type')
  const unit = alignment === 8 ? 8 : 4
  const padded = (size: number) => Math.ceil(size / unit) * unit
  const notes: Note[] = []
  for (let at = 0; at + headSize <= content.length; ) {
    const { nameSize, descriptionSize, type } = head.parse(content.subarray(at, at + headSize))
    const start = at + padded(headSize + nameSize)
    if (start + descriptionSize > content.length) break
    const name = content.subarray(at + headSize, at + headSize + nameSize)
    const owner = decoder.decode(name).replace(/\0.*$/s, '')
    notes.push({ owner, type, description: content.subarray(start, start + descriptionSize) })
    at = start + padded(descriptionSize)
  }
  return notes
}

const gnuTypes: Readonly<Record<number, string>> = {
  1: 'NT_GNU_ABI_TAG (ABI version tag)',
  2: 'NT_GNU_HWCAP (DSO-supplied software HWCAP info)',
  3: 'NT_GNU_BUILD_ID (unique build ID bitstring)',
  4: 'NT_GNU_GOLD_VERSION (gold version)',
  5: 'NT_GNU_PROPERTY_TYPE_0',
}

function formatNote(note: Note): string {
  const { owner, type, description } = note
  const size = `0x${hex(description.length, 8)}`
  return `  ${owner.padEnd(20)} ${size}\t${typeWords(note)}${descriptionWords(owner, type, description)}\n`
}

function typeWords({ owner, type }: Note): string {
  if (owner === 'GNU' && type in gnuTypes) return gnuTypes[type]
  if (owner === 'stapsdt' && type === 3) return 'NT_STAPSDT (SystemTap probe descriptors)'
  if (owner !== 'GNU' && type === 1) return 'NT_VERSION (version)'
  if (owner !== 'GNU' && type === 2) return 'NT_ARCH (architecture)'
  if (owner !== 'GNU' && type === 0x100) return 'OPEN'
  return `Unknown note type: (0x${hex(type, 8)})`
}

function descriptionWords(owner: string, type: number, description: Uint8Array): string {
  const view = new DataView(description.buffer, description.byteOffset, description.byteLength)
  if (owner === 'GNU' && type === 1 && description.length >= 16) {
    const [system, ...release] = [0, 4, 8, 12].map((at) => view.getUint32(at, true))
    const name = ['Linux', 'Hurd', 'Solaris', 'FreeBSD', 'NetBSD', 'Syllable', 'NaCl'][system] ?? 'Unknown'
    return `\t    OS: ${name}, ABI: ${release.join('.')}`
  }
  if (owner === 'GNU' && type === 3) return `\t    Build ID: ${hexBytes(description, '')}`
  if (owner === 'GNU' && type === 4) return `\t    Version: ${decoder.decode(description).replace(/\0.*$/s, '')}`
  if (owner === 'GNU' && type === 5) return `\t      Properties: ${properties(view).join('\n\t')}`
  if (owner === 'stapsdt' && type === 3) return probeWords(view)
  if (owner !== 'GNU' && (type === 1 || type === 2)) return ''
  return description.length === 0 ? '' : `\t   description data: ${hexBytes(description, ' ')} `
}

function hexBytes(bytes: Uint8Array, separator: string): string {
  return Array.from(bytes, (byte) => hex(byte, 2)).join(separator)
}

const isaWords = ['x86-64-baseline', 'x86-64-v2', 'x86-64-v3', 'x86-64-v4']
const featureWords = ['IBT', 'SHSTK', 'LAM_U48', 'LAM_U57']
const feature2Words = ['x86', 'x87', 'MMX', 'XMM', 'YMM', 'ZMM', 'FXSR', 'XSAVE', 'XSAVEOPT', 'XSAVEC', 'TMM', 'MASK']

/** pr_type to its words (psABI, "Program Property"; gABI extensions of GNU). */
const bitProperties: Readonly<Record<number, readonly [string, readonly string[]]>> = {
  3221225474: ['x86 feature', featureWords],
  3221258241: ['x86 feature needed', feature2Words],
  3221258242: ['x86 ISA needed', isaWords],
  3221291009: ['x86 feature used', feature2Words],
  3221291010: ['x86 ISA used', isaWords],
}

/** The properties of an NT_GNU_PROPERTY_TYPE_0 note, each padded to 8 bytes. */
function properties(view: DataView): string[] {
  const words: string[] = []
  for (let at = 0; at + 8 <= view.byteLength; ) {
    const type = view.getUint32(at, true)
    const size = view.getUint32(at + 4, true)
    if (at + 8 + size > view.byteLength) {
      words.push(`<corrupt type (0x${hex(type)}) datasz: 0x${hex(size)}>`)
      break
    }
    words.push(propertyWords(type, size, view, at + 8))
    at += 8 + Math.ceil(size / 8) * 8
  }
  return words
}

function propertyWords(type: number, size: number, view: DataView, at: number): string {
  if (type === 1 && size === 8) return `stack size: 0x${hex(readSize(view, at))}`
  if (type === 2) return 'no copy on protected '
  const known = bitProperties[type]
  if (!known || size !== 4) {
    const data = hexBytes(new Uint8Array(view.buffer, view.byteOffset + at, size), ' ')
    return `<unknown type 0x${hex(type)} data: ${data}>`
  }
  const [title, names] = known
  const bits = view.getUint32(at, true)
  const set = names.filter((_, bit) => bits & (1 << bit))
  const rest = (bits & ~((1 << names.length) - 1)) >>> 0
  if (rest !== 0) set.push(`<unknown: ${hex(rest)}>`)
  return `${title}: ${set.length > 0 ? set.join(', ') : '<None>'}`
}

/** A SystemTap probe: three addresses, then provider, name and arguments, each ended by a NUL. */
function probeWords(view: DataView): string {
  if (view.byteLength < 24) return ''
  const [place, base, semaphore] = [0, 8, 16].map(
    (at) => `0x${view.getBigUint64(at, true).toString(16).padStart(16, '0')}`,
  )
  const texts = decoder.decode(new Uint8Array(view.buffer, view.byteOffset + 24, view.byteLength - 24)).split('\0')
  return [
    '',
    `    Provider: ${texts[0] ?? ''}`,
    `    Name: ${texts[1] ?? ''}`,
    `    Location: ${place}, Base: ${base}, Semaphore: ${semaphore}`,
    `    Arguments: ${texts[2] ?? ''}`,
  ].join('\n')
}
