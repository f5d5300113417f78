import { addWords, SHT } from '@fle/object'
import type { BinaryFile } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'
import type { ObjdumpOptions } from './objdump.ts'
import { chosenRange, chosenSections } from './sections.ts'

const bytesPerLine = 16
const linesPerPiece = 1024

/** The bytes of the sections, in hexadecimal and as text (objdump -s). Source: dump_section() of binutils/objdump.c. */
export function* formatContents(file: BinaryFile, options: ObjdumpOptions): Generator<string> {
  for (const section of chosenSections(file, options)) {
    const { start, stop } = chosenRange(section, options)
    if (section.type === SHT.NOBITS || start >= stop) continue
    const { address, content } = section
    const width = Math.max(4, hex(addWords(address, start)).length, hex(addWords(address, stop - 1)).length)
    let text = `Contents of section ${section.name}:\n`
    for (let at = start, lines = 1; at < stop; at += bytesPerLine, lines++) {
      text += line(hex(addWords(address, at), width), content.subarray(at, Math.min(at + bytesPerLine, stop)))
      if (lines % linesPerPiece !== 0) continue
      yield text
      text = ''
    }
    yield text
  }
}

function line(address: string, bytes: Uint8Array): string {
  let digits = ''
  let letters = ''
  for (let i = 0; i < bytesPerLine; i++) {
    const byte = bytes[i]
    digits += i < bytes.length ? byte.toString(16).padStart(2, '0') : '  '
    if (i % 4 === 3) digits += ' '
    letters += i < bytes.length ? printable(byte) : ' '
  }
  return ` ${address} ${digits} ${letters}\n`
}

/** The character that a byte is in ASCII, a dot for one that cannot be seen. */
export function printable(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'
}
