import { type Assembly, largestSection } from './assembly.ts'
import { checkContent } from './data-directives.ts'
import type { Directive } from './directives.ts'
import { encodeFloat, type FloatFormat } from './float.ts'

/** The number at the cursor in a format. What is wrong is reported. */
function parseFloatingPoint(assembly: Assembly, format: FloatFormat): Uint8Array | undefined {
  const { cursor } = assembly
  cursor.skipSpaces()
  const start = cursor.position
  while (/[\w.+-]/.test(cursor.text[cursor.position])) cursor.position++
  const word = cursor.text.substring(start, cursor.position)
  const bytes = encodeFloat(word, format)
  if (bytes) return bytes
  cursor.position = start
  return assembly.error('bad-number', `'${word}' is not a floating-point number`)
}

/** .float, .double and so on: numbers of a format. */
export function floats(format: FloatFormat): Directive {
  return (assembly, name) => {
    const { cursor } = assembly
    if (cursor.atEnd() || !checkContent(assembly, name)) return
    do {
      const bytes = parseFloatingPoint(assembly, format)
      if (!bytes || !assembly.hasRoom(bytes.length)) return
      assembly.current.content.append(bytes)
    } while (cursor.takeComma())
  }
}

/** `.dcb.d COUNT, NUMBER`: the number so many times, 0 if none is told. */
export function repeatFloat(format: FloatFormat): Directive {
  return (assembly, name) => {
    const { cursor } = assembly
    const count = assembly.integer('the count', 0, largestSection)
    if (count === undefined || !checkContent(assembly, name)) return
    const bytes = cursor.takeComma() ? parseFloatingPoint(assembly, format) : encodeFloat('0', format)
    if (!bytes || !assembly.hasRoom(count * bytes.length)) return
    for (let i = 0; i < count; i++) assembly.current.content.append(bytes)
  }
}
