import { ET } from '@fle/elf'
import type { BinaryFile } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'

/** Whether a linker is still to fill in bytes of the file. */
export function hasRelocations({ relocations }: BinaryFile): boolean {
  return relocations.some(({ target }) => target !== undefined)
}

/** What kind of file it is, in BFD's words (objdump -f). Source: dump_bfd_header() of binutils/objdump.c. */
export function formatFileHeader(file: BinaryFile): string {
  const flags: [number, string, boolean][] = [
    [0x01, 'HAS_RELOC', hasRelocations(file)],
    [0x02, 'EXEC_P', file.type === ET.EXEC],
    [0x10, 'HAS_SYMS', file.symbols !== undefined || file.dynamicSymbols !== undefined],
    [0x40, 'DYNAMIC', file.type === ET.DYN],
    [0x100, 'D_PAGED', file.segments.length > 0],
  ]
  const set = flags.filter(([, , isSet]) => isSet)
  const bits = set.reduce((sum, [bit]) => sum | bit, 0)
  const words = set.map(([, word]) => word).join(', ')
  return `architecture: i386:x86-64, flags 0x${hex(bits, 8)}:\n${words}\nstart address 0x${hex(file.entry, 16)}\n`
}
