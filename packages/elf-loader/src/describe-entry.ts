// --maps and --stack: the process at its entry point, as the program finds it.

import { type Facts, type Mapping, mappingAccess, mappingText } from './facts.ts'
import { printable } from './show-calls.ts'

const digits = (value: bigint) => `0x${value.toString(16)}`

/** The memory of the process: a line for each mapping. */
export function describeMaps(facts: Facts): string {
  const rows = facts.maps.map((mapping) => [
    `${digits(mapping.start)}-${digits(mapping.end)}`,
    mappingAccess(mapping),
    sizeText(mapping),
    mapping.name.startsWith('/') ? `${mapping.name} + ${digits(mapping.offset)}` : mapping.name,
    mappingText(facts, mapping),
  ])
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map(([range, access, size, name, about]) =>
    `${range.padEnd(widths[0])}  ${access}  ${size.padStart(widths[2])}  ${name.padEnd(widths[3])}  ${about}`.trimEnd(),
  )
  return `${['memory at the entry point', ...lines].map(printable).join('\n')}\n`
}

function sizeText({ start, end }: Mapping): string {
  const kibibytes = (end - start) / 1024n
  return kibibytes < 10_240n ? `${kibibytes}K` : `${kibibytes / 1024n}M`
}

/** Types of auxv's entries, with what they are. Source: include/uapi/linux/auxvec.h, arch/x86/include/uapi/asm/auxvec.h. */
const auxvTypes: Readonly<Record<number, readonly [string, string]>> = {
  0: ['AT_NULL', 'the end of auxv'],
  2: ['AT_EXECFD', 'the file of the program'],
  3: ['AT_PHDR', 'its program headers in memory'],
  4: ['AT_PHENT', 'bytes of a program header'],
  5: ['AT_PHNUM', 'how many there are'],
  6: ['AT_PAGESZ', 'bytes of a page'],
  7: ['AT_BASE', 'where the interpreter lies'],
  8: ['AT_FLAGS', ''],
  9: ['AT_ENTRY', 'the entry point of the program'],
  11: ['AT_UID', 'the user'],
  12: ['AT_EUID', 'the user whose rights it has'],
  13: ['AT_GID', 'the group'],
  14: ['AT_EGID', 'the group whose rights it has'],
  15: ['AT_PLATFORM', 'the name of the processor'],
  16: ['AT_HWCAP', 'what the processor can do (CPUID)'],
  17: ['AT_CLKTCK', 'ticks a second of times()'],
  23: ['AT_SECURE', 'whether the environment is not to be trusted'],
  24: ['AT_BASE_PLATFORM', ''],
  25: ['AT_RANDOM', '16 random bytes'],
  26: ['AT_HWCAP2', 'what else the processor can do'],
  27: ['AT_RSEQ_FEATURE_SIZE', 'bytes of struct rseq'],
  28: ['AT_RSEQ_ALIGN', 'its alignment'],
  29: ['AT_HWCAP3', ''],
  30: ['AT_HWCAP4', ''],
  31: ['AT_EXECFN', 'the path by which it was started'],
  33: ['AT_SYSINFO_EHDR', 'the vdso'],
  51: ['AT_MINSIGSTKSZ', 'the least stack for a signal'],
}

/** Types whose value is the address of a text. */
const textTypes = [15, 24, 31]
const randomType = 25
const randomSize = 16

/** The stack at the entry point: argc, argv, envp and auxv word by word, then the texts that they point to. */
export function describeStack({ stack: { address, bytes } }: Facts): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const lines = [`the stack at the entry point: rsp is ${digits(address)}`]
  let at = 0
  const word = () => (at + 8 <= bytes.length ? view.getBigUint64(at, true) : 0n)
  const line = (about: string) => {
    lines.push(`${digits(address + BigInt(at))}  ${digits(word()).padEnd(18)}  ${about}`.trimEnd())
    at += 8
  }
  const textAt = (pointer: bigint) => {
    const offset = Number(pointer - address)
    if (offset < 0 || offset >= bytes.length) return '(outside the stack)'
    const end = bytes.indexOf(0, offset)
    return JSON.stringify(new TextDecoder().decode(bytes.subarray(offset, end < 0 ? bytes.length : end)))
  }
  line('argc: the number of arguments')
  for (const name of ['argv', 'envp']) {
    for (let i = 0; word() !== 0n; i++) line(`${name}[${i}] → ${textAt(word())}`)
    line(`the end of ${name}`)
  }
  let random = 0n
  for (let type = -1; type !== 0 && at + 16 <= bytes.length; ) {
    type = Number(word())
    const [name, about] = auxvTypes[type] ?? [`type ${type}`, '']
    line(name)
    if (type === randomType) random = word()
    line(textTypes.includes(type) ? `  ${about} → ${textAt(word())}` : `  ${about}`)
  }
  lines.push(...texts(address, bytes, at, random))
  return `${lines.map(printable).join('\n')}\n`
}

/** What lies above auxv: zeros, AT_RANDOM's bytes, and the texts. */
function texts(address: bigint, bytes: Uint8Array, start: number, random: bigint): string[] {
  const lines: string[] = []
  const randomStart = Number(random - address)
  for (let at = start; at < bytes.length; ) {
    const place = digits(address + BigInt(at))
    if (at === randomStart) {
      const values = Array.from(bytes.subarray(at, at + randomSize), (byte) => byte.toString(16).padStart(2, '0'))
      lines.push(`${place}  ${values.join(' ')}  random bytes`)
      at += randomSize
    } else if (bytes[at] === 0) {
      let end = at
      while (end < bytes.length && bytes[end] === 0 && end !== randomStart) end++
      lines.push(`${place}  ${end - at} zero bytes`)
      at = end
    } else {
      let end = bytes.indexOf(0, at)
      if (end < 0) end = bytes.length
      lines.push(`${place}  ${JSON.stringify(new TextDecoder().decode(bytes.subarray(at, end)))}`)
      at = end + 1
    }
  }
  return lines
}
