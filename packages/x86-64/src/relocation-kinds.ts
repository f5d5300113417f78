// The relocation kinds of static x86-64 objects. Source: x86-64 psABI 1.0, table "Relocation Types"; its letters:
// A addend, P place of the field, S symbol, Z symbol's size, L its PLT entry, G its GOT slot's offset, GOT the base.

/** What a relocation computes, before the addend and, in the forms that end in `pc`, before P is taken away. */
export const Form = {
  /** Nothing is stored. */
  none: 0,
  /** S + A */
  absolute: 1,
  /** S + A - P */
  pc: 2,
  /** L + A - P; in a static link L is S, or the IPLT entry of an IFUNC. */
  plt: 3,
  /** G + GOT + A - P, never relaxed */
  got: 4,
  /** The same on an instruction without REX prefix that may be relaxed (psABI B.2) */
  gotx: 5,
  /** The same on one with REX prefix */
  rexgotx: 6,
  /** G + A */
  gotslot: 7,
  /** The slot of .got.plt, less GOT, + A */
  gotpltslot: 8,
  /** S + A - GOT */
  gotoff: 9,
  /** L + A - GOT */
  pltoff: 10,
  /** GOT + A - P */
  gotbase: 11,
  /** The GOT slot that holds the TP offset, + A - P */
  gottpoff: 12,
  /** Offset from the thread pointer, + A */
  tpoff: 13,
  /** The GOT pair (module, offset) of the symbol, + A - P */
  tlsgd: 14,
  /** The GOT pair of this module, + A - P */
  tlsld: 15,
  /** Offset in the module's TLS block, + A */
  dtpoff: 16,
  /** The GOT pair of the TLS descriptor, + A - P */
  tlsdesc: 17,
  /** Marks the call through a descriptor; nothing is stored. */
  tlscall: 18,
  /** Z + A */
  size: 19,
} as const
export type Form = (typeof Form)[keyof typeof Form]

/** Which values a field takes: `either` is -2^n … 2^n - 1, as BFD's complain_overflow_bitfield, for addresses that wrap around. */
export const Range = { any: 0, signed: 1, unsigned: 2, either: 3 } as const
export type Range = (typeof Range)[keyof typeof Range]

/** How FLE writes a field: the width in bits with `i` for signed and `u` for unsigned; `mark` stores nothing. */
export type FieldType = 'i8' | 'i16' | 'i32' | 'i64' | 'u8' | 'u16' | 'u32' | 'u64' | 'mark'
export const fieldTypes: readonly FieldType[] = ['i8', 'i16', 'i32', 'i64', 'u8', 'u16', 'u32', 'u64', 'mark']

export interface RelocationKind {
  /** r_type; a number of {@link firstExpressionType} or more has no ELF meaning. */
  readonly type: number
  /** `R_X86_64_PC32`; an expression's own form for those that ELF does not know. */
  readonly name: string
  readonly form: Form
  /** Bytes of the field: 0, 1, 2, 4 or 8. */
  readonly width: number
  readonly range: Range
  readonly field: FieldType
  /** Whether P is taken away. */
  readonly pcRelative: boolean
}

const widths: Record<FieldType, number> = { i8: 1, i16: 2, i32: 4, i64: 8, u8: 1, u16: 2, u32: 4, u64: 8, mark: 0 }

function rangeOf(field: FieldType): Range {
  if (field === 'mark' || field === 'i64' || field === 'u64') return Range.any
  // GNU ld takes these three for bit fields: a negative value and a large unsigned one both fit.
  if (field === 'u8' || field === 'u16' || field === 'i16') return Range.either
  return field === 'i8' || field === 'i32' ? Range.signed : Range.unsigned
}

function kind(type: number, name: string, field: FieldType, form: Form, pcRelative = false): RelocationKind {
  return { type, name: `R_X86_64_${name}`, form, width: widths[field], range: rangeOf(field), field, pcRelative }
}

/** The kinds that ELF numbers. */
export const elfRelocationKinds: readonly RelocationKind[] = [
  kind(0, 'NONE', 'mark', Form.none),
  kind(1, '64', 'u64', Form.absolute),
  kind(2, 'PC32', 'i32', Form.pc, true),
  kind(3, 'GOT32', 'i32', Form.gotslot),
  kind(4, 'PLT32', 'i32', Form.plt, true),
  kind(9, 'GOTPCREL', 'i32', Form.got, true),
  kind(10, '32', 'u32', Form.absolute),
  kind(11, '32S', 'i32', Form.absolute),
  kind(12, '16', 'u16', Form.absolute),
  kind(13, 'PC16', 'i16', Form.pc, true),
  kind(14, '8', 'u8', Form.absolute),
  kind(15, 'PC8', 'i8', Form.pc, true),
  kind(17, 'DTPOFF64', 'i64', Form.dtpoff),
  kind(18, 'TPOFF64', 'i64', Form.tpoff),
  kind(19, 'TLSGD', 'i32', Form.tlsgd, true),
  kind(20, 'TLSLD', 'i32', Form.tlsld, true),
  kind(21, 'DTPOFF32', 'i32', Form.dtpoff),
  kind(22, 'GOTTPOFF', 'i32', Form.gottpoff, true),
  kind(23, 'TPOFF32', 'i32', Form.tpoff),
  kind(24, 'PC64', 'i64', Form.pc, true),
  kind(25, 'GOTOFF64', 'i64', Form.gotoff),
  kind(26, 'GOTPC32', 'i32', Form.gotbase, true),
  kind(27, 'GOT64', 'i64', Form.gotslot),
  kind(28, 'GOTPCREL64', 'i64', Form.got, true),
  kind(29, 'GOTPC64', 'i64', Form.gotbase, true),
  kind(30, 'GOTPLT64', 'i64', Form.gotpltslot),
  kind(31, 'PLTOFF64', 'i64', Form.pltoff),
  kind(32, 'SIZE32', 'u32', Form.size),
  kind(33, 'SIZE64', 'u64', Form.size),
  kind(34, 'GOTPC32_TLSDESC', 'i32', Form.tlsdesc, true),
  kind(35, 'TLSDESC_CALL', 'mark', Form.tlscall),
  kind(41, 'GOTPCRELX', 'i32', Form.gotx, true),
  kind(42, 'REX_GOTPCRELX', 'i32', Form.rexgotx, true),
]

/** The numbers of the kinds that the dynamic linker alone may meet, for messages that name them. */
export const dynamicRelocationNames: ReadonlyMap<number, string> = new Map([
  [5, 'R_X86_64_COPY'],
  [6, 'R_X86_64_GLOB_DAT'],
  [7, 'R_X86_64_JUMP_SLOT'],
  [8, 'R_X86_64_RELATIVE'],
  [16, 'R_X86_64_DTPMOD64'],
  [36, 'R_X86_64_TLSDESC'],
  [37, 'R_X86_64_IRELATIVE'],
  [38, 'R_X86_64_RELATIVE64'],
])

/** r_type of the kinds by their names without the prefix. */
export const R_X86_64 = {
  NONE: 0,
  64: 1,
  PC32: 2,
  GOT32: 3,
  PLT32: 4,
  RELATIVE: 8,
  GOTPCREL: 9,
  32: 10,
  '32S': 11,
  16: 12,
  PC16: 13,
  8: 14,
  PC8: 15,
  DTPOFF64: 17,
  TPOFF64: 18,
  TLSGD: 19,
  TLSLD: 20,
  DTPOFF32: 21,
  GOTTPOFF: 22,
  TPOFF32: 23,
  PC64: 24,
  GOTOFF64: 25,
  GOTPC32: 26,
  GOT64: 27,
  GOTPCREL64: 28,
  GOTPC64: 29,
  GOTPLT64: 30,
  PLTOFF64: 31,
  SIZE32: 32,
  SIZE64: 33,
  GOTPC32_TLSDESC: 34,
  TLSDESC_CALL: 35,
  IRELATIVE: 37,
  GOTPCRELX: 41,
  REX_GOTPCRELX: 42,
} as const

/**
 * From this number on stand the kinds that FLE's expressions can say and ELF cannot, such as `u32(s - 📍)`: every other
 * combination of field, form and `- 📍`. Object tables carry them as r_type; they are never written to an ELF file.
 */
export const firstExpressionType = 0x100

const forms = Object.values(Form)
const formNames = Object.keys(Form)
const formCount = forms.length
const tableSize = firstExpressionType + fieldTypes.length * formCount * 2

const kindByType: (RelocationKind | undefined)[] = new Array(tableSize).fill(undefined)
const typeByMeaning = new Map<number, number>()

function meaning(field: FieldType, form: Form, pcRelative: boolean): number {
  return (fieldTypes.indexOf(field) * formCount + form) * 2 + (pcRelative ? 1 : 0)
}

for (const known of elfRelocationKinds) {
  kindByType[known.type] = known
  typeByMeaning.set(meaning(known.field, known.form, known.pcRelative), known.type)
}

/** The kind of an r_type, undefined if neither the psABI's static kinds nor FLE's expressions have it. */
export function relocationKind(type: number): RelocationKind | undefined {
  if (type < firstExpressionType || type >= tableSize) return kindByType[type]
  kindByType[type] ??= expressionKind(type)
  return kindByType[type]
}

function expressionKind(type: number): RelocationKind {
  const code = type - firstExpressionType
  const pcRelative = code % 2 === 1
  const form = forms[(code >> 1) % formCount]
  const field = fieldTypes[Math.floor((code >> 1) / formCount)]
  const name = `${field}(${formNames[form]}${pcRelative ? ' - 📍' : ''})`
  return { type, name, form, width: widths[field], range: rangeOf(field), field, pcRelative }
}

/** The r_type of a combination: ELF's number where it has one, else one from {@link firstExpressionType} on. */
export function relocationType(field: FieldType, form: Form, pcRelative: boolean): number {
  const code = meaning(field, form, pcRelative)
  return typeByMeaning.get(code) ?? firstExpressionType + code
}

/** A kind's name for a message: `R_X86_64_PC32`, or `relocation type 99`. */
export function relocationName(type: number): string {
  return relocationKind(type)?.name ?? dynamicRelocationNames.get(type) ?? `relocation type ${type}`
}

/** Whether an ELF file can hold a relocation of this type. */
export function isElfRelocation(type: number): boolean {
  return type < firstExpressionType
}

// The same facts for the linker's inner loop, indexed by r_type.

/** {@link RelocationKind.form} by type; 255 for a type that is not known. */
export const formOfType = new Uint8Array(tableSize).fill(255)
/** {@link RelocationKind.width} by type. */
export const widthOfType = new Uint8Array(tableSize)
/** {@link RelocationKind.range} by type. */
export const rangeOfType = new Uint8Array(tableSize)
/** 1 where P is taken away. */
export const pcRelativeType = new Uint8Array(tableSize)

for (const { type, form, width, range, pcRelative } of elfRelocationKinds)
  setFacts(type, form, width, range, pcRelative)
for (let fieldNumber = 0, type = firstExpressionType; fieldNumber < fieldTypes.length; fieldNumber++) {
  const field = fieldTypes[fieldNumber]
  const width = widths[field]
  const range = rangeOf(field)
  for (let form = 0; form < formCount; form++, type += 2) {
    setFacts(type, form, width, range, false)
    setFacts(type + 1, form, width, range, true)
  }
}

function setFacts(type: number, form: number, width: number, range: number, pcRelative: boolean): void {
  formOfType[type] = form
  widthOfType[type] = width
  rangeOfType[type] = range
  pcRelativeType[type] = pcRelative ? 1 : 0
}
