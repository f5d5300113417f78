import { ObjectBuilder, type ObjectFile, SHF, SHN, SHT, STB, STT, specialSection } from '@fle/object'

/**
 * A file of any bytes as an object (-b binary): its content is .data, and symbols named after the path as it was given
 * say where that begins and ends, and how long it is (GNU ld manual, "--format").
 */
export function binaryObject(bytes: Uint8Array, path: string): ObjectFile {
  const builder = new ObjectBuilder()
  const properties = { type: SHT.PROGBITS, alignment: 1, entrySize: 0 }
  const section = builder.addSection({ name: '.data', flags: SHF.ALLOC | SHF.WRITE, ...properties })
  builder.addSection({ name: '.note.GNU-stack', flags: 0, ...properties })
  builder.content(section).append(bytes)
  // Byte by byte, as GNU ld.
  const name = `_binary_${[...new TextEncoder().encode(path)].map(letterOf).join('')}`
  const common = { binding: STB.GLOBAL, type: STT.NOTYPE }
  builder.addSymbol({ name: `${name}_start`, section, value: 0, ...common })
  builder.addSymbol({ name: `${name}_end`, section, value: bytes.length, ...common })
  builder.addSymbol({ name: `${name}_size`, section: specialSection(SHN.ABS), value: bytes.length, ...common })
  return builder.build(path)
}

/** A letter or a digit as it is, all else as an underscore. */
function letterOf(byte: number): string {
  const character = String.fromCharCode(byte)
  return /[A-Za-z0-9]/.test(character) ? character : '_'
}
