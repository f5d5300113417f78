// The executable that the kernel is given, in one segment: a page with an ELF header and the stub's code, and the plan.

import { EM_X86_64, ET, fileHeader, PF, PT, programHeader } from '@fle/elf'
import { writeWord } from '@fle/object'
import { extent, type Image, type LoadPlan, pageAlign, pageSize, pageStart, Refusal } from './load-plan.ts'
import type { Machine } from './machine.ts'
import { planWords, type StepsOptions } from './plan-words.ts'
import type { PlanWriter } from './plan-writer.ts'

/** Where the code begins in the file: behind the ELF header and one program header. */
const codeOffset = fileHeader.size + programHeader.size + 8
/** Memory for the tables of the old stack: execve allows 6 MiB of arguments and environment at most. */
const scratchSize = 8 << 20
const workStackSize = 64 << 10
/** Room below the image for the vdso. */
const refugeSize = 1 << 20

/** Where the plan begins in an image: behind the page of the headers and the code, for which native/build.mjs links it. */
export const planOffset = pageSize

/** Addresses for the stub: below the area of mmap in either layout, above where programs usually lie. */
const candidates = Array.from({ length: 10 }, (_, i) => 0x2000_0000_0000 + i * 0x100_0000_0000)

/** The steps that load a program, and the address of the memory, free of the program's, that the stub may use. */
export function stubSteps(
  plan: LoadPlan,
  machine: Machine,
  options: StepsOptions,
): { writer: PlanWriter; start: number } | Refusal {
  const needed = refugeSize + 2 * copiedSize(plan.image) + 2 * scratchSize
  const start = candidates.find((address) => isClear(plan, address, address + needed))
  if (start === undefined)
    // So much memory is only asked for by zeros that no machine has: the kernel would find out too late.
    return new Refusal('SIGSEGV', plan.program, 'it asks for so much memory that the loader finds no room beside it')
  return { writer: planWords(plan, machine, start, options), start }
}

/** Builds the executable that, run with a program's arguments, becomes the program. `code` is the stub's. */
export function stubImage(
  plan: LoadPlan,
  machine: Machine,
  code: Uint8Array,
  options: StepsOptions = { tool: 'elf-loader' },
): Uint8Array | Refusal {
  const steps = stubSteps(plan, machine, options)
  if (steps instanceof Refusal) return steps
  const { writer, start } = steps
  const base = start + refugeSize
  const fileSize = planOffset + writer.size
  const distance = pageAlign(fileSize)
  // Behind the file: the copy of it, scratch memory, the stub's own stack, which begins at the end.
  const scratch = base + distance + distance
  const end = scratch + scratchSize + workStackSize
  const copySize = fileSize - codeOffset
  const words = writer.finish({ copySize, copyDistance: distance, workStack: end, scratch })
  const image = new Uint8Array(fileSize)
  writeHeaders(new DataView(image.buffer), base, fileSize, end - base)
  image.set(code, codeOffset)
  image.set(words, planOffset)
  return image
}

/** Bytes of an image that the plan carries, with more than enough for the plan itself. */
function copiedSize({ segments }: Image): number {
  return segments.reduce((sum, { content }) => sum + (content instanceof Uint8Array ? content.length : 0), 1 << 20)
}

/** Whether all that has a fixed address stays clear of a range. An interpreter is first mapped in one piece. */
function isClear({ image, interpreter }: LoadPlan, start: number, end: number): boolean {
  const avoids = (address: number, size: number) => pageAlign(address + size) <= start || end <= pageStart(address)
  if (image.placement === 'fixed' && !image.segments.every(({ address, size }) => avoids(address, size))) return false
  if (interpreter?.placement !== 'fixed') return true
  const range = extent(interpreter)
  return avoids(range.start, range.size)
}

function writeHeaders(view: DataView, base: number, fileSize: number, memorySize: number): void {
  view.setUint32(0, 0x7f454c46)
  view.setUint32(4, 0x02010100) // 64 bits, little-endian, version 1, System V
  view.setUint16(fileHeader.type, ET.EXEC, true)
  view.setUint16(fileHeader.machine, EM_X86_64, true)
  view.setUint32(fileHeader.version, 1, true)
  writeWord(view, fileHeader.entry, base + codeOffset)
  writeWord(view, fileHeader.programHeaders, fileHeader.size)
  view.setUint16(fileHeader.headerSize, fileHeader.size, true)
  view.setUint16(fileHeader.programHeaderSize, programHeader.size, true)
  view.setUint16(fileHeader.programHeaderCount, 1, true)
  const segment = fileHeader.size
  view.setUint32(segment, PT.LOAD, true)
  // Not writable: what is written is the copy, in the zeros behind the file, which the kernel always makes writable.
  view.setUint32(segment + programHeader.flags, PF.R | PF.X, true)
  writeWord(view, segment + programHeader.virtualAddress, base)
  writeWord(view, segment + programHeader.fileSize, fileSize)
  writeWord(view, segment + programHeader.memorySize, memorySize)
  writeWord(view, segment + programHeader.alignment, pageSize)
}
