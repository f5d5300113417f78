// Steps that make the stub's process the program's: its stack and auxv, its heap, what /proc says of it.

import { addWords, type Word } from '@fle/object'
import { contentSize, type LoadPlan, pageAlign, pageSize } from './load-plan.ts'
import { anonymous, dynamicBase, type LoadedImages, located, type Placed, PROT } from './load-steps.ts'
import type { Machine } from './machine.ts'
import { add, type Operand, operation, type PlanWriter, systemCall, variable } from './plan-writer.ts'

/** Types of auxv's entries that depend on the program. */
const AT = { NULL: 0, PHDR: 3, PHNUM: 5, BASE: 7, ENTRY: 9 } as const
const PR = { SET_NAME: 15, SET_MM: 35, SET_MM_MAP: 14 } as const

/** The heap begins up to 1 GiB above the program (arch_randomize_brk). */
const heapRandomPages = 2 ** 30 / pageSize
/** Between the strings and the tables of the stack lie up to 8 KiB (arch_align_stack). */
const stackRandomBytes = 8192

/** Where an image's entry point lies in memory. */
export function entryOf({ image, variable, bias }: Placed): Operand {
  return add(variable, addWords(image.entry, bias))
}

/** Steps that build the stack; the variables then say where its parts are. */
export function stackSteps(plan: LoadPlan, machine: Machine, loaded: LoadedImages, writer: PlanWriter): void {
  const { program, interpreter } = loaded
  const { image } = program
  writer.heading('the stack, with auxv')
  // An address of 0 is moved like any other: so does the kernel.
  const headers = image.format === 'ELF' ? located(program, image.programHeaders) : 0
  const base = interpreter && interpreter.image.placement === 'anywhere' ? located(interpreter, 0) : 0
  const changes = writeTable(
    [AT.PHDR, headers, AT.PHNUM, image.programHeaderCount, AT.BASE, base, AT.ENTRY, entryOf(program), AT.NULL],
    ['', 'AT_PHDR', '', '', '', 'AT_BASE', '', 'AT_ENTRY'],
    writer,
  )
  writer.step(operation.draw, [0, machine.randomizes ? stackRandomBytes : 1, 1], { result: variable.stackGap })
  writer.step(operation.buildStack, [writer.text(plan.program), changes, add(variable.stackGap, 0)])
  if (!plan.executableStack) return
  const lastPage = add(variable.stackTop, -pageSize)
  const protection = PROT.READ | PROT.WRITE | PROT.EXEC | PROT.GROWSDOWN
  writer.step(systemCall.mprotect, [lastPage, pageSize, protection], { failure: 'cannot make the stack executable' })
}

/**
 * Tells the kernel where code, data, heap, stack and arguments are, as /proc/self shows them and brk() uses them, and
 * which file is /proc/self/exe. That one only root may change: else it stays the stub, which runs the program again.
 */
export function memorySteps(plan: LoadPlan, machine: Machine, program: Placed, writer: PlanWriter): void {
  writer.heading('the heap, and what /proc/self says')
  const ranges = rangesOf(program)
  drawHeap(program, ranges.end, machine, writer)
  const heap = add(variable.heap, 0)
  // struct prctl_mm_map of linux/prctl.h
  const map = writeTable(
    [
      located(program, ranges.codeStart),
      located(program, ranges.codeEnd),
      located(program, ranges.dataStart),
      located(program, ranges.dataEnd),
      heap,
      heap,
      add(variable.stackPointer, 0),
      add(variable.argumentStart, 0),
      add(variable.argumentEnd, 0),
      add(variable.environmentStart, 0),
      add(variable.environmentEnd, 0),
      add(variable.auxv, 0),
      // The size of auxv is 32 bits long, and behind it stands the file, -1 for none.
      add(variable.auxvSize, -(2 ** 32)),
      0,
    ],
    mapFields,
    writer,
  )
  const set = [PR.SET_MM, PR.SET_MM_MAP, map, mapSize, 0]
  writer.step(systemCall.prctl, set)
  const file = [add(map.variable, Number(map.constant) + mapFile), add(variable.programFile, 0)]
  writer.step(operation.set, file, { name: 'map.exe_fd' })
  writer.step(systemCall.prctl, set)
  writer.step(systemCall.prctl, [PR.SET_NAME, writer.text(plan.program.replace(/^.*\//s, ''))])
}

const mapFields = (
  'start_code end_code start_data end_data start_brk brk start_stack arg_start arg_end env_start env_end auxv ' +
  'auxv_size'
)
  .split(' ')
  .map((field) => `map.${field}`)
/** Size of struct prctl_mm_map, and the offset of its exe_fd. */
const mapSize = 104
const mapFile = 100

/** Writes words into the plan; steps fill in those that are not known before, and are shown with their names. */
function writeTable(values: readonly (Word | Operand)[], names: readonly string[], writer: PlanWriter): Operand {
  const isKnown = (value: Word | Operand): value is Word => typeof value !== 'object'
  const table = writer.words(values.map((value) => (isKnown(value) ? value : 0)))
  values.forEach((value, i) => {
    if (isKnown(value)) return
    writer.step(operation.set, [add(table.variable, Number(table.constant) + i * 8), value], { name: names[i] })
  })
  return table
}

/** The ranges of code and data as load_elf_binary() takes them from the segments. */
function rangesOf({ image }: Placed) {
  const ranges = { codeStart: 2 ** 47, codeEnd: 0, dataStart: 0, dataEnd: 0, end: 0 }
  for (const segment of image.segments) {
    const { address, size, flags } = segment
    const contentEnd = address + contentSize(segment)
    if (flags & 1) {
      ranges.codeStart = Math.min(ranges.codeStart, address)
      ranges.codeEnd = Math.max(ranges.codeEnd, contentEnd)
    }
    ranges.dataStart = Math.max(ranges.dataStart, address)
    ranges.dataEnd = Math.max(ranges.dataEnd, contentEnd)
    ranges.end = Math.max(ranges.end, address + size)
  }
  return ranges
}

/** Draws where brk() begins: above the program, or, if mmap placed that, above where other programs go. */
function drawHeap(program: Placed, end: number, { randomizesHeap }: Machine, writer: PlanWriter): void {
  const moves = program.image.placement === 'anywhere'
  const gap = randomizesHeap && !moves ? pageSize : 0
  const lowest = moves ? add(variable.none, pageAlign(dynamicBase)) : located(program, pageAlign(end) + gap)
  writer.step(operation.draw, [lowest, randomizesHeap ? heapRandomPages : 1, pageSize], { result: variable.heap })
}

/** Code that is entered as an ELF program is, calls the address behind it as a C function and exits with its result. */
const callCode = Uint8Array.of(
  ...[0x48, 0x8b, 0x3c, 0x24], // mov (%rsp), %rdi            argc
  ...[0x48, 0x8d, 0x74, 0x24, 0x08], // lea 8(%rsp), %rsi           argv
  ...[0x48, 0x8d, 0x54, 0xfe, 0x08], // lea 8(%rsi,%rdi,8), %rdx    envp
  ...[0xff, 0x15, 0x0c, 0x00, 0x00, 0x00], // call *12(%rip)
  ...[0x89, 0xc7], // mov %eax, %edi
  ...[0xb8, 0xe7, 0x00, 0x00, 0x00], // mov $231, %eax              exit_group
  ...[0x0f, 0x05], // syscall
  ...[0xcc, 0xcc, 0xcc],
)

/** Bytes from the start of the code that calls an FLE program to the address of the function. */
export const functionOffset = callCode.length

/** Steps that put the code there that calls an FLE program. Returns the address to start at. */
export function callSteps(program: Placed, writer: PlanWriter): Operand {
  const start = add(variable.returnCode, 0)
  writer.heading('code that calls the program as a function')
  const failure = 'cannot get memory for the code that calls the program'
  anonymous(add(variable.none, 0), pageSize, writer, { result: variable.returnCode, failure })
  writer.step(operation.copy, [start, writer.bytes(callCode), callCode.length])
  writer.step(operation.set, [add(variable.returnCode, functionOffset), entryOf(program)], {
    name: 'caller.function',
  })
  writer.step(systemCall.mprotect, [start, pageSize, PROT.READ | PROT.EXEC], { failure })
  return start
}
