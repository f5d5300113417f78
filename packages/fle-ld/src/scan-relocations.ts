import { readWord, relocationRecord, SHF, SHT, STT } from '@fle/object'
import { Form, formOfType, GotRelaxation, gotRelaxation, relocationName, widthOfType } from '@fle/x86-64'
import { Got } from './got.ts'
import { dropped, type InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'
import { referencePlace } from './report-symbols.ts'
import { SymbolPlace, symbolPlace, symbolValue } from './symbol-values.ts'

/**
 * Looks at every relocation of the program: makes GOT slots for those that need one, finds out whether the image may
 * stand at any address, and reports kinds that a static program cannot have. After it the sizes of all sections are final.
 */
export function scanRelocations(link: LinkState): void {
  for (const input of link.objects) {
    const { object } = input
    for (let rela = 1; rela < object.sectionCount; rela++) {
      if (object.sectionType(rela) !== SHT.RELA) continue
      const section = object.sectionInfo(rela)
      if (input.outputSection[section] !== dropped) scanSection(link, input, section, rela)
    }
  }
}

function scanSection(link: LinkState, input: InputObject, section: number, rela: number): void {
  const { object } = input
  const { view } = object
  const isProgram = (object.sectionFlags(section) & SHF.ALLOC) !== 0
  const size = object.sectionSize(section)
  const count = object.relocationCount(rela)
  for (let i = 0; i < count; i++) {
    const record = object.relocationRecord(rela, i)
    const type = view.getUint32(record + relocationRecord.type, true)
    const form = type < formOfType.length ? formOfType[type] : 255
    if (form === 255) {
      reportUnknownType(link, input, rela, i, type)
      continue
    }
    const offset = readWord(view, record)
    if (typeof offset === 'bigint' || offset < 0 || offset + widthOfType[type] > size) {
      reportOutside(link, input, rela, i, type)
      continue
    }
    if (!isProgram || form === Form.none) continue
    scanRelocation(link, input, section, rela, i, form)
  }
}

function scanRelocation(
  link: LinkState,
  input: InputObject,
  section: number,
  rela: number,
  relocation: number,
  form: number,
): void {
  const { object } = input
  const record = object.relocationRecord(rela, relocation)
  const symbol = object.view.getUint32(record + relocationRecord.symbol, true)
  const place = symbolPlace(link, input, symbol)
  const moves = place === SymbolPlace.address
  const needsAbsolute = () => {
    link.absoluteNeed ??= referencePlace(input, rela, relocation)
  }
  if (isIndirectFunction(link, input, symbol)) {
    reportUnsupported(link, input, rela, relocation, 'an IFUNC, which needs start-up code to resolve it')
    return
  }
  switch (form) {
    case Form.absolute:
      if (moves) needsAbsolute()
      break
    case Form.pc:
    case Form.plt:
      if (!moves) needsAbsolute()
      break
    case Form.got:
    case Form.gotx:
    case Form.rexgotx:
      if (gotAccess(link, input, section, record, form) === GotAccess.slot) {
        requestSlot(link, input, symbol)
        if (moves) needsAbsolute()
      }
      break
    case Form.gotslot:
    case Form.gotpltslot:
      requestSlot(link, input, symbol)
      if (moves) needsAbsolute()
      break
    case Form.gotoff:
    case Form.pltoff:
    case Form.gotbase:
      link.got ??= new Got(link)
      if (!moves && form !== Form.gotbase) needsAbsolute()
      break
    case Form.size:
      break
    default:
      reportUnsupported(link, input, rela, relocation, 'thread-local storage')
  }
}

/** How an access through the GOT is made. */
export const GotAccess = { slot: 0, relaxed: 1, immediate: 2 } as const
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
  if (readWord(view, record + relocationRecord.addend) !== -4 || widthOfType[type] !== 4) return GotAccess.slot
  const offset = Number(readWord(view, record))
  const relaxation = gotRelaxation(object.sectionContent(section), offset, form)
  if (relaxation === GotRelaxation.none) return GotAccess.slot
  const place = symbolPlace(link, input, view.getUint32(record + relocationRecord.symbol, true))
  if (place === SymbolPlace.address) return GotAccess.relaxed
  const canBeImmediate = relaxation === GotRelaxation.lea && form !== Form.got && offset >= 3
  return place === SymbolPlace.zero && canBeImmediate ? GotAccess.immediate : GotAccess.slot
}

/** What the slot of a symbol is known by: the global symbol, or the object and its local one. */
export function slotKey(input: InputObject, symbol: number): string {
  const global = input.globalOf(symbol)
  return global >= 0 ? `${global}` : `${input.index}:${symbol}`
}

function requestSlot(link: LinkState, input: InputObject, symbol: number): void {
  link.got ??= new Got(link)
  link.got.request(slotKey(input, symbol), () => symbolValue(link, input, symbol))
}

function isIndirectFunction(link: LinkState, input: InputObject, objectSymbol: number): boolean {
  const symbol = input.globalOf(objectSymbol)
  if (symbol < 0) return input.object.symbolType(objectSymbol) === STT.GNU_IFUNC
  const defining = link.symbols.definingObject[symbol]
  return (
    defining >= 0 && link.objects[defining].object.symbolType(link.symbols.definingSymbol[symbol]) === STT.GNU_IFUNC
  )
}

function reportUnknownType(link: LinkState, input: InputObject, rela: number, relocation: number, type: number): void {
  link.diagnostics.error('relocation-type', `${relocationName(type)} cannot stand in a static object`, {
    notes: [`found at ${referencePlace(input, rela, relocation)}`],
  })
}

function reportOutside(link: LinkState, input: InputObject, rela: number, relocation: number, type: number): void {
  link.diagnostics.error('relocation-place', `the field of a ${relocationName(type)} lies outside its section`, {
    notes: [`found at ${referencePlace(input, rela, relocation)}`],
  })
}

function reportUnsupported(link: LinkState, input: InputObject, rela: number, relocation: number, what: string): void {
  const { object } = input
  const type = object.view.getUint32(object.relocationRecord(rela, relocation) + relocationRecord.type, true)
  link.diagnostics.error(
    'not-supported',
    `${relocationName(type)} is for ${what}: this version links programs without it`,
    {
      notes: [`needed at ${referencePlace(input, rela, relocation)}`],
      hint: 'compile with -ffreestanding and without libc, or link with the system linker',
    },
  )
}
