import type { Assembly } from './assembly.ts'
import { readFile } from './data-directives.ts'
import type { Directive } from './directives.ts'
import { parseString } from './string-parser.ts'

const decoder = new TextDecoder()

/** `.include "FILE"` */
export const include: Directive = (assembly) => {
  const path = parseString(assembly)
  if (!path) return
  const file = readFile(assembly, decoder.decode(path))
  if (!file) return
  assembly.cursor.skipStatement()
  if (!assembly.sources.openFile(file.path, file.bytes, assembly.conditions.length))
    assembly.fatal('too-deep', 'files include one another too deeply: does one include itself?')
}

/** `.error "TEXT"`, `.err` */
export const raiseError: Directive = (assembly, name) => {
  assembly.error('error-directive', messageOf(assembly) ?? `${name} was reached`)
}

/** `.fail N`: an error below 500, a warning from there on. */
export const fail: Directive = (assembly) => {
  const number = assembly.number('the number')
  if (number === undefined) return
  if (number < 500) assembly.error('error-directive', `.fail ${number} was reached`)
  else assembly.warning('warning-directive', `.fail ${number} was reached`)
}

/** A directive of GNU as that is refused, with the reason. */
export function unsupported(reason: string): Directive {
  return (assembly, name) => {
    assembly.error('not-supported', `${name} is not supported: ${reason}`)
  }
}

/** `.warning "TEXT"` */
export const raiseWarning: Directive = (assembly, name) => {
  assembly.warning('warning-directive', messageOf(assembly) ?? `${name} was reached`)
}

function messageOf(assembly: Assembly): string | undefined {
  if (assembly.cursor.peek() !== 34) return undefined
  const bytes = parseString(assembly)
  return bytes && decoder.decode(bytes)
}

/** `.end`: nothing behind it is read. */
export const endOfProgram: Directive = (assembly) => {
  assembly.sources.stop()
}

/** Directives that have no effect on what is written. */
export const ignored: Directive = ({ cursor }) => {
  cursor.skipStatement()
}

/** `.allow_index_reg`, `.disallow_index_reg`: whether %riz and %eiz are registers. */
export function indexRegisters(areAllowed: boolean): Directive {
  return (assembly) => {
    assembly.hasIndexRegisters = areAllowed
  }
}

/** `.intel_syntax noprefix`, `.att_syntax prefix` */
export function syntax(isIntel: boolean): Directive {
  return (assembly) => {
    const word = assembly.cursor.name()
    if (word !== '' && word !== 'prefix' && word !== 'noprefix') {
      assembly.error('bad-directive', `'${word}' is not known here`, 'it may be prefix or noprefix')
      return
    }
    assembly.isIntel = isIntel
    assembly.hasBareRegisters = word === 'noprefix'
  }
}

/** `.code32`, `.code64`: how long the registers and addresses of the instructions behind it are. */
export function codeOf(isNarrow: boolean): Directive {
  return (assembly) => {
    assembly.isNarrow = isNarrow
  }
}
