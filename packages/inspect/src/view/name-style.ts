import { demangle } from '@fle/demangle'

/** How names of symbols are shown. */
export type NameStyle = (name: string) => string

/** As they stand in the file. */
export const plainNames: NameStyle = (name) => name

/**
 * C++ names as their source has them (-C). What stands before and behind the mangled name stays: dots, and `@plt` or a
 * version. Source: bfd_demangle() of bfd/bfd.c.
 */
export const demangledNames: NameStyle = (name) => {
  const [, before, mangled, behind] = /^([.$]*)([^@]*)(.*)$/s.exec(name) ?? ['', '', name, '']
  const readable = demangle(mangled)
  return readable === undefined ? name : before + readable + behind
}
