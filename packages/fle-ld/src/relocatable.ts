import { writeObject } from '@fle/elf'
import { writeFleObject } from '@fle/fle'
import {
  addWords,
  GRP_COMDAT,
  ObjectBuilder,
  type ObjectFile,
  readWord,
  relocationRecord,
  type SectionProperties,
  SHF,
  SHN,
  SHT,
  STB,
  STT,
  specialSection,
  symbolRecord,
} from '@fle/object'
import { R_X86_64 } from '@fle/x86-64'
import { addBuildIdSection, buildIdSection, fillBuildId } from './build-id.ts'
import { compressObject } from './compress-sections.ts'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { mergeProperties, propertySection } from './merge-properties.ts'
import { alignUp } from './output-section.ts'
import { evaluateRequested } from './requested-symbols.ts'
import { isDebugSection } from './section-rules.ts'
import { needsAddresses } from './symbol-expression.ts'
import { type CommonSymbol, commandLineDefined, Rank } from './symbol-table.ts'
import { UniqueNames } from './unique-names.ts'
import { isUnique } from './unique-sections.ts'

/**
 * Makes one object of all inputs (-r): sections of one name and kind are joined, those of a COMDAT group stay by themselves,
 * symbols and relocations follow their sections. Undefined and common symbols stay what they are.
 */
export function writeRelocatable(link: LinkState): Uint8Array | undefined {
  const merge = new RelocatableMerge(link)
  const object = merge.run()
  if (link.format === 'fle') {
    const { dialect } = link.options
    return writeFleObject(object, { dialect, keepDebug: dialect === 'fle' }, link.diagnostics)
  }
  return writeObject(link.options.compressDebug ? compressObject(object) : object, link.diagnostics)
}

class RelocatableMerge {
  readonly #link: LinkState
  readonly #builder = new ObjectBuilder()
  /** The builder's number of the section that joins all of one kind. */
  readonly #joined = new Map<string, number>()
  /** Size so far and type of each of the builder's sections. */
  readonly #sizes: number[] = [0]
  /** The builder's symbol for the start of each of its sections, made when a relocation needs it. */
  readonly #sectionSymbols: number[] = []
  /** The builder's number of each global symbol. */
  readonly #globals = new Map<number, number>()
  readonly #uniqueNames: UniqueNames | undefined

  constructor(link: LinkState) {
    this.#link = link
    this.#uniqueNames = link.options.uniqueSymbols ? new UniqueNames() : undefined
  }

  run(): ObjectFile {
    const { objects } = this.#link
    const sections = objects.map((input) => this.#copySections(input))
    const locals = objects.map((input, i) => this.#copyLocalSymbols(input, sections[i]))
    this.#copyGlobalSymbols(sections)
    objects.forEach((input, i) => {
      this.#copyGroups(input, sections[i], locals[i])
      this.#copyRelocations(input, sections[i], locals[i])
    })
    this.#addProperties()
    const { buildId, output } = this.#link.options
    if (buildId === undefined || this.#link.format === 'fle') return this.#builder.build(output)
    addBuildIdSection(this.#builder, buildId)
    const object = this.#builder.build(output)
    fillBuildId(object, buildId, this.#link.memory)
    return object
  }

  /** The objects' properties made into those of the one object. */
  #addProperties(): void {
    const { objects, propertyNotes } = this.#link
    for (const input of objects) {
      for (let section = 1; section < input.object.sectionCount; section++) {
        if (input.object.sectionType(section) !== SHT.NOTE || input.object.sectionName(section) !== propertySection)
          continue
        if (!input.discarded[section]) propertyNotes.push({ input, section })
      }
    }
    const note = mergeProperties(this.#link)
    if (!note) return
    const properties = { name: propertySection, type: SHT.NOTE, flags: SHF.ALLOC, alignment: 8, entrySize: 0 }
    this.#builder.content(this.#builder.addSection(properties)).append(note)
  }

  /** Returns the builder's number of each section, 0 for one that is not copied; offsets go to the input's table. */
  #copySections(input: InputObject): Int32Array {
    const { object } = input
    const numbers = new Int32Array(object.sectionCount)
    for (let section = 1; section < object.sectionCount; section++) {
      if (input.discarded[section] || !this.#isCopied(object, section)) continue
      const number = this.#sectionFor(object, section)
      const start = alignUp(this.#sizes[number], object.sectionAlignment(section))
      const end = start + object.sectionSize(section)
      if (object.sectionType(section) === SHT.NOBITS) this.#builder.setSize(number, end)
      else {
        const content = this.#builder.content(number)
        content.reserve(start - content.length)
        content.append(object.sectionContent(section))
      }
      this.#sizes[number] = end
      numbers[section] = number
      input.outputSection[section] = number
      input.outputOffset[section] = start
    }
    for (let section = 1; section < object.sectionCount; section++) {
      const target = object.sectionLink(section)
      if (!numbers[section] || (object.sectionFlags(section) & SHF.LINK_ORDER) === 0) continue
      if (target < object.sectionCount && numbers[target]) this.#builder.setLink(numbers[section], numbers[target])
    }
    return numbers
  }

  #isCopied(object: ObjectFile, section: number): boolean {
    const type = object.sectionType(section)
    if (type === SHT.NULL || type === SHT.RELA || type === SHT.SYMTAB || type === SHT.STRTAB) return false
    if (type === SHT.SYMTAB_SHNDX || type === SHT.GROUP || type === SHT.REL) return false
    if (type === SHT.LLVM_ADDRSIG || type === SHT.LLVM_CALL_GRAPH_PROFILE) return false
    const name = object.sectionName(section)
    if (this.#link.options.strip && (object.sectionFlags(section) & SHF.ALLOC) === 0 && isDebugSection(name))
      return false
    return name !== propertySection && name !== buildIdSection
  }

  #sectionFor(object: ObjectFile, section: number): number {
    const name = object.sectionName(section)
    const type = object.sectionType(section)
    const flags = object.sectionFlags(section)
    const entrySize = object.sectionEntrySize(section)
    const isJoined = (flags & (SHF.GROUP | SHF.LINK_ORDER)) === 0 && !isUnique(this.#link.options, name)
    const alignment = object.sectionAlignment(section)
    return this.#sectionOfKind({ name, type, flags, alignment, entrySize }, isJoined)
  }

  /** The section that joins all of a kind, or one more of that kind. */
  #sectionOfKind(properties: SectionProperties, isJoined: boolean): number {
    const { name, type, flags, alignment, entrySize } = properties
    const kind = `${name}\0${type} ${flags} ${entrySize}`
    const known = isJoined ? this.#joined.get(kind) : undefined
    if (known !== undefined) {
      this.#builder.raiseAlignment(known, alignment)
      return known
    }
    const number = this.#builder.addSection({ ...properties, flags: flags & ~SHF.GROUP })
    this.#sizes[number] = 0
    if (isJoined) this.#joined.set(kind, number)
    return number
  }

  #sectionSymbol(section: number): number {
    this.#sectionSymbols[section] ??= this.#builder.addSymbol({
      name: '',
      binding: STB.LOCAL,
      type: STT.SECTION,
      section,
    })
    return this.#sectionSymbols[section]
  }

  /**
   * Returns the builder's number of each local symbol; section symbols, and those that -x and the like leave out, are made as
   * relocations need them.
   */
  #copyLocalSymbols(input: InputObject, sections: Int32Array): Int32Array {
    const { object } = input
    const numbers = new Int32Array(object.firstGlobal)
    for (let symbol = 1; symbol < object.firstGlobal; symbol++) {
      const section = object.symbolSection(symbol)
      if (object.symbolType(symbol) === STT.SECTION || (section !== 0 && sections[section] === 0)) continue
      if (this.#isLeftOut(object, symbol)) continue
      numbers[symbol] = this.#copySymbol(input, sections, symbol)
    }
    return numbers
  }

  #isLeftOut(object: ObjectFile, symbol: number): boolean {
    const { discardLocals, strip } = this.#link.options
    if (discardLocals === 'all' || strip === 'all') return true
    return discardLocals === 'temporary' && object.symbolName(symbol).startsWith('.L')
  }

  #copySymbol(input: InputObject, sections: Int32Array, symbol: number): number {
    const { object } = input
    const section = object.symbolSection(symbol)
    const record = object.symbolRecord(symbol)
    const type = object.symbolType(symbol)
    const binding = object.symbolBinding(symbol)
    const name = object.stringBytesAt(object.symbolNameOffset(symbol))
    return this.#builder.addSymbol({
      name: (binding === STB.LOCAL && this.#uniqueNames?.nameOf(name, type)) || name,
      binding,
      type,
      visibility: object.bytes[record + symbolRecord.other] & 3,
      section: section ? sections[section] : specialSection(object.symbolRawSection(symbol)),
      value: section ? addWords(object.symbolValue(symbol), input.outputOffset[section]) : object.symbolValue(symbol),
      size: object.symbolSize(symbol),
    })
  }

  #copyGlobalSymbols(sections: readonly Int32Array[]): void {
    const { symbols, objects, versionAliases } = this.#link
    const undefinedTypes = this.#undefinedTypes()
    for (let global = 0; global < symbols.count; global++) {
      if (versionAliases.has(global)) continue
      const object = symbols.definingObject[global]
      const visibility = symbols.visibility[global]
      if (symbols.rank[global] === Rank.common) {
        const common = symbols.commons.get(global) ?? { size: 0, alignment: 1, kind: 'small' as const }
        const [section, value] = this.#placeOfCommon(common)
        const { size } = common
        const type = this.#commonType(global)
        const properties = { binding: STB.GLOBAL, type, visibility, section, value, size }
        this.#globals.set(global, this.#builder.addSymbol({ name: symbols.names.bytes(global), ...properties }))
      } else if (object === commandLineDefined) {
        const { definition } = this.#link.requestedDefinitions[symbols.definingSymbol[global]]
        if (needsAddresses(definition.expression)) {
          const message = `--defsym ${definition.name}: with -r there are no addresses yet that it could be made of`
          this.#link.diagnostics.error('definition', message)
          continue
        }
        const { value } = evaluateRequested(this.#link, symbols.definingSymbol[global])
        const properties = { binding: STB.GLOBAL, type: STT.NOTYPE, section: specialSection(SHN.ABS), value }
        this.#globals.set(global, this.#builder.addSymbol({ name: symbols.names.bytes(global), ...properties }))
      } else if (object >= 0) {
        const input = objects[object]
        // What --gc-sections left out is named by what was left out, too.
        if (input.discarded[input.object.symbolSection(symbols.definingSymbol[global])]) continue
        this.#globals.set(global, this.#copySymbol(input, sections[object], symbols.definingSymbol[global]))
      } else if (symbols.rank[global] > Rank.unseen) {
        const binding = symbols.rank[global] === Rank.weakUndefined ? STB.WEAK : STB.GLOBAL
        const properties = { binding, type: undefinedTypes.get(global) ?? STT.NOTYPE, visibility, section: 0 }
        this.#globals.set(global, this.#builder.addSymbol({ name: symbols.names.bytes(global), ...properties }))
      }
    }
    this.#copyVersions(sections)
  }

  /** `foo@V` is the same as `foo`, if its name in the file is `foo@@V`; the file may have both names, though. */
  #copyVersions(sections: readonly Int32Array[]): void {
    const { symbols, objects, versionAliases } = this.#link
    for (const alias of versionAliases) {
      const object = symbols.definingObject[alias]
      const symbol = symbols.definingSymbol[alias]
      const plain = objects[object].globalOf(symbol)
      const isSame = symbols.definingObject[plain] !== object || symbols.definingSymbol[plain] === symbol
      const number = isSame ? this.#globals.get(plain) : this.#copySymbol(objects[object], sections[object], symbol)
      this.#globals.set(alias, number ?? 0)
    }
  }

  /** The section of a common symbol, and its value there: its alignment, or its offset in .bss with -d. */
  #placeOfCommon({ size, alignment, kind }: CommonSymbol): [section: number, value: number] {
    if (!this.#link.options.allocateCommons || kind !== 'small') {
      return [specialSection(kind === 'large' ? SHN.X86_64_LCOMMON : SHN.COMMON), alignment]
    }
    const bss = { name: '.bss', type: SHT.NOBITS, flags: SHF.ALLOC | SHF.WRITE, alignment, entrySize: 0 }
    const section = this.#sectionOfKind(bss, true)
    const value = alignUp(this.#sizes[section], alignment)
    this.#sizes[section] = value + size
    this.#builder.setSize(section, value + size)
    return [section, value]
  }

  /** Whether it is said to be common (STT_COMMON), as the object says it unless -z common or -z nocommon does. */
  #commonType(global: number): number {
    const { symbols, objects, options } = this.#link
    if (symbols.commons.get(global)?.kind === 'thread') return STT.TLS
    if (options.commonType !== undefined) return options.commonType ? STT.COMMON : STT.OBJECT
    const object = symbols.definingObject[global]
    return object < 0 ? STT.OBJECT : objects[object].object.symbolType(symbols.definingSymbol[global])
  }

  /** The types of symbols that no file defines, where a file says one: linkers refuse what is thread-local in one file only. */
  #undefinedTypes(): ReadonlyMap<number, number> {
    const types = new Map<number, number>()
    for (const input of this.#link.objects) {
      const { object } = input
      for (let symbol = object.firstGlobal; symbol < object.symbolCount; symbol++) {
        const type = object.symbolType(symbol)
        if (type !== STT.NOTYPE && type !== STT.SECTION) types.set(input.globalOf(symbol), type)
      }
    }
    return types
  }

  #copyGroups(input: InputObject, sections: Int32Array, locals: Int32Array): void {
    const { object } = input
    for (let section = 1; section < object.sectionCount; section++) {
      if (object.sectionType(section) !== SHT.GROUP) continue
      const at = object.sectionOffset(section)
      const count = object.sectionSize(section) / 4
      const members: number[] = []
      for (let i = 1; i < count; i++) {
        const member = sections[object.view.getUint32(at + 4 * i, true)]
        if (member > 0) members.push(member)
      }
      if (members.length === 0) continue
      const isComdat = (object.view.getUint32(at, true) & GRP_COMDAT) !== 0
      const signature = object.sectionInfo(section)
      const isOwn = signature < object.firstGlobal && object.symbolSection(signature) === section
      const symbol = isOwn ? this.#ownSignature(object, signature) : this.#symbolFor(input, sections, locals, signature)
      this.#builder.addGroup(symbol, isComdat, members, isOwn)
    }
  }

  /** A signature that no section defines, as those of C++ constructors: GNU as puts it into the group's own section. */
  #ownSignature(object: ObjectFile, symbol: number): number {
    const name = object.stringBytesAt(object.symbolNameOffset(symbol))
    return this.#builder.addSymbol({ name, binding: STB.LOCAL, type: STT.NOTYPE, section: 0 })
  }

  #symbolFor(input: InputObject, sections: Int32Array, locals: Int32Array, symbol: number): number {
    const { object } = input
    const global = input.globalOf(symbol)
    if (global >= 0) return this.#globals.get(global) ?? 0
    if (symbol !== 0 && object.symbolType(symbol) === STT.SECTION) {
      const section = sections[object.symbolSection(symbol)]
      return section ? this.#sectionSymbol(section) : 0
    }
    const section = symbol === 0 ? 0 : object.symbolSection(symbol)
    if (section !== 0 && sections[section] !== 0 && locals[symbol] === 0) {
      locals[symbol] = this.#copySymbol(input, sections, symbol)
    }
    return locals[symbol]
  }

  #copyRelocations(input: InputObject, sections: Int32Array, locals: Int32Array): void {
    const { object } = input
    const { view } = object
    for (let rela = 1; rela < object.sectionCount; rela++) {
      if (object.sectionType(rela) !== SHT.RELA) continue
      const section = object.sectionInfo(rela)
      if (sections[section] === 0) continue
      const count = object.relocationCount(rela)
      for (let i = 0; i < count; i++) {
        const record = object.relocationRecord(rela, i)
        const symbol = view.getUint32(record + relocationRecord.symbol, true)
        const addend = readWord(view, record + relocationRecord.addend)
        const isSection = symbol !== 0 && object.symbolType(symbol) === STT.SECTION
        if (isGone(input, symbol)) {
          // As GNU ld: debug information loses it, and other tables keep the place (RELOC_AGAINST_DISCARDED_SECTION).
          const offset = Number(readWord(view, record)) + input.outputOffset[section]
          if (endsAtZeros.test(object.sectionName(section))) {
            this.#builder.content(sections[section]).view.setUint8(offset, 1)
          }
          if (isDebugSection(object.sectionName(section))) continue
          this.#builder.addRelocation(sections[section], offset, R_X86_64.NONE, 0, 0)
          continue
        }
        this.#builder.addRelocation(
          sections[section],
          Number(readWord(view, record)) + input.outputOffset[section],
          view.getUint32(record + relocationRecord.type, true),
          this.#symbolFor(input, sections, locals, symbol),
          isSection ? addWords(addend, Math.max(0, input.outputOffset[object.symbolSection(symbol)])) : addend,
        )
      }
    }
  }
}

/** Tables of lists in which a pair of zeros is the end: what is left out is 1 there. */
const endsAtZeros = /^\.debug_(ranges|loc)$/

/** Whether a symbol of an object is a local one of a section that is left out. */
function isGone({ object, discarded }: InputObject, symbol: number): boolean {
  return symbol !== 0 && symbol < object.firstGlobal && discarded[object.symbolSection(symbol)] !== 0
}
