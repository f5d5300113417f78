import { Cursor, guarded } from './cursor.ts'
import { parseMangledName } from './encodings.ts'
import type { Node } from './node.ts'
import { Output } from './output.ts'
import { print } from './print.ts'

/** Characters of the longest name that is looked at; c++filt has the same bound. */
const longestName = 1024

/** Functions that run the constructors and destructors of one file, as compilers of old named them. */
const keyedFunctions = /^_GLOBAL_[._$]([ID])_/

/**
 * A C++ name as its source has it, e.g. `f(int)` for `_Z1fi`, in the wording of GNU c++filt. Returns undefined if it is
 * not mangled by the Itanium C++ ABI, or if it or its result (256 Ki characters) would be too long.
 */
export function demangle(name: string): string | undefined {
  if (name.length > longestName) return undefined
  const keyed = keyedFunctions.exec(name)
  if (!keyed) return name.startsWith('_Z') ? demangleMangled(name) : undefined
  const key = name.slice(keyed[0].length)
  if (key === '') return undefined
  const what = keyed[1] === 'I' ? 'constructors' : 'destructors'
  return `global ${what} keyed to ${demangle(key) ?? key}`
}

function demangleMangled(name: string): string | undefined {
  const cursor = new Cursor(name, false)
  const node = parseWhole(cursor) ?? (cursor.sawScope ? parseWhole(new Cursor(name, true)) : undefined)
  return node && guarded(() => printed(node))
}

function parseWhole(cursor: Cursor): Node | undefined {
  const node = guarded(() => parseMangledName(cursor))
  return cursor.at === cursor.text.length ? node : undefined
}

function printed(node: Node): string {
  const output = new Output()
  print(output, node)
  return output.text
}
