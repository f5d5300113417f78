import { SHF, SHT } from '@fle/object'

interface Implied {
  readonly type: number
  readonly flags: number
}

const data = SHF.ALLOC | SHF.WRITE

/** Sections whose names imply what they are, with or without `.SUFFIX` behind (bfd: _bfd_elf_special_sections). */
const implied: Readonly<Record<string, Implied>> = {
  '.text': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR },
  '.init': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR },
  '.fini': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR },
  '.data': { type: SHT.PROGBITS, flags: data },
  '.data1': { type: SHT.PROGBITS, flags: data },
  '.rodata': { type: SHT.PROGBITS, flags: SHF.ALLOC },
  '.rodata1': { type: SHT.PROGBITS, flags: SHF.ALLOC },
  '.bss': { type: SHT.NOBITS, flags: data },
  '.tdata': { type: SHT.PROGBITS, flags: data | SHF.TLS },
  '.tbss': { type: SHT.NOBITS, flags: data | SHF.TLS },
  '.init_array': { type: SHT.INIT_ARRAY, flags: data },
  '.fini_array': { type: SHT.FINI_ARRAY, flags: data },
  '.preinit_array': { type: SHT.PREINIT_ARRAY, flags: data },
  '.ctors': { type: SHT.PROGBITS, flags: data },
  '.dtors': { type: SHT.PROGBITS, flags: data },
  '.lbss': { type: SHT.NOBITS, flags: data | SHF.X86_64_LARGE },
  '.ldata': { type: SHT.PROGBITS, flags: data | SHF.X86_64_LARGE },
  '.lrodata': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.X86_64_LARGE },
  '.noinit': { type: SHT.NOBITS, flags: data },
  '.persistent.bss': { type: SHT.NOBITS, flags: data },
  '.persistent': { type: SHT.PROGBITS, flags: data },
  '.gnu.linkonce.n': { type: SHT.NOBITS, flags: data },
  '.gnu.linkonce.p': { type: SHT.PROGBITS, flags: data },
  '.gnu.linkonce.b': { type: SHT.NOBITS, flags: data },
  '.gnu.linkonce.tb': { type: SHT.NOBITS, flags: data | SHF.TLS },
  '.gnu.linkonce.t': { type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.EXECINSTR },
  '.gnu.linkonce.d': { type: SHT.PROGBITS, flags: data },
  '.gnu.linkonce.r': { type: SHT.PROGBITS, flags: SHF.ALLOC },
}

/** What the name of a section implies, or undefined if it implies nothing. */
export function impliedProperties(name: string): Implied | undefined {
  if (name === '.note.GNU-stack') return { type: SHT.PROGBITS, flags: 0 }
  if (name.startsWith('.gnu.lto_')) return { type: SHT.PROGBITS, flags: SHF.EXCLUDE }
  if (name.startsWith('.note')) return { type: SHT.NOTE, flags: 0 }
  for (const [known, properties] of Object.entries(implied))
    if (name === known || (name.startsWith(known) && name[known.length] === '.')) return properties
  return undefined
}
