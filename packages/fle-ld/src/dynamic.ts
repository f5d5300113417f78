// What a static-PIE needs to move itself to where the kernel put it: no interpreter, but a dynamic section that its
// start-up code reads, and relocations that it applies (glibc's _dl_relocate_static_pie, musl's rcrt1).

import { relocationRecord, SHF, SHT, symbolRecord, type Word, writeWord } from '@fle/object'
import { R_X86_64 } from '@fle/x86-64'
import type { LinkState } from './link-state.ts'
import { OutputSection } from './output-section.ts'

/** Tags of the dynamic section (gABI, "Dynamic Section"). */
const DT = {
  NULL: 0,
  PLTRELSZ: 2,
  STRTAB: 5,
  SYMTAB: 6,
  RELA: 7,
  RELASZ: 8,
  RELAENT: 9,
  STRSZ: 10,
  SYMENT: 11,
  INIT: 12,
  FINI: 13,
  PLTREL: 20,
  DEBUG: 21,
  JMPREL: 23,
  INIT_ARRAY: 25,
  FINI_ARRAY: 26,
  INIT_ARRAYSZ: 27,
  FINI_ARRAYSZ: 28,
  FLAGS: 30,
  GNU_HASH: 0x6ffffef5,
  FLAGS_1: 0x6ffffffb,
  RELACOUNT: 0x6ffffff9,
} as const
const DF_BIND_NOW = 8
const DF_1_NOW = 1
const DF_1_PIE = 0x08000000
const dynamicEntrySize = 16

/** A hash table of no symbols: one bucket, a Bloom filter of one empty word. */
const emptyHash = [1, 1, 1, 0, 0, 0, 0]

/** The dynamic sections of a static-PIE. */
export class DynamicSections {
  readonly dynamic: OutputSection
  readonly relocations: OutputSection
  readonly symbols: OutputSection
  readonly #hash: OutputSection
  readonly #strings: OutputSection
  /** Places and values of the RELATIVE relocations, as they are found while sections are written. */
  readonly #places: number[] = []
  readonly #values: Word[] = []
  #requested = 0

  constructor(link: LinkState) {
    const add = (name: string, type: number, flags: number, entrySize: number, size: number) => {
      const section = new OutputSection(name, link.outputSections.length, type, SHF.ALLOC | flags, entrySize)
      section.alignment = 8
      section.size = size
      link.outputSections.push(section)
      return section
    }
    this.#hash = add('.gnu.hash', 0x6ffffff6, 0, 0, 4 * emptyHash.length)
    this.symbols = add('.dynsym', SHT.DYNSYM, 0, symbolRecord.size, symbolRecord.size)
    this.#strings = add('.dynstr', SHT.STRTAB, 0, 0, 1)
    this.relocations = add('.rela.dyn', SHT.RELA, 0, relocationRecord.size, 0)
    this.dynamic = add('.dynamic', SHT.DYNAMIC, SHF.WRITE, dynamicEntrySize, 0)
    this.#hash.link = this.symbols
    this.symbols.link = this.#strings
    this.symbols.info = 1 // the null symbol is local
    this.relocations.link = this.symbols
    this.dynamic.link = this.#strings
    this.#hash.synthetic = {
      write: (output, offset) => {
        emptyHash.forEach((word, i) => {
          output.setUint32(offset + 4 * i, word, true)
        })
      },
    }
    this.dynamic.synthetic = { write: (output, offset) => this.#writeDynamic(link, output, offset) }
    this.dynamic.size = this.#entries(link).length * dynamicEntrySize
  }

  /** Asks for room for a RELATIVE relocation. */
  request(): void {
    this.relocations.size = ++this.#requested * relocationRecord.size
  }

  /** Notes that the word at `place` holds the address `value`, which moves with the image. */
  relative(place: number, value: Word): void {
    this.#places.push(place)
    this.#values.push(value)
  }

  /** Writes the relocations that were noted, once all sections have been written. */
  writeRelocations(output: DataView): void {
    const order = this.#places.map((_, i) => i).sort((a, b) => this.#places[a] - this.#places[b])
    order.forEach((i, row) => {
      const at = this.relocations.fileOffset + row * relocationRecord.size
      writeWord(output, at, this.#places[i])
      output.setUint32(at + relocationRecord.type, R_X86_64.RELATIVE, true)
      writeWord(output, at + relocationRecord.addend, this.#values[i])
    })
  }

  #writeDynamic(link: LinkState, output: DataView, offset: number): void {
    this.#entries(link).forEach(([tag, value], i) => {
      writeWord(output, offset + i * dynamicEntrySize, tag)
      writeWord(output, offset + i * dynamicEntrySize + 8, value)
    })
  }

  /** As many entries before addresses are known as after. */
  #entries(link: LinkState): [tag: number, value: number][] {
    const section = (name: string) => link.outputSections.find((candidate) => candidate.name === name)
    const entries: [number, number][] = []
    const initArray = section('.init_array')
    if (initArray) entries.push([DT.INIT_ARRAY, initArray.address], [DT.INIT_ARRAYSZ, initArray.size])
    const finiArray = section('.fini_array')
    if (finiArray) entries.push([DT.FINI_ARRAY, finiArray.address], [DT.FINI_ARRAYSZ, finiArray.size])
    const init = section('.init')
    if (init) entries.push([DT.INIT, init.address])
    const fini = section('.fini')
    if (fini) entries.push([DT.FINI, fini.address])
    entries.push(
      [DT.GNU_HASH, this.#hash.address],
      [DT.STRTAB, this.#strings.address],
      [DT.SYMTAB, this.symbols.address],
      [DT.STRSZ, this.#strings.size],
      [DT.SYMENT, symbolRecord.size],
      [DT.RELA, this.relocations.address],
      [DT.RELASZ, this.relocations.size],
      [DT.RELAENT, relocationRecord.size],
      [DT.RELACOUNT, this.#requested],
      // Debuggers look for the list of what is loaded where start-up code leaves it here.
      [DT.DEBUG, 0],
    )
    const { bindNow = false } = link.options
    if (bindNow) entries.push([DT.FLAGS, DF_BIND_NOW])
    const indirect = section('.rela.plt')
    // Room is kept for them in any case: whether there are IFUNCs is known only later.
    entries.push(
      [indirect ? DT.JMPREL : DT.NULL, indirect?.address ?? 0],
      [indirect ? DT.PLTRELSZ : DT.NULL, indirect?.size ?? 0],
      [indirect ? DT.PLTREL : DT.NULL, indirect ? DT.RELA : 0],
    )
    return [
      ...entries.filter(([tag]) => tag !== DT.NULL),
      [DT.FLAGS_1, DF_1_PIE | (bindNow ? DF_1_NOW : 0)],
      ...Array<[number, number]>(indirect ? 1 : 4).fill([DT.NULL, 0]),
    ]
  }
}
