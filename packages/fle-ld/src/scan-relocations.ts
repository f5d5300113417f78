import { makeRules, Rule } from '@fle/kernels'
import { readWord, relocationRecord, SHF, SHT, subtractWords } from '@fle/object'
import {
  canRelaxDescriptor,
  canRelaxDynamic,
  canRelaxInitialExec,
  Form,
  formOfType,
  GotRelaxation,
  gotRelaxation,
  relocationName,
  widthOfType,
} from '@fle/x86-64'
import { isAddress, SymbolPlace } from './classify-symbols.ts'
import { Got } from './got.ts'
import { dropped, type InputObject } from './input-object.ts'
import { Iplt } from './iplt.ts'
import type { LinkState } from './link-state.ts'
import { referencePlace } from './report-symbols.ts'
import { definitionValue, symbolValue } from './symbol-values.ts'

/**
 * Looks at every relocation of the program: makes GOT slots for those that need one, finds out whether the image may
 * stand at any address, and reports kinds that a static program cannot have. After it the sizes of all sections are final.
 */
export function scanRelocations(link: LinkState): void {
  const { walker } = link
  link.hasLowAddresses = hasLowAddresses(link)
  const programRules = walker.addRules(makeRules((type, place) => scanRule(link, type, place)))
  const otherRules = walker.addRules(makeRules((type) => (isKnown(type) ? Rule.pass : Rule.leave)))
  const met = link.memory.takeBytes(link.symbols.count)
  for (const input of link.objects) {
    const { object, record } = input
    if (record === 0) {
      scanObject(link, input)
      continue
    }
    const { left, noted } = walker.scan(record, object.bytes.length, programRules, otherRules, met)
    if (noted) noteAbsoluteNeed(link, input, noted.rela, noted.relocation)
    for (let i = 0; i < left; i++) {
      const { rela, relocation } = walker.leftRelocation(i)
      scanRelocation(link, input, object.sectionInfo(rela), rela, relocation)
    }
  }
}

/** The same for an object that the walker has no room for. */
function scanObject(link: LinkState, input: InputObject): void {
  const { object } = input
  for (let rela = 1; rela < object.sectionCount; rela++) {
    if (object.sectionType(rela) !== SHT.RELA) continue
    const section = object.sectionInfo(rela)
    if (input.outputSection[section] === dropped || input.discarded[section]) continue
    const count = object.relocationCount(rela)
    for (let i = 0; i < count; i++) i += scanRelocation(link, input, section, rela, i)
  }
}

/** Whether all addresses will be of 31 bits, as far as nobody says otherwise and the code model is the small one. */
function hasLowAddresses({ options, format, outputSections, shared }: LinkState): boolean {
  const { pie, imageBase, sectionAddresses, readOnlyAddress, largeDataAddress, emitRelocations } = options
  const isMoved = [imageBase, sectionAddresses, readOnlyAddress, largeDataAddress].some((given) => given !== undefined)
  if (pie || isMoved || emitRelocations || shared || format !== 'elf64-x86-64') return false
  return !outputSections.some(({ flags }) => flags & SHF.X86_64_LARGE)
}

/** What {@link scanRelocation} would do with most relocations of a program: nothing. */
function scanRule(link: LinkState, type: number, place: number): number {
  if (!isKnown(type)) return Rule.leave
  const form = formOfType[type]
  const moves = place === SymbolPlace.address || place === SymbolPlace.mergedSection
  if (form === Form.none) return Rule.pass
  if (isRelaxedCall(form)) return Rule.leaveWithNext
  // The entry of an IFUNC in the IPLT is made once.
  if (place === SymbolPlace.indirect && (form === Form.pc || form === Form.plt)) return Rule.leaveOnce
  if (!moves && place !== SymbolPlace.absolute && place !== SymbolPlace.zero) return Rule.leave
  if (form === Form.pc || form === Form.plt) return moves ? Rule.pass : Rule.passNoted
  if (form === Form.absolute && moves) return link.dynamic ? Rule.leave : Rule.passNoted
  if (isGotAccess(type) && moves && link.options.relax !== false) return Rule.loadAddress
  if (form === Form.gottpoff && place === SymbolPlace.address) return Rule.threadOffset
  return form === Form.absolute || form === Form.size ? Rule.pass : Rule.leave
}

function isKnown(type: number): boolean {
  return type < formOfType.length && formOfType[type] !== unknownForm
}

const unknownForm = 255

function noteAbsoluteNeed(link: LinkState, input: InputObject, rela: number, relocation: number): void {
  link.absoluteNeed ??= () => referencePlace(link, input, rela, relocation)
}

/** Returns how many relocations after this one need not be looked at. */
function scanRelocation(
  link: LinkState,
  input: InputObject,
  section: number,
  rela: number,
  relocation: number,
): number {
  const { object, places } = input
  const { view } = object
  const record = object.relocationRecord(rela, relocation)
  const type = view.getUint32(record + relocationRecord.type, true)
  if (!isKnown(type)) reportUnknownType(link, input, rela, relocation, type)
  else if (Number(readWord(view, record)) + widthOfType[type] > object.sectionSize(section)) {
    reportOutside(link, input, rela, relocation, type)
  } else if (object.isAllocated(section) && formOfType[type] !== Form.none) {
    const place = places[view.getUint32(record + relocationRecord.symbol, true)]
    scanProgramRelocation(link, input, section, rela, relocation, formOfType[type], place)
    if (isRelaxedCall(formOfType[type])) return 1
  }
  return 0
}

function scanProgramRelocation(
  link: LinkState,
  input: InputObject,
  section: number,
  rela: number,
  relocation: number,
  form: number,
  place: number,
): void {
  const { object } = input
  const record = object.relocationRecord(rela, relocation)
  const symbol = object.view.getUint32(record + relocationRecord.symbol, true)
  const moves = isAddress(place)
  const isConstant = place === SymbolPlace.absolute || place === SymbolPlace.zero
  const needsAbsolute = () => noteAbsoluteNeed(link, input, rela, relocation)
  if (place === SymbolPlace.indirect) requestIpltEntry(link, input, symbol)
  if (place === SymbolPlace.dropped) checkDropped(link, input, section, rela, relocation, symbol)
  if (place === SymbolPlace.shared) {
    if (link.shared?.request(input, symbol, form) === false) reportNotForLoader(link, input, rela, relocation)
    return
  }
  switch (form) {
    case Form.absolute:
      if (moves) needsAbsolute()
      if (moves && link.dynamic) scanDynamic(link, input, section, rela, relocation)
      break
    case Form.pc:
    case Form.plt:
      if (isConstant) needsAbsolute()
      break
    case Form.got:
    case Form.gotx:
    case Form.rexgotx:
      if (gotAccess(link, input, section, record, form) === GotAccess.slot) {
        requestSlot(link, input, symbol, moves)
        if (moves) needsAbsolute()
      }
      break
    case Form.gotslot:
    case Form.gotpltslot:
      requestSlot(link, input, symbol, moves)
      if (moves) needsAbsolute()
      break
    case Form.gotoff:
    case Form.pltoff:
    case Form.gotbase:
      link.got ??= new Got(link)
      if (isConstant && form !== Form.gotbase) needsAbsolute()
      break
    case Form.size:
      break
    default:
      scanThreadLocal(link, input, section, rela, relocation)
  }
}

/** Reports a relocation to a symbol that only the loader knows, of a kind that the loader does not. */
function reportNotForLoader(link: LinkState, input: InputObject, rela: number, relocation: number): void {
  const { object } = input
  const type = object.view.getUint32(object.relocationRecord(rela, relocation) + relocationRecord.type, true)
  link.diagnostics.error('no-form', `${relocationName(type)} cannot refer to a symbol of a shared object`, {
    notes: [`found at ${referencePlace(link, input, rela, relocation)}`],
  })
}

/** Tables of the unwinder may speak of code that is gone. */
const mayNameDropped = /^\.(eh_frame|gcc_except_table)(\.|$)/

/** Reports a relocation to a place in a section that the output has not: a copy of a COMDAT group that was left out. */
function checkDropped(
  link: LinkState,
  input: InputObject,
  section: number,
  rela: number,
  relocation: number,
  symbol: number,
): void {
  const { object } = input
  if (mayNameDropped.test(object.sectionName(section))) return
  const [{ object: defining } = input, definition] = definitionOf(link, input, symbol)
  const target = defining.sectionName(defining.symbolSection(definition))
  const name = object.symbolName(symbol) || target
  const comdat =
    'another file has the same COMDAT section, and its copy is used; code outside it must name a global symbol of it'
  link.problem('discarded-section', `${name} is in a discarded section: ${target} of ${defining.name}`, {
    notes: [`referenced by ${referencePlace(link, input, rela, relocation)}`],
    hint: link.options.orphans === 'discard' ? 'leave --orphan-handling=discard out' : comdat,
  })
}

/** A general or local dynamic access takes the relocation of its call with it, which stands next. */
export function isRelaxedCall(form: number): boolean {
  return form === Form.tlsgd || form === Form.tlsld
}

/** A static program knows the offset of every thread-local variable: all accesses become local-exec ones. */
function scanThreadLocal(link: LinkState, input: InputObject, section: number, rela: number, relocation: number): void {
  const { object } = input
  const record = object.relocationRecord(rela, relocation)
  const form = formOfType[object.view.getUint32(record + relocationRecord.type, true)]
  const content = object.sectionContent(section)
  const field = Number(readWord(object.view, record))
  if (form === Form.gottpoff && !canRelaxInitialExec(content, field)) {
    requestThreadOffsetSlot(link, input, object.view.getUint32(record + relocationRecord.symbol, true))
  }
  const isRewritable =
    (form !== Form.tlsgd && form !== Form.tlsld && form !== Form.tlsdesc) ||
    (form === Form.tlsdesc ? canRelaxDescriptor(content, field) : canRelaxDynamic(content, field, form === Form.tlsgd))
  if (!isRewritable) reportUnknownSequence(link, input, rela, relocation)
}

/** Whether a relocation of a type is for an instruction that takes an address from the GOT. */
export function isGotAccess(type: number): boolean {
  return formOfType[type] >= Form.got && formOfType[type] <= Form.rexgotx && widthOfType[type] === 4
}

/** How an access through the GOT is made. */
export const GotAccess = { slot: 0, relaxed: 1, immediate: 2, operand: 3 } as const
export type GotAccess = (typeof GotAccess)[keyof typeof GotAccess]

/** Decides on the access of a GOTPCREL kind; scanning and applying ask with the same bytes and get the same answer. */
export function gotAccess(
  link: LinkState,
  input: InputObject,
  section: number,
  record: number,
  form: number,
): GotAccess {
  const { object } = input
  const { view } = object
  // Only `-4` means the symbol itself; and only a field of 32 bits stands at the end of an instruction.
  const type = view.getUint32(record + relocationRecord.type, true)
  if (link.options.relax === false) return GotAccess.slot
  if (readWord(view, record + relocationRecord.addend) !== -4 || widthOfType[type] !== 4) return GotAccess.slot
  const offset = Number(readWord(view, record))
  const relaxation = gotRelaxation(object.sectionContent(section), offset, form)
  if (relaxation === GotRelaxation.none) return GotAccess.slot
  const place = input.places[view.getUint32(record + relocationRecord.symbol, true)]
  if (relaxation === GotRelaxation.operand) {
    return isAddress(place) && link.hasLowAddresses ? GotAccess.operand : GotAccess.slot
  }
  if (isAddress(place)) return GotAccess.relaxed
  const canBeImmediate = relaxation === GotRelaxation.lea && form !== Form.got && offset >= 3
  return place === SymbolPlace.zero && canBeImmediate ? GotAccess.immediate : GotAccess.slot
}

/** What the slot of a symbol is known by: the global symbol, or the object and its local one. */
export function slotKey(input: InputObject, symbol: number): string {
  const global = input.globalOf(symbol)
  return global >= 0 ? `${global}` : `${input.index}:${symbol}`
}

function requestSlot(link: LinkState, input: InputObject, symbol: number, moves: boolean): void {
  link.got ??= new Got(link)
  const value = () => symbolValue(link, input, symbol)
  const isNew = link.got.request(slotKey(input, symbol), value, moves ? 'address' : 'constant')
  if (isNew && moves) link.dynamic?.request()
}

/** In a static-PIE an address in data is put right at start; one in code or in 32 bits cannot be. */
function scanDynamic(link: LinkState, input: InputObject, section: number, rela: number, relocation: number): void {
  const { object } = input
  const type = object.view.getUint32(object.relocationRecord(rela, relocation) + relocationRecord.type, true)
  const isWritable = (object.sectionFlags(section) & SHF.WRITE) !== 0
  if (isWritable && widthOfType[type] === 8) {
    link.dynamic?.request()
    return
  }
  const problem = widthOfType[type] === 8 ? 'an address in a read-only section' : 'an address of fewer than 64 bits'
  const message = `${relocationName(type)} asks for ${problem}, which a position-independent program cannot have`
  link.diagnostics.error('position-independent', message, {
    notes: [`found at ${referencePlace(link, input, rela, relocation)}`],
    hint: 'recompile with -fPIE',
  })
}

/** What the slot with a symbol's offset from the thread pointer is known by. */
export function threadOffsetKey(input: InputObject, symbol: number): string {
  return `tp ${slotKey(input, symbol)}`
}

function requestThreadOffsetSlot(link: LinkState, input: InputObject, symbol: number): void {
  link.got ??= new Got(link)
  const value = () => subtractWords(symbolValue(link, input, symbol), link.layout.threadPointer)
  link.got.request(threadOffsetKey(input, symbol), value, 'constant')
}

function requestIpltEntry(link: LinkState, input: InputObject, objectSymbol: number): void {
  const [definition, symbol] = definitionOf(link, input, objectSymbol)
  if (!definition) return
  link.iplt ??= new Iplt(link)
  link.iplt.request(definition, symbol, () => definitionValue(link, definition, symbol))
}

/** The object that defines a symbol, and the symbol's index there. */
function definitionOf(link: LinkState, input: InputObject, objectSymbol: number): [InputObject | undefined, number] {
  const symbol = input.globalOf(objectSymbol)
  if (symbol < 0) return [objectSymbol === 0 ? undefined : input, objectSymbol]
  const defining = link.symbols.definingObject[symbol]
  return [defining >= 0 ? link.objects[defining] : undefined, link.symbols.definingSymbol[symbol]]
}

function reportUnknownType(link: LinkState, input: InputObject, rela: number, relocation: number, type: number): void {
  link.diagnostics.error('relocation-type', `${relocationName(type)} cannot stand in a static object`, {
    notes: [`found at ${referencePlace(link, input, rela, relocation)}`],
  })
}

function reportOutside(link: LinkState, input: InputObject, rela: number, relocation: number, type: number): void {
  link.diagnostics.error('relocation-place', `the field of a ${relocationName(type)} lies outside its section`, {
    notes: [`found at ${referencePlace(link, input, rela, relocation)}`],
  })
}

function reportUnknownSequence(link: LinkState, input: InputObject, rela: number, relocation: number): void {
  const { object } = input
  const type = object.view.getUint32(object.relocationRecord(rela, relocation) + relocationRecord.type, true)
  link.diagnostics.error(
    'tls-sequence',
    `the code around a ${relocationName(type)} is none that the psABI has for it`,
    {
      notes: [`found at ${referencePlace(link, input, rela, relocation)}`],
      hint: 'the access to the thread-local variable cannot be rewritten: compile with -ftls-model=local-exec',
    },
  )
}
