import { SHF, SHT } from '@fle/object'

interface Implied {
  readonly type: number
  readonly flags: number
}

const data = SHF.ALLOC | SHF.WRITE

/** Sections whose names imply what they are, also with `.SUFFIX` behind (bfd/elf.c: special_sections; elf64-x86-64.c). */
const withSuffix: Readonly<Record<string, Implied>> = {
  '.text': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR },
  '.data': { type: SHT.PROGBITS, flags: data },
  '.rodata': { type: SHT.PROGBITS, flags: SHF.ALLOC },
  '.bss': { type: SHT.NOBITS, flags: data },
  '.tdata': { type: SHT.PROGBITS, flags: data | SHF.TLS },
  '.tbss': { type: SHT.NOBITS, flags: data | SHF.TLS },
  '.init_array': { type: SHT.INIT_ARRAY, flags: data },
  '.fini_array': { type: SHT.FINI_ARRAY, flags: data },
  '.preinit_array': { type: SHT.PREINIT_ARRAY, flags: data },
  '.lbss': { type: SHT.NOBITS, flags: data | SHF.X86_64_LARGE },
  '.ldata': { type: SHT.PROGBITS, flags: data | SHF.X86_64_LARGE },
  '.lrodata': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.X86_64_LARGE },
  '.noinit': { type: SHT.NOBITS, flags: data },
  '.persistent': { type: SHT.PROGBITS, flags: data },
  '.gnu.linkonce.b': { type: SHT.NOBITS, flags: data },
  '.gnu.linkonce.n': { type: SHT.NOBITS, flags: data },
  '.gnu.linkonce.p': { type: SHT.PROGBITS, flags: data },
  '.gnu.linkonce.lb': { type: SHT.NOBITS, flags: data | SHF.X86_64_LARGE },
  '.gnu.linkonce.lr': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.X86_64_LARGE },
  '.gnu.linkonce.lt': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR | SHF.X86_64_LARGE },
}

/** Those that stand for themselves alone. */
const alone: Readonly<Record<string, Implied>> = {
  '.init': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR },
  '.fini': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR },
  '.plt': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR },
  '.data1': { type: SHT.PROGBITS, flags: data },
  '.got': { type: SHT.PROGBITS, flags: data },
  '.rodata1': { type: SHT.PROGBITS, flags: SHF.ALLOC },
  '.persistent.bss': { type: SHT.NOBITS, flags: data },
  '.note.GNU-stack': { type: SHT.PROGBITS, flags: 0 },
}

/** What the name of a section implies, or undefined if it implies nothing. */
export function impliedProperties(name: string): Implied | undefined {
  if (Object.hasOwn(alone, name)) return alone[name]
  if (name.startsWith('.gnu.lto_')) return { type: SHT.PROGBITS, flags: SHF.EXCLUDE }
  if (name.startsWith('.note')) return { type: SHT.NOTE, flags: 0 }
  for (const [known, properties] of Object.entries(withSuffix))
    if (name === known || (name.startsWith(known) && name[known.length] === '.')) return properties
  return undefined
}
