// The names of PLT entries, which no symbol table has: `puts@plt`. Source: elf_x86_64_get_synthetic_symtab() of
// bfd/elf64-x86-64.c.
import { addWords, type Word } from '@fle/object'
import type { BinaryFile, Section } from '../view/binary-file.ts'
import { hex } from '../view/hexadecimal.ts'

/** A PLT entry's name and place. */
export interface PltSymbol {
  readonly name: string
  readonly value: Word
  readonly section: number
}

const sectionNames = ['.plt', '.plt.got', '.plt.sec', '.plt.bnd']

/** The PLT entries of a program that jump to where a relocation of the dynamic linker stands. */
export function pltSymbols(file: BinaryFile): PltSymbol[] {
  if ((file.dynamicSymbols?.symbols.length ?? 0) <= 1) return []
  const slots = new Map<string, string>()
  for (const { target, relocations, symbols } of file.relocations) {
    if (target) continue
    for (const { offset, symbol, addend } of relocations) {
      const name = symbol === 0 ? '*ABS*' : symbols[symbol]?.name
      if (name) slots.set(hex(offset), addend === 0 ? name : `${name}+0x${hex(addend)}`)
    }
  }
  return file.sections.filter(({ name }) => sectionNames.includes(name)).flatMap((section) => entriesOf(section, slots))
}

/** endbr64 */
const landingPad = [0xf3, 0x0f, 0x1e, 0xfa]

function entriesOf({ index, name, content, address }: Section, slots: ReadonlyMap<string, string>): PltSymbol[] {
  const isPadded = landingPad.every((byte, i) => content[i] === byte)
  const size = name === '.plt.got' && !isPadded ? 8 : 16
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  const found: PltSymbol[] = []
  for (let entry = 0; entry + size <= content.length; entry += size) {
    const jump = jumpIn(content, entry, entry + size)
    if (jump === undefined) continue
    const next = jump + 6
    const slot = addWords(addWords(address, next), view.getInt32(jump + 2, true))
    const target = slots.get(hex(slot))
    if (target !== undefined) found.push({ name: `${target}@plt`, value: addWords(address, entry), section: index })
  }
  return found
}

/** Where in an entry `jmp *SLOT(%rip)` stands: at its beginning or behind endbr64 or bnd. The first entry pushes before. */
function jumpIn(content: Uint8Array, start: number, end: number): number | undefined {
  for (const at of [start, start + 1, start + 4, start + 5]) {
    if (at + 6 <= end && content[at] === 0xff && content[at + 1] === 0x25) return at
  }
  return undefined
}
