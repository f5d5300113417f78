// Hands the process over to a program.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LoadPlan, Refusal } from './load-plan.ts'
import type { Machine } from './machine.ts'
import type { StepsOptions } from './plan-words.ts'
import { preparedProgram } from './prepared-program.ts'
import { stubImage } from './stub-image.ts'

/** A program that is ready. Becomes it: nothing of this process is left. Returns, with the reason, only if it fails. */
export type Launch = () => Refusal

export interface LaunchOptions extends StepsOptions {
  readonly machine: Machine
  /** The content of /proc/self/cmdline: there arguments are bytes, which need not be UTF-8. */
  readonly commandLine: Uint8Array
  /** How many strings at its end are the program's arguments. */
  readonly argumentCount: number
}

/** The function of native/addon.c: returns the errno of the failure. */
type Execute = (image: Uint8Array, name: Uint8Array, argv: Uint8Array, argc: number) => number

/** The longest name of a file in memory, in characters of up to four bytes. */
const longestName = 60

/** Where the build puts what is native. */
const nativeFolder = join(import.meta.dirname, '../dist/native')

/** Makes everything ready for a program to take over the process. */
export function prepareLaunch(plan: LoadPlan, options: LaunchOptions): Launch | Refusal {
  const { machine, commandLine, argumentCount } = options
  const execute = loadAddon()
  const code = readStub()
  if (!execute || !code) return refuseUnbuilt(plan)
  const image = stubImage(plan, machine, code, options)
  if (image instanceof Refusal) return image
  const encoder = new TextEncoder()
  const first = encoder.encode(`${plan.argv.join('\0')}\0`)
  const rest = lastStrings(commandLine, argumentCount)
  const argv = new Uint8Array(first.length + rest.length)
  argv.set(first)
  argv.set(rest, first.length)
  const name = encoder.encode(`${plan.program.replace(/^.*\//s, '').slice(0, longestName)}\0`)
  return () => {
    const errno = execute(image, name, argv, plan.argv.length + argumentCount)
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
  return image instanceof Refusal ? image : preparedProgram(plan, image)
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

function loadAddon(): Execute | undefined {
  const module: { exports: { execute?: Execute } } = { exports: {} }
  try {
    process.dlopen(module, join(nativeFolder, 'addon.node'))
  } catch {
    return undefined
  }
  return module.exports.execute
}

/** The last `count` of the NUL-terminated strings in a buffer. */
function lastStrings(bytes: Uint8Array, count: number): Uint8Array {
  let start = bytes.length
  for (let left = count; left > 0 && start > 1; left--) start = bytes.lastIndexOf(0, start - 2) + 1
  return bytes.subarray(start)
}
