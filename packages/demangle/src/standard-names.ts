import type { Node } from './node.ts'

/** What an abbreviation of the standard library stands for, and what the constructors of that class are called. */
interface StandardName {
  readonly node: Node
  readonly lastName?: Node
}

function standard(text: string, className: string): StandardName {
  return { node: { kind: 'standard', text }, lastName: { kind: 'name', text: className } }
}

const traits = 'std::char_traits<char>'

/** Itanium C++ ABI, 5.1.10. */
const standardNames: Readonly<Record<string, StandardName>> = {
  t: { node: { kind: 'standard', text: 'std' } },
  a: standard('std::allocator', 'allocator'),
  b: standard('std::basic_string', 'basic_string'),
  s: standard(`std::basic_string<char, ${traits}, std::allocator<char> >`, 'basic_string'),
  i: standard(`std::basic_istream<char, ${traits} >`, 'basic_istream'),
  o: standard(`std::basic_ostream<char, ${traits} >`, 'basic_ostream'),
  d: standard(`std::basic_iostream<char, ${traits} >`, 'basic_iostream'),
}

/** The standard name behind `S`, or undefined. */
export function standardName(letter: string): StandardName | undefined {
  return Object.hasOwn(standardNames, letter) ? standardNames[letter] : undefined
}
