// The records of .eh_frame: CIEs and FDEs. Source: Linux Standard Base, "Exception Frames"; DWARF 5, 6.4.1.

/** How pointers in .eh_frame are written (LSB, "DWARF Exception Header Encoding"). */
export const DW_EH_PE = {
  absptr: 0x00,
  udata4: 0x03,
  sdata4: 0x0b,
  sdata8: 0x0c,
  pcrel: 0x10,
  datarel: 0x30,
  omit: 0xff,
} as const

/** One record of an .eh_frame section. Offsets are in bytes from the section's start. */
export interface CallFrameRecord {
  readonly offset: number
  /** Bytes of the whole record, its length field included. */
  readonly size: number
  /** Offset of the CIE that an FDE belongs to; -1 for a CIE; -2 for the zero word that ends the table. */
  readonly cie: number
  /** Offset of what follows the CIE pointer: an FDE's first address. */
  readonly body: number
}

export const isCie = -1
export const isTerminator = -2

/**
 * Goes through the records of an .eh_frame section, which is done by the hundred thousand: no object is made for one,
 * the fields are those of the record that {@link next} has come to.
 */
export class CallFrameCursor implements CallFrameRecord {
  offset = 0
  size = 0
  cie = isTerminator
  body = 0
  /** Whether the records do not fill the section exactly, or an FDE's CIE is not a record before it. */
  isMalformed = false
  readonly #view: DataView
  readonly #cies: number[] = []

  constructor(view: DataView) {
    this.#view = view
  }

  /** Goes to the next record. False at the end, and where the section is malformed. */
  next(): boolean {
    const view = this.#view
    const offset = this.offset + this.size
    const left = view.byteLength - offset
    if (left === 0) return false
    const length = left < 4 ? 0xffffffff : view.getUint32(offset, true)
    this.offset = offset
    this.size = length + 4
    if (length === 0) {
      this.cie = isTerminator
      this.body = offset + 4
      return true
    }
    // 0xffffffff begins a 64-bit length, which no compiler writes here: 4 GiB of unwind tables.
    if (length > left - 4 || length < 4) return this.#stop()
    const pointer = view.getUint32(offset + 4, true)
    this.body = offset + 8
    if (pointer === 0) {
      this.cie = isCie
      this.#cies.push(offset)
      return true
    }
    this.cie = offset + 4 - pointer
    const known = this.#cies
    return this.cie === known[known.length - 1] || known.includes(this.cie) || this.#stop()
  }

  #stop(): false {
    this.isMalformed = true
    return false
  }
}

/**
 * Splits the content of an .eh_frame section into its records. Returns undefined if they do not fill it exactly, or if an
 * FDE's CIE is not a record before it.
 */
export function splitCallFrameRecords(view: DataView): CallFrameRecord[] | undefined {
  const records: CallFrameRecord[] = []
  const cursor = new CallFrameCursor(view)
  while (cursor.next()) {
    const { offset, size, cie, body } = cursor
    records.push({ offset, size, cie, body })
  }
  return cursor.isMalformed ? undefined : records
}

/** The encoding of the first address in the FDEs of a CIE, or undefined if its augmentation is not understood. */
export function fdePointerEncoding(view: DataView, cie: CallFrameRecord): number | undefined {
  const end = cie.offset + cie.size
  let at = cie.body + 1
  let augmentation = ''
  for (; at < end && view.getUint8(at) !== 0; at++) augmentation += String.fromCharCode(view.getUint8(at))
  at++
  if (augmentation === '') return DW_EH_PE.absptr
  if (!augmentation.startsWith('z')) return undefined
  const skipLeb = () => {
    while (at < end && view.getUint8(at) & 0x80) at++
    at++
  }
  skipLeb() // code alignment factor
  skipLeb() // data alignment factor
  skipLeb() // return address register
  skipLeb() // length of the augmentation data
  for (const letter of augmentation.slice(1)) {
    if (at >= end) return undefined
    if (letter === 'R') return view.getUint8(at)
    if (letter === 'P') at += 1 + pointerSize(view.getUint8(at))
    else if (letter === 'L') at++
    else if (letter !== 'S' && letter !== 'B') return undefined
  }
  return DW_EH_PE.absptr
}

/** Bytes of a pointer of this encoding (the low four bits say). */
function pointerSize(encoding: number): number {
  const sizes: Readonly<Record<number, number>> = { 2: 2, 3: 4, 4: 8, 10: 2, 11: 4, 12: 8 }
  return sizes[encoding & 0xf] ?? 8
}

/** Reads an address of an encoding that code addresses have, at `at`, which stands at `place` in memory. */
export function readFramePointer(view: DataView, at: number, encoding: number, place: number): number | undefined {
  const format = encoding & 0xf
  const base = (encoding & 0x70) === DW_EH_PE.pcrel ? place : 0
  if ((encoding & 0x70) !== 0 && (encoding & 0x70) !== DW_EH_PE.pcrel) return undefined
  if (format === DW_EH_PE.sdata4) return base + view.getInt32(at, true)
  if (format === DW_EH_PE.udata4) return base + view.getUint32(at, true)
  if (format === DW_EH_PE.absptr || format === 4 || format === DW_EH_PE.sdata8) {
    return base + view.getUint32(at, true) + view.getInt32(at + 4, true) * 2 ** 32
  }
  return undefined
}
