// The function and the source line that an address of a running program belongs to, from its file.

import { Diagnostics, type FileSystem, readInput } from '@fle/diagnostics'
import { type LineSections, readLineTable, type SourceLine } from '@fle/dwarf'
import { fileHeader, isElf, PT, programHeader } from '@fle/elf'
import { isFle, readFle } from '@fle/fle'
import { readSize, SHF, SHT, STT, sectionHeader, symbolRecord } from '@fle/object'
import type { Mapping } from './facts.ts'

/** Where an address lies in a program. */
export interface CodePlace {
  /** The function, and how far into it. */
  readonly name: string
  readonly offset: number
  readonly line: SourceLine | undefined
}

/** Where symbols are looked for: first in the table that has all of them. */
const symbolTables = [SHT.SYMTAB, SHT.DYNSYM]

interface Section {
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly size: number
  readonly link: number
}

/**
 * Finds what lies at an address. `mapping` is the memory around it; `program` the path of an FLE program, whose memory
 * has no file. Undefined where the file does not say.
 */
export function placeOf(address: bigint, mapping: Mapping, program: string, files: FileSystem): CodePlace | undefined {
  const path = mapping.name.startsWith('/') ? mapping.name : program
  const bytes = readInput(files, path, new Diagnostics())
  if (!bytes) return undefined
  if (isElf(bytes)) return mapping.name === path ? elfPlace(bytes, address, mapping) : undefined
  return isFle(bytes) ? flePlace(bytes, address, mapping) : undefined
}

function flePlace(bytes: Uint8Array, address: bigint, mapping: Mapping): CodePlace | undefined {
  const file = readFle(bytes, '', new Diagnostics())
  if (file?.kind !== 'executable') return undefined
  const { form, symbols } = file.executable
  const target = Number(form === 'blob' ? address - mapping.start : address)
  return nearest(
    symbols.map(({ name, value }) => ({ name, value: Number(value), size: 0 })),
    target,
  )
}

function elfPlace(bytes: Uint8Array, address: bigint, mapping: Mapping): CodePlace | undefined {
  if (bytes.length < fileHeader.size) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const target = fileAddress(view, Number(address - mapping.start + mapping.offset))
  if (target === undefined) return undefined
  const sections = readSections(view, bytes)
  for (const table of symbolTables.flatMap((type) => sections.filter((section) => section.type === type))) {
    const place = nearest(functions(view, bytes, table, sections[table.link]), target)
    if (place) return { ...place, line: lineOf(bytes, sections, target) }
  }
  return undefined
}

/** The address that the file gives to a byte of it. */
function fileAddress(view: DataView, offset: number): number | undefined {
  const headers = readSize(view, fileHeader.programHeaders)
  const count = view.getUint16(fileHeader.programHeaderCount, true)
  const end = Math.min(headers + count * programHeader.size, view.byteLength - programHeader.size + 1)
  for (let at = headers; at < end; at += programHeader.size) {
    const start = readSize(view, at + programHeader.offset)
    const isHere = start <= offset && offset < start + readSize(view, at + programHeader.fileSize)
    if (view.getUint32(at, true) === PT.LOAD && isHere)
      return offset - start + readSize(view, at + programHeader.virtualAddress)
  }
  return undefined
}

function readSections(view: DataView, bytes: Uint8Array): Section[] {
  const start = readSize(view, fileHeader.sectionHeaders)
  const count = view.getUint16(fileHeader.sectionHeaderCount, true)
  if (start === 0 || start + count * sectionHeader.size > view.byteLength) return []
  const names = start + view.getUint16(fileHeader.sectionNames, true) * sectionHeader.size
  const namesOffset = names + sectionHeader.size <= view.byteLength ? readSize(view, names + sectionHeader.offset) : 0
  return Array.from({ length: count }, (_, i) => {
    const at = start + i * sectionHeader.size
    return {
      name: textAt(bytes, namesOffset + view.getUint32(at, true)),
      type: view.getUint32(at + sectionHeader.type, true),
      flags: readSize(view, at + sectionHeader.flags),
      offset: readSize(view, at + sectionHeader.offset),
      size: readSize(view, at + sectionHeader.length),
      link: view.getUint32(at + sectionHeader.link, true),
    }
  })
}

function textAt(bytes: Uint8Array, offset: number): string {
  const end = bytes.indexOf(0, offset)
  return new TextDecoder().decode(bytes.subarray(offset, end < 0 ? offset : end))
}

interface FunctionSymbol {
  readonly name: string
  readonly value: number
  readonly size: number
}

function functions(view: DataView, bytes: Uint8Array, table: Section, names: Section | undefined): FunctionSymbol[] {
  const found: FunctionSymbol[] = []
  const end = Math.min(table.offset + table.size, view.byteLength - symbolRecord.size + 1)
  for (let at = table.offset; names && at < end; at += symbolRecord.size) {
    const type = view.getUint8(at + symbolRecord.info) & 15
    if ((type !== STT.FUNC && type !== STT.NOTYPE) || view.getUint16(at + symbolRecord.section, true) === 0) continue
    const name = textAt(bytes, names.offset + view.getUint32(at, true))
    if (name !== '')
      found.push({
        name,
        value: readSize(view, at + symbolRecord.value),
        size: readSize(view, at + symbolRecord.length),
      })
  }
  return found
}

/** The symbol that an address lies in, or else the last one before it that has no size. */
function nearest(symbols: readonly FunctionSymbol[], target: number): CodePlace | undefined {
  let best: FunctionSymbol | undefined
  for (const symbol of symbols) {
    if (symbol.value > target || (symbol.size > 0 && target >= symbol.value + symbol.size)) continue
    if (!best || symbol.value > best.value || (symbol.value === best.value && symbol.size > best.size)) best = symbol
  }
  return best && { name: best.name, offset: target - best.value, line: undefined }
}

function lineOf(bytes: Uint8Array, sections: readonly Section[], target: number): SourceLine | undefined {
  const content = (name: string) => {
    const section = sections.find((one) => one.name === name)
    const isCompressed = section !== undefined && (section.flags & SHF.COMPRESSED) !== 0
    if (!section || isCompressed) return new Uint8Array()
    return bytes.subarray(section.offset, section.offset + section.size)
  }
  const lines: LineSections = {
    line: content('.debug_line'),
    lineStrings: content('.debug_line_str'),
    strings: content('.debug_str'),
  }
  return lines.line.length === 0 ? undefined : readLineTable(lines).lineAt(0, target)
}
