import { type Diagnostics, fileExists, readAll, reportFileError } from '@fle/diagnostics'
import { EM_X86_64, ET, fileHeader, isElf } from '@fle/elf'
import {
  ObjectBuilder,
  type ObjectFile,
  readSize,
  readWord,
  SHN,
  SHT,
  STB,
  STT,
  sectionHeader,
  specialSection,
  symbolRecord,
} from '@fle/object'
import type { LinkState } from './link-state.ts'

const class64 = 2
const classOffset = 4

/**
 * The symbols that another ELF program defines, as an object without content in which they are absolute (-R,
 * --just-symbols): so a program can call what is in memory already. Undefined, after a report, if the file is none.
 */
export function symbolsOfProgram(
  link: LinkState,
  { path, isOptional }: { readonly path: string; readonly isOptional: boolean },
): ObjectFile | undefined {
  if (isOptional && !fileExists(link.files, path)) return undefined
  try {
    const bytes = readAll(link.files.open(path), path)
    link.inputFiles.push(path)
    return isElf(bytes) ? absoluteSymbols(bytes, path, link.diagnostics) : refuse(path, link.diagnostics)
  } catch (error) {
    return reportFileError(error, path, link.diagnostics)
  }
}

function refuse(path: string, diagnostics: Diagnostics): undefined {
  return diagnostics.error('malformed-elf', 'this is no ELF program of x86-64 whose symbols could be read', {
    at: { file: path },
  })
}

/** Every offset that the file says is checked against its length before it is used. */
function absoluteSymbols(bytes: Uint8Array, path: string, diagnostics: Diagnostics): ObjectFile | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isProgram = bytes.length >= fileHeader.size && bytes[classOffset] === class64
  if (!isProgram || view.getUint16(fileHeader.machine, true) !== EM_X86_64) return refuse(path, diagnostics)
  const isObject = view.getUint16(fileHeader.type, true) === ET.REL
  const headers = readSize(view, fileHeader.sectionHeaders)
  const count = view.getUint16(fileHeader.sectionHeaderCount, true)
  const builder = new ObjectBuilder()
  builder.addSection({ name: '.note.GNU-stack', type: SHT.PROGBITS, flags: 0, alignment: 1 })
  if (headers + count * sectionHeader.size > bytes.length) return refuse(path, diagnostics)
  for (let header = headers; header < headers + count * sectionHeader.size; header += sectionHeader.size) {
    if (view.getUint32(header + sectionHeader.type, true) !== SHT.SYMTAB) continue
    const names = headers + view.getUint32(header + sectionHeader.link, true) * sectionHeader.size
    if (names + sectionHeader.size > bytes.length) return refuse(path, diagnostics)
    const [symbols, strings] = [contentOf(bytes, view, header), contentOf(bytes, view, names)]
    if (!symbols || !strings) return refuse(path, diagnostics)
    addSymbols(builder, symbols, strings, isObject)
  }
  return builder.build(path)
}

function contentOf(bytes: Uint8Array, view: DataView, header: number): Uint8Array | undefined {
  const offset = readSize(view, header + sectionHeader.offset)
  const size = readSize(view, header + sectionHeader.length)
  return offset + size <= bytes.length ? bytes.subarray(offset, offset + size) : undefined
}

/** Adds the global symbols that have an address. */
function addSymbols(builder: ObjectBuilder, symbols: Uint8Array, strings: Uint8Array, isObject: boolean): void {
  const view = new DataView(symbols.buffer, symbols.byteOffset, symbols.byteLength)
  for (let record = 0; record + symbolRecord.size <= symbols.length; record += symbolRecord.size) {
    const info = view.getUint8(record + symbolRecord.info)
    const section = view.getUint16(record + symbolRecord.section, true)
    const isDefined = section !== SHN.UNDEF && section !== SHN.COMMON && (!isObject || section === SHN.ABS)
    const type = info & 0xf
    if (info >> 4 === STB.LOCAL || !isDefined || type === STT.TLS || type === STT.GNU_IFUNC) continue
    const name = view.getUint32(record + symbolRecord.name, true)
    const end = strings.indexOf(0, name)
    if (end < 0) continue
    builder.addSymbol({
      name: strings.subarray(name, end),
      binding: info >> 4 === STB.WEAK ? STB.WEAK : STB.GLOBAL,
      type,
      section: specialSection(SHN.ABS),
      value: readWord(view, record + symbolRecord.value),
      size: readSize(view, record + symbolRecord.length),
    })
  }
}
