// Hands the process over to a program.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LoadPlan, Refusal } from './load-plan.ts'
import type { Machine } from './machine.ts'
import type { StepsOptions } from './plan-words.ts'
import { preparedProgram } from './prepared-program.ts'
import { planOffsetOf, stubImage } from './stub-image.ts'

/** A program that is ready. Becomes it: nothing of this process is left. Returns, with the reason, only if it fails. */
export type Launch = () => Refusal

export interface LaunchOptions extends StepsOptions {
  readonly machine: Machine
  /** The content of /proc/self/cmdline: there arguments are bytes, which need not be UTF-8. */
  readonly commandLine: Uint8Array
  /** How many strings at its end are the program's arguments. */
  readonly argumentCount: number
}

/** A function of native/addon.c: returns the errno of the failure. */
type Execute = (bytes: Uint8Array, text: Uint8Array, argv: Uint8Array, argc: number) => number

interface Addon {
  /** Becomes an executable image of that name. */
  readonly execute: Execute
  /** Becomes the native front at that path, with a prepared program as file 3. */
  readonly supervise: Execute
}

/** The longest name of a file in memory, in characters of up to four bytes. */
const longestName = 60

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
  const code = readStub()
  if (!addon || !code) return refuseUnbuilt(plan)
  const image = stubImage(plan, options.machine, code, options)
  if (image instanceof Refusal) return image
  const name = encoder.encode(`${plan.program.replace(/^.*\//s, '').slice(0, longestName)}\0`)
  return launch(plan, addon.execute, image, name, plan.argv, options)
}

/** Makes everything ready for the native front to run a program as its child. `words` are the front's options. */
export function prepareSupervision(plan: LoadPlan, words: readonly string[], options: LaunchOptions): Launch | Refusal {
  const addon = loadAddon()
  const front = supervisorPath()
  if (!addon || front === undefined) return refuseUnbuilt(plan)
  const program = prepareProgram(plan, options)
  if (program instanceof Refusal) return program
  const argv = [options.tool, ...words, '--plan-fd=3', '--', plan.program]
  return launch(plan, addon.supervise, program, encoder.encode(`${front}\0`), argv, options)
}

function launch(
  plan: LoadPlan,
  execute: Execute,
  bytes: Uint8Array,
  text: Uint8Array,
  words: readonly string[],
  { commandLine, argumentCount }: LaunchOptions,
): Launch {
  const first = encoder.encode(words.map((word) => `${word}\0`).join(''))
  const rest = lastStrings(commandLine, argumentCount)
  const argv = new Uint8Array(first.length + rest.length)
  argv.set(first)
  argv.set(rest, first.length)
  return () => {
    const errno = execute(bytes, text, argv, words.length + argumentCount)
    const [code, reason] = reasons[errno] ?? [`errno ${errno}`, 'the kernel does not start the loader']
    return new Refusal(code, plan.program, reason)
  }
}

const reasons: Readonly<Record<number, readonly [string, string]>> = {
  7: ['E2BIG', 'its arguments and the environment are too long'],
  12: ['ENOMEM', 'there is not enough memory'],
  13: ['EACCES', 'programs in memory may not be executed here (sysctl vm.memfd_noexec)'],
  24: ['EMFILE', 'too many files are open'],
  28: ['ENOSPC', 'there is not enough memory for a copy of it'],
}

/** Makes a program ready for the native front to start it, now or later. */
export function prepareProgram(plan: LoadPlan, options: StepsOptions & { machine: Machine }): Uint8Array | Refusal {
  const code = readStub()
  if (!code) return refuseUnbuilt(plan)
  const image = stubImage(plan, options.machine, code, options)
  return image instanceof Refusal ? image : preparedProgram(plan, image, planOffsetOf(code))
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

/** The last `count` of the NUL-terminated strings in a buffer. */
function lastStrings(bytes: Uint8Array, count: number): Uint8Array {
  let start = bytes.length
  for (let left = count; left > 0 && start > 1; left--) start = bytes.lastIndexOf(0, start - 2) + 1
  return bytes.subarray(start)
}
