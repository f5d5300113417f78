// What the native supervisor finds out about a program that stands still (native/observe.c).

/** A line of /proc/PID/maps. */
export interface Mapping {
  readonly start: bigint
  readonly end: bigint
  /** As /proc says them, e.g. `r-xp`. */
  readonly access: string
  readonly offset: bigint
  /** A path, a name in brackets, or empty. */
  readonly name: string
}

/** Memory from an address on. */
interface Memory {
  readonly address: bigint
  readonly bytes: Uint8Array
}

export interface Facts {
  /** The path by which the program was started. */
  readonly program: string
  /** What is to be told. */
  readonly shows: readonly string[]
  readonly maps: readonly Mapping[]
  readonly registers: Readonly<Record<string, bigint>>
  /** The signal's number, its si_code and si_addr; 0 at the entry. */
  readonly signal: number
  readonly code: number
  readonly address: bigint
  /** Memory at rip. */
  readonly instruction: Memory
  /** The stack from rsp on: all of it at the entry, a word at a signal. */
  readonly stack: Memory
}

/** Reads the supervisor's JSON. Throws where it is none: it is a message between two parts of one program. */
export function readFacts(text: string): Facts {
  const { program, shows, maps, registers, signal, code, address, instruction, stack } = JSON.parse(text)
  const words = Object.entries(registers).map(([name, value]) => [name, BigInt(String(value))] as const)
  return {
    program: decode(program),
    shows: shows.map(String),
    maps: maps.map((line: unknown) => readMapping(decode(line))),
    registers: Object.fromEntries(words),
    signal: Number(signal),
    code: Number(code),
    address: BigInt(address),
    instruction: readMemory(instruction),
    stack: readMemory(stack),
  }
}

/** The supervisor writes bytes as characters. */
function decode(text: unknown): string {
  return new TextDecoder().decode(Uint8Array.from(String(text), (c) => c.charCodeAt(0)))
}

function readMemory({ address, bytes }: { address: string; bytes: string }): Memory {
  return { address: BigInt(address), bytes: readBytes(bytes) }
}

function readBytes(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

function readMapping(line: string): Mapping {
  const [range, access, offset] = line.split(' ', 3)
  const [start, end] = range.split('-').map((digits) => BigInt(`0x${digits}`))
  const name = /^(?:\S+\s+){5}(.*)$/.exec(line)?.[1] ?? ''
  return { start, end, access, offset: BigInt(`0x${offset}`), name }
}

/** The mapping that an address lies in. */
export function mappingAt({ maps }: Facts, address: bigint): Mapping | undefined {
  return maps.find(({ start, end }) => start <= address && address < end)
}

/** What a mapping is, in words; empty where its name says it. */
export function mappingText(facts: Facts, mapping: Mapping): string {
  const { name } = mapping
  const known = mappingNames[name]
  if (known) return known
  if (name !== '') return ''
  const index = facts.maps.indexOf(mapping)
  const before = facts.maps[index - 1]
  if (before?.end === mapping.start && before.name.startsWith('/')) return `zeros behind ${before.name}`
  const { rip } = facts.registers
  if (mapping.start <= rip && rip < mapping.end) return 'where it starts'
  return 'memory of no file'
}

const mappingNames: Readonly<Record<string, string>> = {
  '[heap]': 'what brk() gives',
  '[stack]': 'arguments, environment, auxv; grows down',
  '[vdso]': 'code of the kernel that a program may call',
  '[vvar]': 'data of that code',
  '[vvar_vclock]': 'data of that code',
  '[vsyscall]': 'calls of old programs',
}

/** Permissions as people know them: `R-X`. */
export function mappingAccess({ access }: Mapping): string {
  return access.slice(0, 3).toUpperCase()
}
