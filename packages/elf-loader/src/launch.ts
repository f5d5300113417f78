// Hands the process over to a program.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LoadPlan, Refusal } from './load-plan.ts'
import type { Machine } from './machine.ts'
import type { StepsOptions } from './plan-words.ts'
import { preparedProgram } from './prepared-program.ts'
import { planOffset, stubImage } from './stub-image.ts'

/** A program that is ready. Becomes it: nothing of this process is left. Returns, with the reason, only if it fails. */
export type Launch = () => Refusal

export interface LaunchOptions extends StepsOptions {
  readonly machine: Machine
  /** How many words at the end of the command line are the program's arguments. */
  readonly argumentCount: number
}

/** What native/addon.c exports for this file; each returns the errno of its failure. */
interface Addon {
  /** Becomes a prepared program; the last words of the command line are its arguments. */
  readonly execute: (program: Uint8Array, argumentCount: number) => number
  /** Becomes the native front at that path, with a prepared program as file 3. `words` are its first. */
  readonly supervise: (
    program: Uint8Array,
    front: string,
    words: Uint8Array,
    wordCount: number,
    argumentCount: number,
  ) => number
}

const encoder = new TextEncoder()

/** Where the build puts what is native. */
const nativeFolder = join(import.meta.dirname, '../dist/native')

/** The native front, which is also the supervisor; undefined where it was not built. */
export function supervisorPath(): string | undefined {
  const path = join(nativeFolder, 'elf-loader')
  return existsSync(path) ? path : undefined
}

/** Makes everything ready for a program to take over the process. */
export function prepareLaunch(plan: LoadPlan, options: LaunchOptions): Launch | Refusal {
  const addon = loadAddon()
  if (!addon) return refuseUnbuilt(plan)
  const program = prepareProgram(plan, options)
  if (program instanceof Refusal) return program
  return () => refuseStart(plan, addon.execute(program, options.argumentCount))
}

/** Makes everything ready for the native front to run a program as its child. `words` are the front's options. */
export function prepareSupervision(plan: LoadPlan, words: readonly string[], options: LaunchOptions): Launch | Refusal {
  const addon = loadAddon()
  const front = supervisorPath()
  if (!addon || front === undefined) return refuseUnbuilt(plan)
  const program = prepareProgram(plan, options)
  if (program instanceof Refusal) return program
  const argv = [options.tool, ...words, '--plan-fd=3', '--', plan.program]
  const strings = encoder.encode(argv.map((word) => `${word}\0`).join(''))
  return () => refuseStart(plan, addon.supervise(program, front, strings, argv.length, options.argumentCount))
}

function refuseStart({ program }: LoadPlan, errno: number): Refusal {
  const [code, reason] = reasons[errno] ?? [`errno ${errno}`, 'the kernel does not start the loader']
  return new Refusal(code, program, reason)
}

const reasons: Readonly<Record<number, readonly [string, string]>> = {
  7: ['E2BIG', 'its arguments and the environment are too long'],
  12: ['ENOMEM', 'there is not enough memory'],
  13: ['EACCES', 'programs in memory may not be executed here (sysctl vm.memfd_noexec)'],
  26: ['ETXTBSY', 'it is open for writing'],
  24: ['EMFILE', 'too many files are open'],
  28: ['ENOSPC', 'there is not enough memory for a copy of it'],
}

/** Makes a program ready for the native front to start it, now or later. */
export function prepareProgram(plan: LoadPlan, options: StepsOptions & { machine: Machine }): Uint8Array | Refusal {
  const code = readStub()
  if (!code) return refuseUnbuilt(plan)
  const image = stubImage(plan, options.machine, code, options)
  return image instanceof Refusal ? image : preparedProgram(plan, image, planOffset)
}

function refuseUnbuilt({ program }: LoadPlan): Refusal {
  const hint = 'install gcc and build this package again'
  return new Refusal('ENOSYS', program, 'the native part of the loader was not built', hint)
}

function readStub(): Uint8Array | undefined {
  try {
    return readFileSync(join(nativeFolder, 'stub.bin'))
  } catch {
    return undefined
  }
}

function loadAddon(): Addon | undefined {
  const module: { exports: Partial<Addon> } = { exports: {} }
  try {
    process.dlopen(module, join(nativeFolder, 'addon.node'))
  } catch {
    return undefined
  }
  const { execute, supervise } = module.exports
  return execute && supervise && { execute, supervise }
}
