// Turns a LoadPlan into the stub's steps: what load_elf_binary() of fs/binfmt_elf.c does beyond the point of no return.

import type { LoadPlan } from './load-plan.ts'
import { loadSteps } from './load-steps.ts'
import type { Machine } from './machine.ts'
import { add, operation, PlanWriter, systemCall, variable } from './plan-writer.ts'
import { callSteps, entryOf, memorySteps, stackSteps } from './process-steps.ts'

export interface StepsOptions {
  /** The command's name, for messages. */
  readonly tool: string
  /** Lets the stub print each step, in the words that this adds. */
  readonly trace?: ((writer: PlanWriter) => void) | undefined
}

/**
 * Writes the steps that load a program, set up its process and jump to it. `refuge` is the address of 64 KiB that are
 * free in the stub's process and unused by the program: the vdso waits there while the program is mapped.
 */
export function planWords(plan: LoadPlan, machine: Machine, refuge: number, options: StepsOptions): PlanWriter {
  const writer = new PlanWriter(`${options.tool}: error: ${plan.program}: `)
  const loaded = loadSteps(plan, machine, refuge, writer)
  const { program, interpreter } = loaded
  const entry = program.image.format === 'FLE' ? callSteps(program, writer) : entryOf(interpreter ?? program)
  stackSteps(plan, machine, loaded, writer)
  memorySteps(plan, machine, program, writer)
  writer.heading('the jump')
  writer.step(systemCall.close, [add(variable.programFile, 0)])
  if (interpreter) writer.step(systemCall.close, [add(variable.interpreterFile, 0)])
  writer.spareRoom()
  writer.heading('the jump')
  writer.step(operation.enter, [entry])
  options.trace?.(writer)
  return writer
}
