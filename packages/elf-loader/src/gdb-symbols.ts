// The symbols of an FLE program for gdb, which knows no FLE: an ELF object that has nothing but them.

import { Diagnostics, type FileSystem, readInput } from '@fle/diagnostics'
import { writeObject } from '@fle/elf'
import { readFle } from '@fle/fle'
import { hexadecimal, ObjectBuilder, SHF, SHN, SHT, STB, STT, specialSection, type Word } from '@fle/object'
import { functionOffset } from './process-steps.ts'

/** A range of memory with its symbols. */
interface Part {
  /** Where it begins, counted as the values of the symbols are. */
  readonly start: number
  readonly size: number
  readonly isCode: boolean
  /** The same as an expression of gdb, at the program's entry point. */
  readonly address: string
}

interface NamedPlace {
  readonly name: string
  readonly value: Word
  readonly size?: Word
}

export interface GdbSymbols {
  readonly object: Uint8Array
  /** The options of gdb's `add-symbol-file` behind the object's path. */
  readonly places: string
}

/** Makes the symbols of the FLE program at a path; undefined where it has none. */
export function gdbSymbols(path: string, files: FileSystem): GdbSymbols | undefined {
  const diagnostics = new Diagnostics()
  const bytes = readInput(files, path, diagnostics)
  const file = bytes && readFle(bytes, path, diagnostics)
  if (file?.kind !== 'executable') return undefined
  const { executable } = file
  if (executable.form === 'segments') {
    const parts = executable.segments.map(({ address, size, flags }) => ({
      start: Number(address),
      size,
      isCode: (flags & 1) !== 0,
      address: hexadecimal(address),
    }))
    return symbolObject(parts, executable.symbols, diagnostics)
  }
  // The code that calls it, where the process stands, has the address of its function behind it.
  const address = `*(long*)($pc+${functionOffset})-${executable.entry}`
  const blob = { start: 0, size: executable.size, isCode: true, address }
  return symbolObject([blob], executable.symbols, diagnostics)
}

function symbolObject(
  parts: readonly Part[],
  symbols: readonly NamedPlace[],
  diagnostics: Diagnostics,
): GdbSymbols | undefined {
  const builder = new ObjectBuilder()
  const sections = parts.map(({ size, isCode }, i) => {
    const flags = SHF.ALLOC | (isCode ? SHF.EXECINSTR : SHF.WRITE)
    const section = builder.addSection({ name: `.segment${i}`, type: SHT.NOBITS, flags, alignment: 1 })
    builder.setSize(section, size)
    return section
  })
  for (const { name, value, size = 0 } of symbols) {
    const at = Number(value)
    const index = parts.findIndex(({ start, size }) => start <= at && at < start + size)
    const place =
      index < 0
        ? { section: specialSection(SHN.ABS), value }
        : { section: sections[index], value: at - parts[index].start }
    const type = index >= 0 && parts[index].isCode ? STT.FUNC : STT.OBJECT
    builder.addSymbol({ name, binding: STB.GLOBAL, type, size, ...place })
  }
  const object = writeObject(builder.build(''), diagnostics)
  const places = parts.map(({ address }, i) => `-s .segment${i} ${address}`).join(' ')
  return object && { object, places }
}
