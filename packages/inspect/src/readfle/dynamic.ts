import { ET } from '@fle/elf'
import { readWord, SHT, type Word } from '@fle/object'
import type { BinaryFile } from '../view/binary-file.ts'
import { stringAt } from '../view/elf-records.ts'
import { hex } from '../view/hexadecimal.ts'

/** A record of the dynamic section. */
export interface DynamicEntry {
  readonly tag: Word
  readonly value: Word
}

const DT_NULL = 0
const DT_FLAGS_1 = 0x6ffffffb
const DF_1_PIE = 0x08000000

/** The records of the dynamic section up to and with DT_NULL. */
export function dynamicEntries({ sections }: BinaryFile): DynamicEntry[] {
  const content = sections.find(({ type }) => type === SHT.DYNAMIC)?.content ?? new Uint8Array()
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const entries: DynamicEntry[] = []
  for (let at = 0; at + 16 <= view.byteLength; at += 16) {
    const tag = readWord(view, at)
    entries.push({ tag, value: readWord(view, at + 8) })
    if (tag === DT_NULL) break
  }
  return entries
}

/** Whether an ET_DYN file is a program and no library. */
export function isPositionIndependentProgram(file: BinaryFile): boolean {
  if (file.format === 'fle' || file.type !== ET.DYN) return file.isShared !== true
  const flags = dynamicEntries(file).find(({ tag }) => tag === DT_FLAGS_1)?.value ?? 0
  return (Number(flags) & DF_1_PIE) !== 0
}

/** How the value of a tag is shown. */
type Kind = 'address' | 'bytes' | 'count' | 'needed' | 'soname' | 'runpath' | 'rpath' | 'table' | 'flags' | 'flags1'

/** Source: gABI, "Dynamic Section", and the GNU additions of include/elf/common.h. */
const tags: Readonly<Record<number, readonly [string, Kind]>> = {
  0: ['NULL', 'address'],
  1: ['NEEDED', 'needed'],
  2: ['PLTRELSZ', 'bytes'],
  3: ['PLTGOT', 'address'],
  4: ['HASH', 'address'],
  5: ['STRTAB', 'address'],
  6: ['SYMTAB', 'address'],
  7: ['RELA', 'address'],
  8: ['RELASZ', 'bytes'],
  9: ['RELAENT', 'bytes'],
  10: ['STRSZ', 'bytes'],
  11: ['SYMENT', 'bytes'],
  12: ['INIT', 'address'],
  13: ['FINI', 'address'],
  14: ['SONAME', 'soname'],
  15: ['RPATH', 'rpath'],
  16: ['SYMBOLIC', 'address'],
  17: ['REL', 'address'],
  18: ['RELSZ', 'bytes'],
  19: ['RELENT', 'bytes'],
  20: ['PLTREL', 'table'],
  21: ['DEBUG', 'address'],
  22: ['TEXTREL', 'address'],
  23: ['JMPREL', 'address'],
  24: ['BIND_NOW', 'address'],
  25: ['INIT_ARRAY', 'address'],
  26: ['FINI_ARRAY', 'address'],
  27: ['INIT_ARRAYSZ', 'bytes'],
  28: ['FINI_ARRAYSZ', 'bytes'],
  29: ['RUNPATH', 'runpath'],
  30: ['FLAGS', 'flags'],
  32: ['PREINIT_ARRAY', 'address'],
  33: ['PREINIT_ARRAYSZ', 'bytes'],
  34: ['SYMTAB_SHNDX', 'address'],
  35: ['RELRSZ', 'bytes'],
  36: ['RELR', 'address'],
  37: ['RELRENT', 'bytes'],
  1879047925: ['GNU_HASH', 'address'],
  1879048176: ['VERSYM', 'address'],
  1879048185: ['RELACOUNT', 'count'],
  1879048186: ['RELCOUNT', 'count'],
  1879048187: ['FLAGS_1', 'flags1'],
  1879048188: ['VERDEF', 'address'],
  1879048189: ['VERDEFNUM', 'count'],
  1879048190: ['VERNEED', 'address'],
  1879048191: ['VERNEEDNUM', 'count'],
}

/** The name of a tag without DT_; undefined for one that is not known. */
export function dynamicTagName(tag: Word): string | undefined {
  return tags[Number(tag)]?.[0]
}

const flagNames = ['ORIGIN', 'SYMBOLIC', 'TEXTREL', 'BIND_NOW', 'STATIC_TLS']
const flags1Names = [
  ...[
    'NOW',
    'GLOBAL',
    'GROUP',
    'NODELETE',
    'LOADFLTR',
    'INITFIRST',
    'NOOPEN',
    'ORIGIN',
    'DIRECT',
    'TRANS',
    'INTERPOSE',
  ],
  ...['NODEFLIB', 'NODUMP', 'CONFALT', 'ENDFILTEE', 'DISPRELDNE', 'DISPRELPND', 'NODIRECT', 'IGNMULDEF', 'NOKSYMS'],
  ...['NOHDR', 'EDITED', 'NORELOC', 'SYMINTPOSE', 'GLOBAUDIT', 'SINGLETON', 'STUB', 'PIE', 'KMOD', 'WEAKFILTER'],
  'NOCOMMON',
]

function flagWords(value: Word, names: readonly string[]): string {
  const bits = Number(BigInt.asUintN(32, BigInt(value)))
  return names.filter((_, bit) => bits & (1 << bit)).join(' ')
}

/** The dynamic section of a file (readelf -d). */
export function formatDynamic(file: BinaryFile): string {
  const section = file.sections.find(({ type }) => type === SHT.DYNAMIC)
  const entries = dynamicEntries(file)
  if (!section || entries.length === 0) return '\nThere is no dynamic section in this file.\n'
  const names = file.sections[section.link]?.content ?? new Uint8Array()
  const rows = entries.map(({ tag, value }) => {
    const [name, kind] = tags[Number(tag)] ?? [`<unknown>: ${hex(tag)}`, 'address']
    return ` 0x${hex(tag, 16)} ${`(${name})`.padEnd(20)} ${valueWords(kind, value, names)}\n`
  })
  const count = entries.length === 1 ? '1 entry' : `${entries.length} entries`
  const title = `Dynamic section at offset 0x${hex(section.offset)} contains ${count}`
  return `\n${title}:\n  Tag        Type                         Name/Value\n${rows.join('')}`
}

function valueWords(kind: Kind, value: Word, names: Uint8Array): string {
  const text = () => `[${stringAt(names, Number(value))}]`
  switch (kind) {
    case 'bytes':
      return `${value} (bytes)`
    case 'count':
      return String(value)
    case 'needed':
      return `Shared library: ${text()}`
    case 'soname':
      return `Library soname: ${text()}`
    case 'rpath':
      return `Library rpath: ${text()}`
    case 'runpath':
      return `Library runpath: ${text()}`
    case 'table':
      return value === 7 ? 'RELA' : value === 17 ? 'REL' : hex(value)
    case 'flags':
      return flagWords(value, flagNames)
    case 'flags1':
      return `Flags: ${flagWords(value, flags1Names)}`
    default:
      return `0x${hex(value)}`
  }
}
