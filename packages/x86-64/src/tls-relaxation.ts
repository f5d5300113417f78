// Access to thread-local variables turned into the local-exec model, which a static program can always use: an offset
// from the thread pointer (psABI, "Thread-Local Storage"; Drepper, "ELF Handling For Thread-Local Storage", 5.5).
// Offsets are those of the relocated field in the section's bytes. The field that a rewritten instruction has is of
// 32 bits and takes the offset from the thread pointer.

/** Whether the instruction before a GOTTPOFF field is one that can be rewritten: `mov` or `add` from memory. */
export function canRelaxInitialExec(bytes: Uint8Array, field: number): boolean {
  if (field < 3) return false
  const opcode = bytes[field - 2]
  return (opcode === 0x8b || opcode === 0x03) && (bytes[field - 1] & 0xc7) === 0x05
}

/**
 * `mov x@gottpoff(%rip), %reg` -> `mov $x@tpoff, %reg`; `add` -> `lea x@tpoff(%reg), %reg`, or `add $x@tpoff, %reg` for
 * %rsp and %r12, which `lea` would need a longer form for. The field stays where it is.
 */
export function relaxInitialExec(bytes: Uint8Array, field: number): void {
  const register = (bytes[field - 1] >> 3) & 7
  const rex = bytes[field - 3]
  const isMove = bytes[field - 2] === 0x8b
  if (isMove || register === 4) {
    bytes[field - 2] = isMove ? 0xc7 : 0x81
    bytes[field - 1] = 0xc0 | register
    // The register moves from ModRM.reg to ModRM.rm: its fourth bit from REX.R to REX.B.
    bytes[field - 3] = (rex & ~0x05) | ((rex & 0x04) >> 2)
  } else {
    bytes[field - 2] = 0x8d
    bytes[field - 1] = 0x80 | (register << 3) | register
    bytes[field - 3] = rex | ((rex & 0x04) >> 2)
  }
}

/** A code sequence that calls `__tls_get_addr`, and what replaces it. */
interface CallSequence {
  /** The bytes before the field, behind it, and behind the call's own field. */
  readonly before: readonly number[]
  readonly behind: readonly number[]
  readonly callField: number
  readonly last: readonly number[]
  readonly replacement: readonly number[]
  /** Where in the replacement the new field stands; -1 if it has none. */
  readonly newField: number
}

const loadThreadPointer = [0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0] // mov %fs:0, %rax
const addOffset = [0x48, 0x8d, 0x80, 0, 0, 0, 0] // lea x@tpoff(%rax), %rax

/** `add %reg, %rax`, of the registers that may hold the GOT's address in the large code model. */
const gotBases = [
  [0x48, 0x01, 0xd8], // %rbx
  [0x4c, 0x01, 0xf8], // %r15
]

const generalDynamic: readonly CallSequence[] = [
  {
    // data16 lea x@tlsgd(%rip), %rdi; data16 data16 rex.W call __tls_get_addr@plt
    before: [0x66, 0x48, 0x8d, 0x3d],
    behind: [0x66, 0x66, 0x48, 0xe8],
    callField: 4,
    last: [],
    replacement: [...loadThreadPointer, ...addOffset],
    newField: 12,
  },
  {
    // data16 lea x@tlsgd(%rip), %rdi; data16 rex.W call *__tls_get_addr@GOTPCREL(%rip)
    before: [0x66, 0x48, 0x8d, 0x3d],
    behind: [0x66, 0x48, 0xff, 0x15],
    callField: 4,
    last: [],
    replacement: [...loadThreadPointer, ...addOffset],
    newField: 12,
  },
  ...gotBases.map((addBase) => ({
    // lea x@tlsgd(%rip), %rdi; movabs $__tls_get_addr@pltoff, %rax; add %rbx or %r15, %rax; call *%rax
    before: [0x48, 0x8d, 0x3d],
    behind: [0x48, 0xb8],
    callField: 8,
    last: [...addBase, 0xff, 0xd0],
    replacement: [...loadThreadPointer, ...addOffset, 0x66, 0x0f, 0x1f, 0x44, 0, 0],
    newField: 12,
  })),
]

const localDynamic: readonly CallSequence[] = [
  {
    // lea x@tlsld(%rip), %rdi; call __tls_get_addr@plt
    before: [0x48, 0x8d, 0x3d],
    behind: [0xe8],
    callField: 4,
    last: [],
    replacement: [0x66, 0x66, 0x66, ...loadThreadPointer],
    newField: -1,
  },
  {
    // lea x@tlsld(%rip), %rdi; call *__tls_get_addr@GOTPCREL(%rip)
    before: [0x48, 0x8d, 0x3d],
    behind: [0xff, 0x15],
    callField: 4,
    last: [],
    replacement: [0x66, 0x66, 0x66, 0x66, ...loadThreadPointer],
    newField: -1,
  },
  ...gotBases.map((addBase) => ({
    // lea x@tlsld(%rip), %rdi; movabs $__tls_get_addr@pltoff, %rax; add %rbx or %r15, %rax; call *%rax
    before: [0x48, 0x8d, 0x3d],
    behind: [0x48, 0xb8],
    callField: 8,
    last: [...addBase, 0xff, 0xd0],
    replacement: [0x66, 0x66, 0x66, ...loadThreadPointer, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
    newField: -1,
  })),
]

/** The sequence around a TLSGD or TLSLD field, undefined if it is none that the psABI allows. */
function findSequence(bytes: Uint8Array, field: number, sequences: readonly CallSequence[]): CallSequence | undefined {
  const matches = (offset: number, pattern: readonly number[]) => pattern.every((byte, i) => bytes[offset + i] === byte)
  return sequences.find(({ before, behind, callField, last }) => {
    const afterField = field + 4
    const afterCall = afterField + behind.length + callField
    if (field < before.length || afterCall + last.length > bytes.length) return false
    return matches(field - before.length, before) && matches(afterField, behind) && matches(afterCall, last)
  })
}

/** Whether the code around a TLSGD field (or a TLSLD one) is one that can be rewritten. */
export function canRelaxDynamic(bytes: Uint8Array, field: number, isGeneral: boolean): boolean {
  return findSequence(bytes, field, isGeneral ? generalDynamic : localDynamic) !== undefined
}

/**
 * Rewrites the call of `__tls_get_addr` around a TLSGD or TLSLD field, which {@link canRelaxDynamic} has found. The
 * relocation of the call goes with it. Returns the offset of the new field, -1 for TLSLD, which has none.
 */
export function relaxDynamic(bytes: Uint8Array, field: number, isGeneral: boolean): number {
  const sequence = findSequence(bytes, field, isGeneral ? generalDynamic : localDynamic)
  if (!sequence) return -1
  const start = field - sequence.before.length
  bytes.set(sequence.replacement, start)
  return sequence.newField < 0 ? -1 : start + sequence.newField
}

/** Whether the instruction of a GOTPC32_TLSDESC field is `lea x@tlsdesc(%rip), %reg`. */
export function canRelaxDescriptor(bytes: Uint8Array, field: number): boolean {
  return field >= 3 && bytes[field - 2] === 0x8d && (bytes[field - 1] & 0xc7) === 0x05
}

/** `lea x@tlsdesc(%rip), %reg` -> `mov $x@tpoff, %reg`. The field stays where it is. */
export function relaxDescriptor(bytes: Uint8Array, field: number): void {
  const rex = bytes[field - 3]
  bytes[field - 2] = 0xc7
  bytes[field - 1] = 0xc0 | ((bytes[field - 1] >> 3) & 7)
  bytes[field - 3] = (rex & ~0x05) | ((rex & 0x04) >> 2)
}

/** `call *x@tlscall(%rax)` -> `xchg %ax, %ax`: the offset is in %rax already. */
export function relaxDescriptorCall(bytes: Uint8Array, place: number): void {
  if (bytes[place] === 0xff && bytes[place + 1] === 0x10) bytes.set([0x66, 0x90], place)
}
