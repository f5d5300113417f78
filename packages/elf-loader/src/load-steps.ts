// Steps that put images into memory: elf_load() and elf_map() of fs/binfmt_elf.c, and the same for FLE.

import { hexadecimal, subtractWords, type Word } from '@fle/object'
import {
  accessText,
  contentSize,
  extent,
  type Image,
  type LoadPlan,
  pageAlign,
  pageSize,
  pageStart,
  type Segment,
} from './load-plan.ts'
import type { Machine } from './machine.ts'
import { add, type Operand, operation, type PlanWriter, type StepOptions, systemCall, variable } from './plan-writer.ts'

/** Access to memory, as mmap and mprotect take it. */
export const PROT = { READ: 1, WRITE: 2, EXEC: 4, GROWSDOWN: 0x01000000 } as const
const MAP = { PRIVATE: 2, FIXED: 0x10, ANONYMOUS: 0x20, FIXED_NOREPLACE: 0x100000 } as const
const moveFixed = 3 // MREMAP_MAYMOVE | MREMAP_FIXED
const openForReading = 0x80000 // O_RDONLY | O_CLOEXEC
const noFile = -1

/** Where programs that have an interpreter go, and the heap of those that mmap places (ELF_ET_DYN_BASE). */
export const dynamicBase = 0x5555_5555_4aaa
/** By how many pages a program's base may be moved: 28 bits, CONFIG_ARCH_MMAP_RND_BITS. */
const baseRandomPages = 2 ** 28

/** An image with the place it gets: its addresses lie at `address + bias + (value of variable)`. */
export interface Placed {
  readonly image: Image
  readonly variable: number
  readonly bias: number
}

export interface LoadedImages {
  readonly program: Placed
  readonly interpreter: Placed | undefined
}

/** Where an address of an image lies in memory. */
export function located({ variable, bias }: Placed, address: number): Operand {
  return add(variable, address + bias)
}

/** Opens and loads a program and its interpreter. `refuge` is described at planWords(). */
export function loadSteps(plan: LoadPlan, machine: Machine, refuge: number, writer: PlanWriter): LoadedImages {
  const { image, interpreter } = plan
  writer.heading('files')
  openStep(image, variable.programFile, writer)
  if (interpreter) openStep(interpreter, variable.interpreterFile, writer)
  // The kernel maps what may lie anywhere before the vdso, so that it gets the highest place. The stub's vdso has it.
  const movesVdso = (image.placement === 'anywhere' && image.format === 'ELF') || interpreter?.placement === 'anywhere'
  writer.heading('the vdso makes room')
  if (movesVdso) vdsoSteps(machine, add(variable.none, refuge), writer)
  const program = place(image, variable.programBase)
  if (image.placement === 'program') drawBase(image, machine, writer)
  mapSteps(program, variable.programFile, writer)
  const loader = interpreter && place(interpreter, variable.interpreterBase)
  if (loader) mapSteps(loader, variable.interpreterFile, writer)
  if (movesVdso && machine.vdso.length > 0) {
    writer.heading('the vdso')
    const size = machine.vdso[0].before + machine.vdso[machine.vdso.length - 1].size
    const failure = 'cannot find a place for the vdso'
    const flags = MAP.PRIVATE | MAP.ANONYMOUS
    writer.step(systemCall.mmap, [0, size, PROT.READ, flags, noFile, 0], { result: variable.scratch, failure })
    vdsoSteps(machine, add(variable.scratch, 0), writer)
  }
  return { program, interpreter: loader }
}

function openStep({ path }: Image, result: number, writer: PlanWriter): void {
  writer.step(systemCall.open, [writer.text(path), openForReading], { result, failure: `cannot open ${path}` })
}

/** Moves the vdso with its data pages to an address, part by part. */
function vdsoSteps({ vdso }: Machine, to: Operand, writer: PlanWriter): void {
  if (vdso.length === 0) return
  const [lowest] = vdso
  for (const { before, size } of vdso) {
    const target = add(to.variable, Number(to.constant) + lowest.before - before)
    const source = add(variable.vdso, -before)
    // The code comes last: its new address is the variable's new value.
    const result = before === 0 ? variable.vdso : variable.none
    writer.step(systemCall.mremap, [source, size, size, moveFixed, target], { result, failure: 'cannot move the vdso' })
  }
}

/** The place of an image: it counts from the variable that takes what is drawn, or mmap's answer. */
function place(image: Image, base: number): Placed {
  const { placement, segments } = image
  if (placement === 'fixed' || segments.length === 0) return { image, variable: variable.none, bias: 0 }
  const first = pageStart(segments[0].address)
  if (placement === 'program') return { image, variable: base, bias: -pageAlign(segments[0].address) }
  // mmap is asked only where there is something of a file to map.
  if (image.format === 'ELF' && contentSize(segments[0]) === 0) return { image, variable: variable.none, bias: -first }
  return { image, variable: base, bias: -first }
}

function drawBase({ alignment }: Image, { randomizes }: Machine, writer: PlanWriter): void {
  writer.heading('where the program goes')
  const result = variable.programBase
  writer.step(operation.draw, [dynamicBase, randomizes ? baseRandomPages : 1, pageSize], { result })
  writer.step(operation.mask, [add(result, 0), -alignment], { result })
}

function mapSteps(placed: Placed, file: number, writer: PlanWriter): void {
  const { segments, format } = placed.image
  segments.forEach((segment, i) => {
    writer.heading(headingOf(placed, segment, i))
    if (format === 'FLE') copySegment(placed, segment, i, writer)
    else mapSegment(placed, segment, i, file, writer)
  })
}

function mapSegment(placed: Placed, segment: Segment, index: number, file: number, writer: PlanWriter): void {
  const { address, size, flags, content } = segment
  if (content instanceof Uint8Array) return
  const name = nameOf(placed, segment, index)
  const end = address + content.size
  if (content.size > 0) {
    const inPage = address % pageSize
    const length = pageAlign(content.size + inPage)
    const request = {
      length,
      protection: protectionOf(flags),
      file,
      offset: subtractWords(content.offset, inPage),
      name,
    }
    if (index === 0) mapFirst(placed, pageStart(address), request, writer)
    else mapAt(located(placed, pageStart(address)), length, MAP.FIXED, request, writer)
    const rest = pageAlign(end) - end
    if (size > content.size && rest > 0 && flags & 2) writer.step(operation.zero, [located(placed, end), rest])
  }
  if (size <= content.size) return
  const start = content.size > 0 ? pageAlign(end) : pageStart(address)
  const length = pageAlign(address + size) - start
  if (length === 0) return
  // As vm_brk_flags() does: always writable, executable if the segment is.
  const protection = PROT.READ | PROT.WRITE | (flags & 1 ? PROT.EXEC : 0)
  const map = [located(placed, start), length, protection, MAP.PRIVATE | MAP.FIXED | MAP.ANONYMOUS, noFile, 0]
  writer.step(systemCall.mmap, map, { failure: `cannot get memory for the zeros of ${name}` })
}

interface MapRequest {
  readonly length: number
  readonly protection: number
  readonly file: number
  readonly offset: Word
  readonly name: string
}

/**
 * Maps the first segment. If the image can move, or is an interpreter, it is mapped as long as the whole image, so that
 * all of it finds room, and what is too much is unmapped.
 */
function mapFirst(placed: Placed, start: number, request: MapRequest, writer: PlanWriter): void {
  const { image, variable: base } = placed
  const isInterpreter = request.file === variable.interpreterFile
  if (image.placement === 'fixed' && !isInterpreter) {
    mapAt(located(placed, start), request.length, MAP.FIXED_NOREPLACE, request, writer)
    return
  }
  const total = pageAlign(extent(image).size)
  if (image.placement !== 'anywhere') {
    const flags = isInterpreter ? MAP.FIXED : MAP.FIXED_NOREPLACE
    mapAt(located(placed, start), total, flags, request, writer)
  } else {
    mapAt(add(variable.none, 0), total, 0, request, writer, base)
    if (image.alignment > pageSize && !isInterpreter) {
      // Asked once where there is room, then mapped at the aligned address below.
      writer.step(systemCall.munmap, [add(base, 0), total])
      writer.step(operation.mask, [add(base, 0), -image.alignment], { result: base })
      mapAt(add(base, 0), total, MAP.FIXED_NOREPLACE, request, writer, base)
    }
  }
  const { length } = request
  if (total > length) writer.step(systemCall.munmap, [located(placed, start + length), total - length])
}

function mapAt(
  address: Operand,
  length: number,
  flags: number,
  { protection, file, offset, name }: MapRequest,
  writer: PlanWriter,
  result: number = variable.none,
): void {
  const operands = [address, length, protection, MAP.PRIVATE | flags, add(file, 0), add(variable.none, offset)]
  writer.step(systemCall.mmap, operands, { result, failure: `cannot map ${name}` })
}

/** FLE: memory of its own, filled with the bytes of the text, then given its permissions. */
function copySegment(placed: Placed, segment: Segment, index: number, writer: PlanWriter): void {
  const { address, size, flags, content } = segment
  if (!(content instanceof Uint8Array)) return
  const anywhere = placed.image.placement === 'anywhere'
  const name = nameOf(placed, segment, index)
  const length = pageAlign(size)
  const result = anywhere ? placed.variable : variable.none
  const to = anywhere ? add(variable.none, 0) : located(placed, address)
  anonymous(to, length, writer, { result, failure: `cannot get memory for ${name}` })
  writer.step(operation.copy, [located(placed, address), writer.bytes(content), content.length])
  const protect = [located(placed, address), length, protectionOf(flags)]
  writer.step(systemCall.mprotect, protect, { failure: `cannot set the permissions of ${name}` })
}

/** New writable memory: at an address that must be free, or anywhere if it is 0. */
export function anonymous(address: Operand, length: number, writer: PlanWriter, options: StepOptions): void {
  const isAnywhere = address.variable === variable.none && address.constant === 0
  const flags = MAP.PRIVATE | MAP.ANONYMOUS | (isAnywhere ? 0 : MAP.FIXED_NOREPLACE)
  writer.step(systemCall.mmap, [address, length, PROT.READ | PROT.WRITE, flags, noFile, 0], options)
}

function protectionOf(flags: number): number {
  return (flags & 4 ? PROT.READ : 0) | (flags & 2 ? PROT.WRITE : 0) | (flags & 1 ? PROT.EXEC : 0)
}

/** A program header, in short. */
function headingOf({ image }: Placed, segment: Segment, index: number): string {
  const { address, size, flags, content } = segment
  const from = content instanceof Uint8Array ? 'text' : `offset ${hexadecimal(content.offset)}`
  const sizes = `${hexadecimal(contentSize(segment))} of ${hexadecimal(size)} bytes from ${from}`
  return `${image.path}: segment ${index + 1}: ${accessText(flags)} at ${hexadecimal(address)}, ${sizes}`
}

function nameOf({ image }: Placed, { address }: Segment, index: number): string {
  return `segment ${index + 1} of ${image.path} (address 0x${address.toString(16)})`
}
