// Tells what kind of file the bytes are and, where that is not an x86-64 object, says so in words. Source: gABI,
// chapter "ELF Header"; machine numbers from the registry of the gABI.

import type { FileErrors } from './file-errors.ts'
import { EM_X86_64, ET, fileHeader, isElf } from './headers.ts'

const classOffset = 4
const dataOffset = 5
const class32 = 1
const class64 = 2
const littleEndian = 1
const bigEndian = 2

const compileFor64 = 'compile it with -m64'

const machines: Readonly<Record<number, string>> = {
  2: 'SPARC',
  3: 'i386',
  4: 'Motorola 68000',
  8: 'MIPS',
  20: 'PowerPC',
  21: 'PowerPC 64',
  22: 'IBM S/390',
  40: 'ARM',
  42: 'SuperH',
  43: 'SPARC V9',
  50: 'IA-64',
  62: 'x86-64',
  83: 'AVR',
  105: 'MSP430',
  183: 'AArch64 (64-bit ARM)',
  243: 'RISC-V',
  247: 'BPF',
  258: 'LoongArch',
}

/** The name of an `e_machine`, for messages. */
export function machineName(machine: number): string {
  return machines[machine] ?? `unknown (e_machine ${machine})`
}

/** Checks that the bytes are a 64-bit little-endian x86-64 file of the current version; reports what they are if not. */
export function checkIdentity(bytes: Uint8Array, view: DataView, errors: FileErrors): boolean {
  if (!isElf(bytes)) return refuseForeign(bytes, errors)
  if (bytes.length < fileHeader.size) {
    errors.add('truncated', `the file is cut short: an ELF header has 64 bytes, the file has ${bytes.length}`)
    return false
  }
  const data = bytes[dataOffset]
  if (data !== littleEndian && data !== bigEndian) {
    errors.add('malformed-elf', `the ELF header is damaged: byte order ${data} does not exist`)
    return false
  }
  const machine = view.getUint16(fileHeader.machine, data === littleEndian)
  if (machine !== EM_X86_64 || data === bigEndian) {
    const order = data === bigEndian ? ', big-endian' : ''
    const message = `the file is for another machine: ${machineName(machine)}${order}; expected x86-64`
    errors.add('wrong-machine', message, machine === 3 ? { hint: compileFor64 } : {})
    return false
  }
  if (bytes[classOffset] === class32) {
    errors.add('wrong-class', 'the file is 32-bit (the x32 ABI); expected 64-bit', { hint: compileFor64 })
    return false
  }
  if (bytes[classOffset] !== class64) {
    errors.add('malformed-elf', `the ELF header is damaged: class ${bytes[classOffset]} does not exist`)
    return false
  }
  const version = view.getUint32(fileHeader.version, true)
  if (version !== 1) {
    errors.add('malformed-elf', `the ELF header is damaged: version ${version} does not exist`)
    return false
  }
  return true
}

/** Checks that an ELF file is a relocatable object and no program, library or core dump. */
export function checkIsObject(view: DataView, errors: FileErrors): boolean {
  const type = view.getUint16(fileHeader.type, true)
  if (type === ET.REL) return true
  if (type === ET.EXEC) errors.add('not-an-object', 'this is an executable; expected an object (.o)')
  else if (type === ET.DYN) {
    const hint = 'static linking needs the archive (.a) of a library'
    errors.add(
      'not-an-object',
      'this is a shared library or a position-independent executable; expected an object (.o)',
      { hint },
    )
  } else if (type === ET.CORE) errors.add('not-an-object', 'this is a core dump; expected an object (.o)')
  else errors.add('not-an-object', `this ELF file is of an unknown type (e_type ${type}); expected an object (.o)`)
  return false
}

function refuseForeign(bytes: Uint8Array, errors: FileErrors): false {
  if (bytes.length === 0) errors.add('not-elf', 'the file is empty; expected an ELF object')
  else if (isBitcode(bytes)) {
    errors.add('lto-object', 'this is LLVM bitcode, not machine code', { hint: 'compile it without -flto' })
  } else errors.add('not-elf', 'this is not an ELF file')
  return false
}

/** Whether a file is LLVM's bitcode, as it is or wrapped (LLVM, "LLVM Bitcode File Format"). */
export function isBitcode(bytes: Uint8Array): boolean {
  const magic = bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  return magic === 0xdec04342 || magic === 0x0b17c0de
}
