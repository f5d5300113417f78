import type { Assembly } from './assembly.ts'
import {
  type CallFrame,
  DW_CFA,
  dataAlignment,
  dwarfRegister,
  CallFrame as Frame,
  frameOperation,
} from './call-frame.ts'
import { CharacterClass, characterClass } from './characters.ts'
import type { Directive } from './directives.ts'

/** A directive that adds to the open procedure. */
function inFrame(change: (assembly: Assembly, frame: CallFrame) => void): Directive {
  return (assembly, name) => {
    const { openFrame } = assembly.current
    if (openFrame) change(assembly, openFrame)
    else assembly.error('bad-directive', `${name} outside of .cfi_startproc and .cfi_endproc`)
  }
}

/** A register of DWARF: `%rbx`, or its number. */
function parseRegister(assembly: Assembly): number | undefined {
  const { cursor } = assembly
  const code = cursor.peek()
  if (characterClass[code] & CharacterClass.digit) return assembly.integer('the number of a register', 0, 255)
  const start = cursor.position
  if (code === 37) cursor.position++
  const from = cursor.position
  while (/[\w.()]/.test(cursor.text[cursor.position])) cursor.position++
  const name = cursor.text.substring(from, cursor.position).toLowerCase()
  const register = dwarfRegister(name)
  if (register !== undefined) return register
  cursor.position = start
  return assembly.error('bad-register', `'${name}' is not a register that unwinding knows`)
}

function parseOffset(assembly: Assembly): number | undefined {
  return assembly.integer('the offset', -(2 ** 31), 2 ** 31 - 1)
}

export const startProcedure: Directive = (assembly) => {
  if (assembly.current.openFrame) {
    assembly.error('bad-directive', 'the procedure before this one has no .cfi_endproc')
    return
  }
  const isSimple = assembly.cursor.name() === 'simple'
  const frame = new Frame(assembly.here(), isSimple, assembly.frameSections, assembly.sources.place)
  assembly.current.openFrame = frame
  assembly.frames.push(frame)
}

export const endProcedure = inFrame((assembly, frame) => {
  frame.end = assembly.here()
  assembly.current.openFrame = undefined
})

function scaled(assembly: Assembly, offset: number): number | undefined {
  if (offset % dataAlignment === 0) return offset / dataAlignment + 0
  return assembly.error('bad-offset', `the offset ${offset} is not a multiple of 8`)
}

function setCfaOffset(assembly: Assembly, frame: CallFrame, offset: number): void {
  frame.cfaOffset = offset
  if (offset >= 0) {
    frame.add(assembly.current, frameOperation(DW_CFA.def_cfa_offset, [offset]))
    return
  }
  const factored = scaled(assembly, offset)
  if (factored !== undefined) frame.add(assembly.current, frameOperation(DW_CFA.def_cfa_offset_sf, [factored], true))
}

export const defineCfa = inFrame((assembly, frame) => {
  const register = parseRegister(assembly)
  if (register === undefined || !assembly.cursor.takeComma()) return
  const offset = parseOffset(assembly)
  if (offset === undefined) return
  frame.cfaOffset = offset
  if (offset >= 0) {
    frame.add(assembly.current, frameOperation(DW_CFA.def_cfa, [register, offset]))
    return
  }
  const factored = scaled(assembly, offset)
  if (factored !== undefined) frame.add(assembly.current, frameOperation(DW_CFA.def_cfa_sf, [register, factored], true))
})

export const defineCfaOffset = inFrame((assembly, frame) => {
  const offset = parseOffset(assembly)
  if (offset !== undefined) setCfaOffset(assembly, frame, offset)
})

export const adjustCfaOffset = inFrame((assembly, frame) => {
  const offset = parseOffset(assembly)
  if (offset !== undefined) setCfaOffset(assembly, frame, frame.cfaOffset + offset)
})

export const defineCfaRegister = inFrame((assembly, frame) => {
  const register = parseRegister(assembly)
  if (register !== undefined) frame.add(assembly.current, frameOperation(DW_CFA.def_cfa_register, [register]))
})

function addOffset(assembly: Assembly, frame: CallFrame, register: number, offset: number, isValue: boolean): void {
  const factored = scaled(assembly, offset)
  if (factored === undefined) return
  let bytes: Uint8Array
  if (isValue)
    bytes = frameOperation(factored < 0 ? DW_CFA.val_offset_sf : DW_CFA.val_offset, [register, factored], factored < 0)
  else if (factored < 0) bytes = frameOperation(DW_CFA.offset_extended_sf, [register, factored], true)
  else if (register < 0x40) bytes = frameOperation(DW_CFA.offset | register, [factored])
  else bytes = frameOperation(DW_CFA.offset_extended, [register, factored])
  frame.add(assembly.current, bytes)
}

/** `.cfi_offset REGISTER, OFFSET`, `.cfi_val_offset`; with `isRelative` the offset counts from the stack pointer's place. */
export function registerOffset(isRelative: boolean, isValue: boolean): Directive {
  return inFrame((assembly, frame) => {
    const register = parseRegister(assembly)
    if (register === undefined || !assembly.cursor.takeComma()) return
    const offset = parseOffset(assembly)
    if (offset === undefined) return
    addOffset(assembly, frame, register, isRelative ? offset - frame.cfaOffset : offset, isValue)
  })
}

/** Directives that name registers and nothing else: each gives an operation. */
function forRegisters(operation: (register: number) => Uint8Array): Directive {
  return inFrame((assembly, frame) => {
    do {
      const register = parseRegister(assembly)
      if (register === undefined) return
      frame.add(assembly.current, operation(register))
    } while (assembly.cursor.takeComma())
  })
}

export const restoreRegister = forRegisters((register) =>
  register < 0x40 ? frameOperation(DW_CFA.restore | register) : frameOperation(DW_CFA.restore_extended, [register]),
)

export const undefinedRegister = forRegisters((register) => frameOperation(DW_CFA.undefined, [register]))

export const sameValue = forRegisters((register) => frameOperation(DW_CFA.same_value, [register]))

export const copyRegister = inFrame((assembly, frame) => {
  const register = parseRegister(assembly)
  if (register === undefined || !assembly.cursor.takeComma()) return
  const source = parseRegister(assembly)
  if (source !== undefined) frame.add(assembly.current, frameOperation(DW_CFA.register, [register, source]))
})

/** How many states may be remembered at once. */
const deepestMemory = 10_000

export const rememberState = inFrame((assembly, frame) => {
  if (frame.rememberedOffsets.length >= deepestMemory) {
    assembly.error('too-deep', `more than ${deepestMemory} states are remembered`)
    return
  }
  frame.rememberedOffsets.push(frame.cfaOffset)
  frame.add(assembly.current, frameOperation(DW_CFA.remember_state), true)
})

export const restoreState = inFrame((assembly, frame) => {
  const offset = frame.rememberedOffsets.pop()
  if (offset === undefined) {
    assembly.error('bad-directive', '.cfi_restore_state without .cfi_remember_state')
    return
  }
  frame.cfaOffset = offset
  frame.add(assembly.current, frameOperation(DW_CFA.restore_state), true)
})

/** `.cfi_escape BYTES` */
export const escapeBytes = inFrame((assembly, frame) => {
  const bytes: number[] = []
  do {
    const value = assembly.integer('a byte', -128, 255)
    if (value === undefined) return
    bytes.push(value & 0xff)
  } while (assembly.cursor.takeComma())
  frame.add(assembly.current, Uint8Array.from(bytes), true)
})

export const signalFrame = inFrame((_, frame) => {
  frame.isSignal = true
})

export const setReturnColumn = inFrame((assembly, frame) => {
  const register = parseRegister(assembly)
  if (register !== undefined) frame.returnColumn = register
})

export const windowSave = inFrame((assembly, frame) => {
  frame.add(assembly.current, frameOperation(DW_CFA.GNU_window_save))
})

/** `.cfi_label NAME`: the name is a label in .eh_frame, where the next operation stands. */
export const label = inFrame((assembly, frame) => {
  const name = assembly.cursor.name()
  if (name === '') {
    assembly.error('bad-directive', 'the name of a label is expected here')
    return
  }
  frame.add(assembly.current, new Uint8Array(0), true, { label: name })
})

/** `.cfi_val_encoded_addr REGISTER, ENCODING, EXPRESSION`: the register has that address as its value. */
export const valueOfEncodedAddress = inFrame((assembly, frame) => {
  const register = parseRegister(assembly)
  if (register === undefined || !assembly.cursor.takeComma()) return
  const encoding = assembly.integer('the encoding', 0, 255)
  if (encoding === undefined || !assembly.cursor.takeComma()) return
  const expression = assembly.expression()
  if (!expression) return
  if (encodedSize(encoding) === 0) {
    assembly.error('bad-encoding', `a pointer cannot be encoded as ${encoding}`)
    return
  }
  frame.add(assembly.current, Uint8Array.of(DW_CFA.val_expression, register), true, {
    address: { encoding, expression },
  })
})

/** `.cfi_personality ENCODING, EXPRESSION` and `.cfi_lsda`; the encoding 0xff takes it back. */
export function framePointer(field: 'personality' | 'languageData'): Directive {
  return inFrame((assembly, frame) => {
    const encoding = assembly.integer('the encoding', 0, 255)
    if (encoding === undefined) return
    if (encoding === 0xff) {
      frame[field] = undefined
      return
    }
    if (encodedSize(encoding) === 0) {
      assembly.error('bad-encoding', `a pointer cannot be encoded as ${encoding}`)
      return
    }
    if (!assembly.cursor.takeComma()) return
    const expression = assembly.expression()
    if (expression) frame[field] = { encoding, expression }
  })
}

/** Bytes of a pointer in an encoding (LSB, "DWARF Exception Header Encoding"); 0 for encodings that have no size. */
export function encodedSize(encoding: number): number {
  const sizes: Readonly<Record<number, number>> = { 0: 8, 2: 2, 3: 4, 4: 8, 8: 8, 10: 2, 11: 4, 12: 8 }
  return sizes[encoding & 0x0f] ?? 0
}

/** `.cfi_sections .eh_frame, .debug_frame` */
export const frameSections: Directive = (assembly) => {
  const { cursor } = assembly
  const sections = { ehFrame: false, debugFrame: false }
  do {
    const name = cursor.word()
    if (name === '.eh_frame') sections.ehFrame = true
    else if (name === '.debug_frame') sections.debugFrame = true
  } while (cursor.takeComma())
  assembly.frameSections = sections
}
