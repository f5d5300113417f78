import { SHF, SHT } from '@fle/object'
import { AbsoluteSubsection } from './absolute-section.ts'
import type { Assembly } from './assembly.ts'
import type { Directive } from './directives.ts'
import { impliedProperties } from './implied-sections.ts'
import type { Group, Section } from './section.ts'
import { parseString } from './string-parser.ts'

const flagLetters: Readonly<Record<string, number>> = {
  a: SHF.ALLOC,
  w: SHF.WRITE,
  x: SHF.EXECINSTR,
  M: SHF.MERGE,
  S: SHF.STRINGS,
  T: SHF.TLS,
  e: SHF.EXCLUDE,
  o: SHF.LINK_ORDER,
  R: SHF.GNU_RETAIN,
  l: SHF.X86_64_LARGE,
  G: SHF.GROUP,
}

const typeNames: Readonly<Record<string, number>> = {
  progbits: SHT.PROGBITS,
  nobits: SHT.NOBITS,
  note: SHT.NOTE,
  init_array: SHT.INIT_ARRAY,
  fini_array: SHT.FINI_ARRAY,
  preinit_array: SHT.PREINIT_ARRAY,
  unwind: SHT.X86_64_UNWIND,
}

/** The flags that may not change once a section is open (obj-elf.c: obj_elf_change_section). */
const comparedFlags = SHF.ALLOC | SHF.WRITE | SHF.EXECINSTR | SHF.MERGE | SHF.STRINGS | SHF.TLS | SHF.EXCLUDE

/** With -R, the subsection of .text that .data means (read.c: s_data). */
const firstDataInText = 1000

/** .text, .data, .bss: an optional number of a subsection follows. */
export function standardSection(name: 'text' | 'data' | 'bss'): Directive {
  return (assembly) => {
    const number = subsectionNumber(assembly)
    if (number === undefined) return
    if (name === 'data' && assembly.options.dataInText)
      assembly.setSection(assembly.sections.text, firstDataInText + number)
    else assembly.setSection(assembly.sections[name], number)
  }
}

function subsectionNumber(assembly: Assembly): number | undefined {
  return assembly.cursor.atEnd() ? 0 : assembly.integer('the number of the subsection', 0, 2 ** 31 - 1)
}

export const subsection: Directive = (assembly) => {
  const number = subsectionNumber(assembly)
  if (number !== undefined) assembly.setSection(assembly.current.section, number)
}

/** `.struct NUMBER`, `.offset NUMBER`: labels are numbers from there on. */
export const struct: Directive = (assembly) => {
  const start = assembly.cursor.atEnd() ? 0 : assembly.integer('the offset', -(2 ** 31), 2 ** 48)
  if (start !== undefined) assembly.setSubsection(new AbsoluteSubsection(assembly, start))
}

export const previous: Directive = (assembly) => {
  assembly.setSubsection(assembly.previous)
}

export const section: Directive = (assembly) => {
  const opened = parseSection(assembly, false)
  if (opened) assembly.setSection(opened.section, opened.subsection)
}

/** How many sections .pushsection may put aside. */
const deepestStack = 10_000

export const pushSection: Directive = (assembly) => {
  const { current, previous, stack } = assembly
  const opened = parseSection(assembly, true)
  if (!opened) return
  if (stack.length >= deepestStack) {
    assembly.error('too-deep', `more than ${deepestStack} .pushsection without .popsection`)
    return
  }
  stack.push({ current, previous })
  assembly.setSection(opened.section, opened.subsection)
}

export const popSection: Directive = (assembly) => {
  const before = assembly.stack.pop()
  if (!before) {
    assembly.error('bad-directive', '.popsection without .pushsection')
    return
  }
  assembly.current = before.current
  assembly.previous = before.previous
}

/** What stands behind the name of a section. */
interface SectionArguments {
  flags: number
  type: number | undefined
  entrySize: number
  group: Group | undefined
  linkTo: string | undefined
  unique: string | undefined
  hasFlags: boolean
}

/** `NAME, "FLAGS", @TYPE, ENTRY SIZE, GROUP, comdat, unique, N` */
function parseSection(assembly: Assembly, isPush: boolean): { section: Section; subsection: number } | undefined {
  const { cursor } = assembly
  const name = sectionName(assembly)
  if (name === undefined) return undefined
  let subsection = 0
  const properties: SectionArguments = {
    flags: 0,
    type: undefined,
    entrySize: 0,
    group: undefined,
    linkTo: undefined,
    unique: undefined,
    hasFlags: false,
  }
  let hasComma = cursor.takeComma()
  if (hasComma && isPush && cursor.peek() !== 34) {
    const number = assembly.integer('the number of the subsection', 0, 2 ** 31 - 1)
    if (number === undefined) return undefined
    subsection = number
    hasComma = cursor.takeComma()
  }
  if (hasComma && !parseProperties(assembly, properties)) return undefined
  return { section: openSection(assembly, name, properties), subsection }
}

function sectionName(assembly: Assembly): string | undefined {
  const { cursor } = assembly
  if (cursor.peek() === 34) {
    const bytes = parseString(assembly)
    return bytes && String.fromCharCode(...bytes.subarray(0, 4096))
  }
  const name = cursor.word()
  return name === '' ? assembly.error('bad-directive', 'the name of a section is expected here') : name
}

function parseProperties(assembly: Assembly, properties: SectionArguments): boolean {
  const { cursor } = assembly
  if (cursor.peek() !== 34) return parseType(assembly, properties)
  const text = parseString(assembly)
  if (!text || !parseFlags(assembly, String.fromCharCode(...text.subarray(0, 100)), properties)) return false
  properties.hasFlags = true
  if (!cursor.takeComma()) return true
  if (cursor.peek() === 64 || cursor.peek() === 37 || cursor.peek() === 34) {
    if (!parseType(assembly, properties)) return false
    if (!cursor.takeComma()) return true
  }
  return parseExtras(assembly, properties)
}

/** Entry size, section to follow, group and unique number: each is there if the flags say so. */
function parseExtras(assembly: Assembly, properties: SectionArguments): boolean {
  const { cursor } = assembly
  let isFirst = true
  const next = () => {
    const there = isFirst || cursor.takeComma()
    isFirst = false
    return there
  }
  if (properties.flags & SHF.MERGE && next()) {
    const size = assembly.integer('the size of an entry', 0, 2 ** 31)
    if (size === undefined) return false
    properties.entrySize = size
  }
  if (properties.flags & SHF.LINK_ORDER && next()) properties.linkTo = cursor.word()
  if (properties.flags & SHF.GROUP && next()) {
    const name = cursor.peek() === 34 ? cursor.name() : cursor.word()
    let isComdat = false
    const start = cursor.position
    if (cursor.takeComma()) {
      if (cursor.word() === 'comdat') isComdat = true
      else cursor.position = start
    }
    properties.group = { name, isComdat }
  }
  if (next()) {
    if (cursor.word() !== 'unique' || !cursor.takeComma()) {
      assembly.error('bad-directive', 'this does not belong to the properties of a section')
      return false
    }
    properties.unique = cursor.word()
  }
  return true
}

function parseFlags(assembly: Assembly, text: string, properties: SectionArguments): boolean {
  for (const [letter] of text.matchAll(/0x[0-9a-f]+|[0-9]+|./gis)) {
    if (/^[0-9]/.test(letter)) {
      properties.flags = (properties.flags | Number(letter)) >>> 0
      continue
    }
    if (letter === '?') {
      properties.group = assembly.current.section.group
      if (properties.group) properties.flags |= SHF.GROUP
      continue
    }
    const flag = flagLetters[letter]
    if (flag === undefined) {
      assembly.error(
        'bad-directive',
        `'${letter}' is not a flag of sections`,
        `flags are ${Object.keys(flagLetters).join(' ')}`,
      )
      return false
    }
    properties.flags |= flag
  }
  return true
}

function parseType(assembly: Assembly, properties: SectionArguments): boolean {
  const { cursor } = assembly
  const start = cursor.position
  const word = cursor.peek() === 34 ? cursor.name() : cursor.word().replace(/^[@%#]/, '')
  const number = /^(0x[0-9a-f]+|[0-9]+)$/i.test(word) ? Number(word) : typeNames[word.toLowerCase()]
  if (number === undefined) {
    cursor.position = start
    assembly.error(
      'bad-directive',
      `'${word}' is not a type of sections`,
      `types are ${Object.keys(typeNames).join(' ')}`,
    )
    return false
  }
  properties.type = number >>> 0
  return true
}

/** `.attach_to_group NAME`: puts the current section into a group. */
export const attachToGroup: Directive = (assembly) => {
  const name = assembly.cursor.name()
  const { section } = assembly.current
  if (name === '') assembly.error('bad-directive', 'the name of a group is expected here')
  else if (section.group)
    assembly.warning('ignored', `section ${section.name} is in group ${section.group.name} already`)
  else section.group = { name, isComdat: false }
}

/** The section of these properties: what the name implies is added as in BFD's tables. */
function openSection(assembly: Assembly, name: string, properties: SectionArguments): Section {
  const { group, unique, linkTo, entrySize } = properties
  const implied = impliedProperties(name)
  let flags = (properties.flags & ~SHF.GROUP) >>> 0
  if (implied && (!properties.hasFlags || agree(name, properties.flags, implied.flags))) flags |= implied.flags
  const type = properties.type ?? implied?.type ?? SHT.PROGBITS
  const isRetained = (flags & SHF.GNU_RETAIN) !== 0
  const known = isRetained || linkTo !== undefined ? undefined : assembly.sections.find(name, group, unique)
  if (known) checkUnchanged(assembly, known, properties, flags, implied !== undefined)
  return assembly.sections.open(name, type, flags >>> 0, entrySize, group, unique, linkTo)
}

/** The flags of operating systems and processors (gABI, SHF_MASKOS and SHF_MASKPROC). */
const foreignFlags = 0xfff00000

/** Whether the flags of a section go with those that its name implies, and so are added to them (obj-elf.c: change_section). */
function agree(name: string, flags: number, implied: number): boolean {
  const others = flags & ~implied & ~SHF.LINK_ORDER & ~foreignFlags
  if (others === 0) return true
  return name.includes('.', 1) && (others & ~(SHF.MERGE | SHF.STRINGS)) === 0
}

/** What a section was told to be when it was first opened, it stays: saying something else of it is an error, if its name implies it a warning. */
function checkUnchanged(
  assembly: Assembly,
  known: Section,
  { type, flags: given, entrySize }: SectionArguments,
  flags: number,
  isImplied: boolean,
): void {
  const { name } = known
  const report = (what: string) => {
    if (isImplied) assembly.warning('ignored', `section ${name} keeps the ${what} that it has already`)
    else assembly.error('bad-section', `section ${name} has been opened with another ${what} before`)
  }
  if (type !== undefined && type !== known.type) report('type')
  if ((given & ~SHF.GROUP) === 0) return
  if ((known.flags ^ flags) & comparedFlags) report('set of flags')
  else if (flags & SHF.MERGE && entrySize !== known.entrySize)
    assembly.error('bad-section', `section ${name} has been opened with entries of ${known.entrySize} bytes before`)
}
