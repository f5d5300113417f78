import { isTerminator, splitCallFrameRecords } from '@fle/dwarf'
import { readWord, relocationRecord, SHF, SHT, STV } from '@fle/object'
import { isBookkeeping } from './assign-output-sections.ts'
import { stackNote } from './executable-stack.ts'
import { collected, type InputObject } from './input-object.ts'
import { defaultEntry } from './link-options.ts'
import type { LinkState } from './link-state.ts'
import { isDebugSection } from './section-rules.ts'
import { notDefined, Rank } from './symbol-table.ts'

/** Sections that a program uses without a relocation that says so: GNU ld's script keeps them. */
const keptNames = /^\.(init|fini|preinit_array|init_array|fini_array|ctors|dtors|jcr)(\.|$)/

const identifier = /^[A-Za-z_]\w*$/

/**
 * Drops the sections of the program that nothing needs (--gc-sections): what cannot be reached by relocations from the entry,
 * from symbols that were asked for and from sections that are always kept. Sections that are not loaded stay.
 */
export function collectGarbage(link: LinkState): void {
  if (!link.options.collectGarbage || !hasRoots(link)) return
  const marker = new Marker(link)
  marker.markRoots()
  marker.run()
  marker.dropCommons()
  const used = link.objects.map((input) => marker.isUsed(input))
  marker.markDescriptions(used)
  for (const input of link.objects) {
    const { object } = input
    const isUsed = used[input.index]
    for (let section = 1; section < object.sectionCount; section++) {
      if (input.discarded[section] || marker.isLive(input, section)) continue
      if (isBookkeeping(object.sectionType(section))) continue
      if (!isCollectable(input, section) && !marker.isForsaken(input, section, isUsed)) continue
      input.discarded[section] = collected
      if (object.sectionSize(section) === 0) continue
      link.collectedSections.push({ input, section })
      if (!link.options.printCollected) continue
      link.notes.push(`removing unused section '${object.sectionName(section)}' in file '${object.name}'`)
    }
  }
}

/** A program begins somewhere; of an object it must be said what is wanted. */
function hasRoots({ options, diagnostics }: LinkState): boolean {
  const { entry, wantedSymbols = [], requiredSymbols = [], keepExported } = options
  if (!options.relocatable || entry !== undefined || keepExported) return true
  if (wantedSymbols.length + requiredSymbols.length > 0) return true
  diagnostics.error('no-roots', 'with -r, --gc-sections would leave nothing', {
    hint: 'say with -e, -u or --gc-keep-exported which symbols are wanted',
  })
  return false
}

/** Why a section is live: the place of a chain of sections, each referring to the next, that begins at a root. */
export interface LiveChain {
  readonly input: InputObject
  readonly section: number
  /** Index of the section that refers to it in {@link LinkState.liveSections}; -1 for a root. */
  readonly from: number
}

function isCollectable(input: InputObject, section: number): boolean {
  const { object } = input
  return (object.sectionFlags(section) & SHF.ALLOC) !== 0 && !isEhFrame(input, section)
}

/** Its records live as long as the functions that they describe. */
function isEhFrame(input: InputObject, section: number): boolean {
  const { object } = input
  const type = object.sectionType(section)
  return (type === SHT.PROGBITS || type === SHT.X86_64_UNWIND) && object.sectionName(section) === '.eh_frame'
}

class Marker {
  readonly #link: LinkState
  /** For each object, 1 for each section that is live. */
  readonly #live: Uint8Array[]
  /** Sections named by C identifiers, by the symbols __start_NAME and __stop_NAME that stand for their ends. */
  readonly #byBoundary = new Map<number, { input: InputObject; section: number }[]>()
  /** Members of groups: the other sections of the group that each belongs to. */
  readonly #groups: Map<number, readonly number[]>[]
  readonly #liveCommons = new Set<number>()
  #next = 0

  constructor(link: LinkState) {
    this.#link = link
    this.#live = link.objects.map(({ object }) => new Uint8Array(object.sectionCount))
    this.#groups = link.objects.map(groupsOf)
    if (link.options.startStopKeeps !== false) for (const input of link.objects) this.#noteBoundaries(input)
  }

  isLive(input: InputObject, section: number): boolean {
    return this.#live[input.index][section] === 1
  }

  /** Whether any section of an object is loaded, besides notes. */
  isUsed(input: InputObject): boolean {
    const { object } = input
    return this.#live[input.index].some(
      (live, section) => live && object.isAllocated(section) && object.sectionType(section) !== SHT.NOTE,
    )
  }

  /** Debug information that is kept keeps what it refers to in that of other files, as link-time optimization has it. */
  markDescriptions(used: readonly boolean[]): void {
    const { objects } = this.#link
    if (!used.includes(false)) return
    const found: { input: InputObject; section: number }[] = []
    for (const input of objects) {
      for (let section = 1; used[input.index] && section < input.object.sectionCount; section++) {
        const hasRelocations = input.object.relocationSections[section] !== 0 && !input.discarded[section]
        if (hasRelocations && !input.object.isAllocated(section)) found.push({ input, section })
      }
    }
    for (const { input, section } of found) {
      const { object } = input
      const rela = object.relocationSections[section]
      const count = rela === 0 ? 0 : object.relocationCount(rela)
      for (let i = 0; i < count; i++) {
        const symbol = object.view.getUint32(object.relocationRecord(rela, i) + relocationRecord.symbol, true)
        // All of a used file's is kept anyway.
        if (symbol < object.firstGlobal && used[input.index]) continue
        const target = this.#definitionOf(input, symbol)
        if (!target || used[target.input.index] || target.input.object.isAllocated(target.section)) continue
        const live = this.#live[target.input.index]
        if (target.section === 0 || live[target.section] || target.input.discarded[target.section]) continue
        live[target.section] = 1
        found.push(target)
      }
    }
  }

  /** The section that a symbol of an object is in, and the object that has it. */
  #definitionOf(input: InputObject, symbol: number): { input: InputObject; section: number } | undefined {
    const global = input.globalOf(symbol)
    if (global < 0) return { input, section: input.object.symbolSection(symbol) }
    const { symbols, objects } = this.#link
    const defining = objects[symbols.definingObject[global]]
    return defining && { input: defining, section: defining.object.symbolSection(symbols.definingSymbol[global]) }
  }

  /** Tentative definitions that nothing needs are none. */
  dropCommons(): void {
    const { symbols } = this.#link
    for (const symbol of symbols.commons.keys()) {
      if (symbols.rank[symbol] !== Rank.common || this.#liveCommons.has(symbol)) continue
      symbols.rank[symbol] = Rank.unseen
      symbols.definingObject[symbol] = notDefined
    }
  }

  /**
   * Whether a section that is not loaded goes with what is dropped: it belongs to that by its group, or describes it; nothing
   * of its object is used; or it has relocations, and nobody knows what for (as GNU ld, _bfd_elf_gc_mark_extra_sections).
   */
  isForsaken(input: InputObject, section: number, isObjectUsed: boolean): boolean {
    const { object } = input
    const isLoaded = (other: number) => (object.sectionFlags(other) & SHF.ALLOC) !== 0
    const name = object.sectionName(section)
    if (isLoaded(section) || name === stackNote) return false
    const flags = object.sectionFlags(section)
    if (!isObjectUsed) return true
    if (object.relocationSections[section] !== 0 && (flags & SHF.GROUP) === 0 && !isDebugSection(name)) return true
    const described = flags & SHF.LINK_ORDER ? [object.sectionLink(section)] : []
    const owners = flags & SHF.GROUP ? (this.#groups[input.index].get(section) ?? []) : described
    const loaded = owners.filter(isLoaded)
    return loaded.length > 0 && !loaded.some((owner) => this.isLive(input, owner))
  }

  markRoots(): void {
    const { symbols, options, scriptEntry } = this.#link
    const { wantedSymbols = [], requiredSymbols = [] } = options
    const entry = options.entry ?? scriptEntry ?? (options.relocatable ? '' : defaultEntry)
    for (const name of [entry, ...wantedSymbols, ...requiredSymbols]) {
      this.#markGlobal(symbols.names.lookupText(name), -1)
    }
    for (let symbol = 0; options.keepExported && symbol < symbols.count; symbol++) {
      const visibility = symbols.visibility[symbol]
      if (visibility === STV.DEFAULT || visibility === STV.PROTECTED) this.#markGlobal(symbol, -1)
    }
    for (const { terms } of this.#link.requestedDefinitions) {
      for (const symbol of terms.values()) this.#markGlobal(symbol, -1)
    }
    for (const input of this.#link.objects) {
      const { object } = input
      for (let section = 1; section < object.sectionCount; section++) {
        const flags = object.sectionFlags(section)
        const isNote = object.sectionType(section) === SHT.NOTE
        if (((flags & SHF.ALLOC) === 0 && !isNote) || isEhFrame(input, section)) continue
        const isKept =
          (isNote && (flags & (SHF.GROUP | SHF.LINK_ORDER)) === 0) ||
          (flags & SHF.GNU_RETAIN) !== 0 ||
          keptNames.test(object.sectionName(section))
        if (isKept) this.#mark(input, section, -1)
      }
    }
  }

  /** Follows relocations until nothing new is reached; what the unwinder needs of live functions is live too. */
  run(): void {
    let reached: number
    do {
      this.#followRelocations()
      reached = this.#link.liveSections.length
      for (const input of this.#link.objects) this.#markUnwinding(input)
    } while (this.#link.liveSections.length > reached)
  }

  #followRelocations(): void {
    const { liveSections } = this.#link
    for (; this.#next < liveSections.length; this.#next++) {
      const { input, section } = liveSections[this.#next]
      const rela = input.object.relocationSections[section]
      if (rela) this.#markTargets(input, rela, 0, input.object.relocationCount(rela), this.#next)
    }
  }

  #markTargets(input: InputObject, rela: number, first: number, end: number, from: number): void {
    const { object } = input
    for (let i = first; i < end; i++) {
      const symbol = object.view.getUint32(object.relocationRecord(rela, i) + relocationRecord.symbol, true)
      const global = input.globalOf(symbol)
      if (global >= 0) this.#markGlobal(global, from)
      else if (symbol !== 0) this.#mark(input, object.symbolSection(symbol), from)
    }
  }

  #markGlobal(symbol: number, from: number): void {
    if (symbol < 0) return
    const { symbols, objects } = this.#link
    for (const { input, section } of this.#byBoundary.get(symbol) ?? []) this.#mark(input, section, from)
    const object = symbols.definingObject[symbol]
    if (symbols.rank[symbol] === Rank.common) this.#liveCommons.add(symbol)
    if (object < 0) return
    const input = objects[object]
    this.#mark(input, input.object.symbolSection(symbols.definingSymbol[symbol]), from)
  }

  #mark(input: InputObject, section: number, from: number): void {
    const live = this.#live[input.index]
    if (section === 0 || live[section] || input.discarded[section] || isEhFrame(input, section)) return
    // Of what is not loaded only notes are read by programs, those that trace others.
    const { object } = input
    const isPassive = !object.isAllocated(section) && object.sectionType(section) !== SHT.NOTE
    live[section] = 1
    if (isPassive) return
    this.#link.liveSections.push({ input, section, from })
    for (const member of this.#groups[input.index].get(section) ?? []) this.#mark(input, member, from)
  }

  /** Marks what the .eh_frame records of live functions refer to besides them: LSDAs and personality routines. */
  #markUnwinding(input: InputObject): void {
    const { object } = input
    for (let section = 1; section < object.sectionCount; section++) {
      const rela = object.relocationSections[section]
      if (rela === 0 || input.discarded[section] || !isEhFrame(input, section)) continue
      const content = object.sectionContent(section)
      const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
      const relocationsOf = new Map<number, readonly [number, number]>()
      let next = 0
      for (const record of splitCallFrameRecords(view) ?? []) {
        const first = next
        while (next < object.relocationCount(rela) && this.#place(input, rela, next) < record.offset + record.size)
          next++
        relocationsOf.set(record.offset, [first, next])
        if (record.cie < 0 || record.cie === isTerminator || first === next) continue
        const function_ = object.view.getUint32(object.relocationRecord(rela, first) + relocationRecord.symbol, true)
        if (!this.#live[input.index][object.symbolSection(function_)]) continue
        this.#markTargets(input, rela, first + 1, next, -1)
        const [cieFirst, cieEnd] = relocationsOf.get(record.cie) ?? [0, 0]
        this.#markTargets(input, rela, cieFirst, cieEnd, -1)
      }
    }
  }

  #place(input: InputObject, rela: number, relocation: number): number {
    return Number(readWord(input.object.view, input.object.relocationRecord(rela, relocation)))
  }

  #noteBoundaries(input: InputObject): void {
    const { object } = input
    const { names } = this.#link.symbols
    for (let section = 1; section < object.sectionCount; section++) {
      const letter = object.bytes[object.sectionNameOffset(section)]
      if (letter === 0x2e || (object.sectionFlags(section) & SHF.ALLOC) === 0) continue
      const name = object.sectionName(section)
      if (!identifier.test(name)) continue
      for (const boundary of [`__start_${name}`, `__stop_${name}`]) {
        const symbol = names.lookupText(boundary)
        if (symbol < 0) continue
        const sections = this.#byBoundary.get(symbol) ?? []
        this.#byBoundary.set(symbol, sections)
        sections.push({ input, section })
      }
    }
  }
}

/** For each section of a group, the sections of that group; and for what a SHF_LINK_ORDER section describes, that section. */
function groupsOf({ object }: InputObject): Map<number, readonly number[]> {
  const groups = new Map<number, number[]>()
  for (let section = 1; section < object.sectionCount; section++) {
    if (object.sectionType(section) === SHT.GROUP) {
      const at = object.sectionOffset(section)
      const members = Array.from({ length: object.sectionSize(section) / 4 - 1 }, (_, i) =>
        object.view.getUint32(at + 4 + 4 * i, true),
      )
      for (const member of members) groups.set(member, [...(groups.get(member) ?? []), ...members])
    } else if (object.sectionFlags(section) & SHF.LINK_ORDER) {
      const target = object.sectionLink(section)
      groups.set(target, [...(groups.get(target) ?? []), section])
    }
  }
  return groups
}
