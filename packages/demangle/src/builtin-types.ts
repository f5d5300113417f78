/** A type that the language itself has (Itanium C++ ABI, 5.1.5.2). */
export interface BuiltinType {
  readonly text: string
  /** How a literal of the type is written: a suffix of the number, or what is not written so. */
  readonly literal: 'cast' | 'bool' | 'float' | { readonly suffix: string }
}

function builtin(text: string, literal: BuiltinType['literal'] = 'cast'): BuiltinType {
  return { text, literal }
}

const builtinTypes: Readonly<Record<string, BuiltinType>> = {
  a: builtin('signed char'),
  b: builtin('bool', 'bool'),
  c: builtin('char'),
  d: builtin('double', 'float'),
  e: builtin('long double', 'float'),
  f: builtin('float', 'float'),
  g: builtin('__float128', 'float'),
  h: builtin('unsigned char'),
  i: builtin('int', { suffix: '' }),
  j: builtin('unsigned int', { suffix: 'u' }),
  l: builtin('long', { suffix: 'l' }),
  m: builtin('unsigned long', { suffix: 'ul' }),
  n: builtin('__int128'),
  o: builtin('unsigned __int128'),
  s: builtin('short'),
  t: builtin('unsigned short'),
  v: builtin('void'),
  w: builtin('wchar_t'),
  x: builtin('long long', { suffix: 'll' }),
  y: builtin('unsigned long long', { suffix: 'ull' }),
  z: builtin('...'),
  Da: builtin('auto'),
  Dc: builtin('decltype(auto)'),
  Dd: builtin('decimal64'),
  De: builtin('decimal128'),
  Df: builtin('decimal32'),
  Dh: builtin('half', 'float'),
  Di: builtin('char32_t'),
  Dn: builtin('decltype(nullptr)'),
  Ds: builtin('char16_t'),
  Du: builtin('char8_t'),
}

/** The built-in type of a code of one letter, or of two beginning with D; undefined if there is none. */
export function builtinTypeOf(code: string): BuiltinType | undefined {
  return Object.hasOwn(builtinTypes, code) ? builtinTypes[code] : undefined
}

/** What a function without parameters is mangled with. */
export const voidType: BuiltinType = builtinTypes.v

/** The type of nullptr, whose one literal may have no value. */
export const nullptrType: BuiltinType = builtinTypes.Dn
