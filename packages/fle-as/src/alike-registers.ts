// Registers that stand for one another: what takes one of a group takes all of it, and encodes them alike but for the
// last three bits of their number. The groups of operands have not the accumulators and counters, which have short forms
// and shifts for themselves; those of addresses not the registers that need a SIB byte or a displacement as a base.
import { registersByName } from './encoder/registers.ts'
import type { Register } from './operand.ts'

const operandGroups: readonly string[] = [
  'rdx rbx rsp rbp rsi rdi',
  'r8 r9 r10 r11 r12 r13 r14 r15',
  'edx ebx esp ebp esi edi',
  'r8d r9d r10d r11d r12d r13d r14d r15d',
  'dl bl',
  'spl bpl sil dil',
  'r8b r9b r10b r11b r12b r13b r14b r15b',
  'xmm1 xmm2 xmm3 xmm4 xmm5 xmm6 xmm7',
  'xmm8 xmm9 xmm10 xmm11 xmm12 xmm13 xmm14 xmm15',
]
const addressGroups: readonly string[] = ['rax rcx rdx rbx rsi rdi', 'r8 r9 r10 r11 r14 r15']

/** A name is a number of 32 bits: at most five digits to this base, which are characters less another. */
const base = 76
const noDigit = 47
const longestName = 5
/** Slots of the table of names; at most a quarter of them are used. */
const slotCount = 256

const registers = 20 << 5
const groupInOperand = numberGroups(operandGroups, 1)
const groupInAddress = numberGroups(addressGroups, 1 + operandGroups.length)

function numberGroups(groups: readonly string[], first: number): Uint8Array {
  const numbers = new Uint8Array(registers)
  for (const [index, group] of groups.entries())
    for (const name of group.split(' ')) numbers[registersByName.get(name) ?? 0] = first + index
  return numbers
}

const slots = new Int32Array(slotCount)
const registerOfSlot = new Uint16Array(slotCount)
for (const group of [...operandGroups, ...addressGroups]) for (const name of group.split(' ')) placeName(name)

function placeName(name: string): void {
  const number = numberOf(name, 0, name.length)
  let slot = slotOf(number)
  while (slots[slot] !== 0 && slots[slot] !== number) slot = (slot + 1) % slotCount
  slots[slot] = number
  registerOfSlot[slot] = registersByName.get(name) ?? 0
}

/** A name that stands in a text as a number; 0 if it is none of a register. */
function numberOf(text: string, start: number, end: number): number {
  if (end - start > longestName) return 0
  let number = 0
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - noDigit
    if (digit <= 0 || digit >= base) return 0
    number = (Math.imul(number, base) + digit) | 0
  }
  return number
}

function slotOf(number: number): number {
  return Math.imul(number, 0x9e3779b1) >>> 24
}

/** The group of a register, as an operand or in an address, from 1 on; 0 if it is in none. */
export function groupOf(register: Register, isAddress: boolean): number {
  return isAddress ? groupInAddress[register] : groupInOperand[register]
}

/** The register of any group whose name stands in a text from `start` up to `end`; 0 if there is none. */
export function registerAt(text: string, start: number, end: number): Register {
  const number = numberOf(text, start, end)
  if (number === 0) return 0
  for (let slot = slotOf(number); slots[slot] !== 0; slot = (slot + 1) % slotCount)
    if (slots[slot] === number) return registerOfSlot[slot]
  return 0
}
