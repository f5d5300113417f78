// --fault: why the processor ended a program, in words.

import type { FileSystem } from '@fle/diagnostics'
import { type Facts, type Mapping, mappingAccess, mappingAt, mappingText } from './facts.ts'
import { placeOf } from './program-symbols.ts'
import { printable } from './show-calls.ts'

/** Turns an instruction into text, as a disassembler does; undefined where it cannot. */
export type Disassemble = (code: Uint8Array, address: bigint) => string | undefined

const SIG = { ILL: 4, TRAP: 5, BUS: 7, FPE: 8, SEGV: 11 } as const
/** si_code of SIGSEGV and SIGBUS. Source: include/uapi/asm-generic/siginfo.h. */
const SEGV = { MAPERR: 1, ACCERR: 2 } as const
const SI_KERNEL = 128
const BUS_ADRERR = 2
/** Below it lie the fields of an object at address 0. */
const nullPage = 65536n
/** Below a stack that has used up its room. */
const guardSize = 1n << 20n

const signalNames: Readonly<Record<number, string>> = {
  [SIG.ILL]: 'SIGILL',
  [SIG.TRAP]: 'SIGTRAP',
  [SIG.BUS]: 'SIGBUS',
  [SIG.FPE]: 'SIGFPE',
  [SIG.SEGV]: 'SIGSEGV',
}

const digits = (value: bigint) => `0x${value.toString(16)}`

/** Explains a fault: what happened, by which instruction, in which function, and what lies where. */
export function describeFault(facts: Facts, files: FileSystem, tool: string, disassemble: Disassemble): string {
  const { program, signal } = facts
  const { what, hint } = cause(facts)
  const lines = [`${tool}: error: ${program}: ${signalNames[signal] ?? `signal ${signal}`}: ${what}`]
  lines.push(...instructionLines(facts, disassemble))
  lines.push(...placeLines(facts, files))
  lines.push(...registerLines(facts))
  if (hint) lines.push(`>>> hint: ${hint}`)
  return `${lines.map(printable).join('\n')}\n`
}

function instructionLines({ instruction: { address, bytes } }: Facts, disassemble: Disassemble): string[] {
  if (bytes.length === 0) return []
  const codes = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
  return [`>>> by the instruction at ${digits(address)}: ${disassemble(bytes, address) ?? `bytes ${codes} …`}`]
}

/** Where in the program that was; if it had left its code, from where: a call has left the address on the stack. */
function placeLines(facts: Facts, files: FileSystem): string[] {
  const { registers, stack, program } = facts
  const here = mappingAt(facts, registers.rip)
  const isCode = here?.access.includes('x') ?? false
  const view = new DataView(stack.bytes.buffer, stack.bytes.byteOffset, stack.bytes.length)
  const address = isCode ? registers.rip : view.byteLength < 8 ? 0n : view.getBigUint64(0, true)
  const mapping = mappingAt(facts, address)
  if (!mapping?.access.includes('x')) return []
  // Behind a call that ends a function lies the next one.
  const place = placeOf(isCode ? address : address - 1n, mapping, program, files)
  const file = mapping.name || program
  const lines: string[] = []
  const offset = place ? place.offset + (isCode ? 0 : 1) : 0
  const at = place ? `${place.name}+${digits(BigInt(offset))}` : digits(address)
  lines.push(`>>> ${isCode ? 'in' : 'called from'} ${at}, ${file}`)
  if (place?.line) lines.push(`>>> at ${place.line.file}:${place.line.line}`)
  if (isCode) lines.push(`>>> its code lies in ${rangeText(facts, mapping)}`)
  return lines
}

interface Cause {
  readonly what: string
  readonly hint?: string
}

function cause(facts: Facts): Cause {
  const { signal, code, address, registers } = facts
  switch (signal) {
    case SIG.SEGV:
      return code === SI_KERNEL ? generalProtection() : memoryFault(facts)
    case SIG.BUS:
      return code === BUS_ADRERR
        ? { what: `it touched ${digits(address)}, which is mapped from a file that ends before it` }
        : { what: `it touched ${digits(address)} in a way the processor does not allow` }
    case SIG.FPE:
      return code === 1
        ? { what: 'it divided an integer by zero, or the quotient does not fit', hint: 'look at the divisor' }
        : { what: 'a calculation failed' }
    case SIG.ILL:
      return {
        what: 'the bytes that it came to are no instruction of this processor',
        hint: 'a jump into data, a function without return, or __builtin_unreachable(); ud2 stands where the compiler saw undefined behaviour',
      }
    default:
      return { what: `it came to a breakpoint before ${digits(registers.rip)}, and no debugger is there` }
  }
}

function generalProtection(): Cause {
  return {
    what: 'it used an address that no program can have, or an instruction for the kernel, or data not aligned to 16 bytes',
    hint: 'look at the registers of the instruction: a pointer that was overwritten or never set',
  }
}

function memoryFault(facts: Facts): Cause {
  const { code, address, registers } = facts
  const { rip, rsp } = registers
  const isJump = address === rip
  const did = isJump ? 'it jumped to' : 'it touched'
  const mapping = mappingAt(facts, address)
  if (code === SEGV.ACCERR && mapping) {
    const denied = isJump
      ? 'which must not be executed'
      : mapping.access.startsWith('r')
        ? 'which must not be written'
        : 'which must not be accessed'
    return {
      what: `${did} ${digits(address)}, ${denied}: ${rangeText(facts, mapping)}`,
      ...deniedHint(isJump, mapping),
    }
  }
  const what = `${did} ${digits(address)}, where no memory is mapped`
  if (address < nullPage)
    return { what, hint: isJump ? 'a null function pointer was called' : 'a null pointer was followed' }
  const stack = facts.maps.find(({ name }) => name === '[stack]')
  if (stack && address < stack.start && address + guardSize >= rsp && rsp < stack.start + guardSize)
    return { what, hint: 'the stack is used up: a recursion without end, or a very large local variable' }
  return { what: `${what}${neighbours(facts)}` }
}

function deniedHint(isJump: boolean, mapping: Mapping): { hint?: string } {
  if (isJump) return { hint: 'data was called as code: was the section linked without X?' }
  if (mapping.access.startsWith('r-x')) return { hint: 'this is code; a program may not change it' }
  if (mapping.access.startsWith('r--')) return { hint: 'constants and string literals lie in memory that is read only' }
  return {}
}

/** Between which mappings an address lies that has none. */
function neighbours({ maps, address }: Facts): string {
  const before = maps.filter(({ end }) => end <= address).at(-1)
  if (!before) return ''
  const distance = address - before.end
  return distance < guardSize ? `, ${distance + 1n} bytes behind ${before.name || 'memory of no file'}` : ''
}

function rangeText(facts: Facts, mapping: Mapping): string {
  const name = mapping.name || mappingText(facts, mapping)
  return `${digits(mapping.start)}-${digits(mapping.end)} ${mappingAccess(mapping)} (${name})`
}

function registerLines({ registers }: Facts): string[] {
  const cells = Object.entries(registers).map(([name, value]) => `${name.padEnd(3)} ${digits(value).padEnd(18)}`)
  const rows: string[] = []
  for (let i = 0; i < cells.length; i += 4) rows.push(`>>> ${cells.slice(i, i + 4).join('  ')}`.trimEnd())
  return rows
}
