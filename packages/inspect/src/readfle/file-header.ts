import type { BinaryFile } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import { binaryParser } from './binary-parser.ts'
import { isPositionIndependentProgram } from './dynamic.ts'
import { fileTypeWords } from './words.ts'

/** Columns up to the values. */
const labelWidth = 37

function line(label: string, value: string): string {
  return `${`  ${label}:`.padEnd(labelWidth)}${value}\n`
}

/** The file header of a file (readelf -h). */
export async function formatFileHeader(file: BinaryFile): Promise<string> {
  return file.format === 'fle' ? formatFleHeader(file) : formatElfHeader(file)
}

const osAbiWords: Readonly<Record<number, string>> = { 0: 'UNIX - System V', 3: 'UNIX - GNU', 9: 'UNIX - FreeBSD' }

/** What Elf64_Ehdr says, field by field (gABI, "ELF Header"). */
async function formatElfHeader(file: BinaryFile): Promise<string> {
  const { Parser } = await binaryParser()
  const header = new Parser()
    .endianness('little')
    .seek(7)
    .uint8('osAbi')
    .uint8('abiVersion')
    .seek(11)
    .uint32('version')
    .seek(8)
    .uint64('programHeaders')
    .uint64('sectionHeaders')
    .uint32('flags')
    .uint16('headerSize')
    .uint16('programHeaderSize')
    .uint16('programHeaderCount')
    .uint16('sectionHeaderSize')
    .uint16('sectionHeaderCount')
    .uint16('sectionNames')
    .parse(file.bytes.subarray(0, 64))
  const magic = Array.from(file.bytes.subarray(0, 16), (byte) => `${hex(byte, 2)} `).join('')
  // Counts that do not fit stand in section 0 (gABI, e_shnum and e_shstrndx).
  const { sections } = file
  const sectionCount =
    header.sectionHeaderCount === 0 && sections.length > 0 ? `0 (${sections.length})` : `${header.sectionHeaderCount}`
  const sectionNames = header.sectionNames === 0xffff ? `65535 (${sections[0]?.link ?? 0})` : `${header.sectionNames}`
  return [
    'ELF Header:\n',
    `  Magic:   ${magic}\n`,
    line('Class', 'ELF64'),
    line('Data', "2's complement, little endian"),
    line('Version', '1 (current)'),
    line('OS/ABI', osAbiWords[header.osAbi] ?? `<unknown: ${hex(header.osAbi)}>`),
    line('ABI Version', String(header.abiVersion)),
    line('Type', fileTypeWords(file.type, isPositionIndependentProgram(file))),
    line('Machine', 'Advanced Micro Devices X86-64'),
    line('Version', `0x${hex(header.version)}`),
    line('Entry point address', `0x${hex(file.entry)}`),
    line('Start of program headers', `${header.programHeaders} (bytes into file)`),
    line('Start of section headers', `${header.sectionHeaders} (bytes into file)`),
    line('Flags', `0x${hex(header.flags)}`),
    line('Size of this header', `${header.headerSize} (bytes)`),
    line('Size of program headers', `${header.programHeaderSize} (bytes)`),
    line('Number of program headers', String(header.programHeaderCount)),
    line('Size of section headers', `${header.sectionHeaderSize} (bytes)`),
    line('Number of section headers', sectionCount),
    line('Section header string table index', sectionNames),
  ].join('')
}

/** FLE has no header: what a reader of the text tells from it, in the same words. */
function formatFleHeader(file: BinaryFile): string {
  return [
    'FLE Header:\n',
    line('Dialect', file.dialect ?? 'fle'),
    line('Type', fileTypeWords(file.type, isPositionIndependentProgram(file))),
    line('Machine', 'Advanced Micro Devices X86-64'),
    line('Entry point address', `0x${hex(file.entry)}`),
    line('Number of program headers', String(file.segments.length)),
    line('Number of section headers', String(file.sections.length)),
  ].join('')
}
