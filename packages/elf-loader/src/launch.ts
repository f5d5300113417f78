// Hands the process over to a program. Returns only if that fails.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LoadPlan, Refusal } from './load-plan.ts'
import type { Machine } from './machine.ts'
import { stubImage } from './stub-image.ts'

/** The function of native/addon.c: returns the errno of the failure. */
type Execute = (image: Uint8Array, name: Uint8Array, argv: Uint8Array, argc: number) => number

/** Whether programs can be run here at all. If not, why. */
export function unsupported(platform: string, architecture: string): string | undefined {
  if (platform === 'linux' && architecture === 'x64') return undefined
  return `programs can be run on x86-64 Linux only, and this is ${platform} on ${architecture}`
}

/**
 * Becomes the program: this process goes on as it, and nothing of Node is left. `commandLine` is the content of
 * /proc/self/cmdline, whose last `argumentCount` strings are the program's arguments, byte for byte.
 * Returns the reason why it cannot be done.
 */
export function launch(plan: LoadPlan, machine: Machine, commandLine: Uint8Array, argumentCount: number): Refusal {
  const natives = loadNatives(join(import.meta.dirname, '../dist/native'))
  if (!natives) {
    const hint = 'install gcc and build this package again'
    return new Refusal('ENOENT', plan.program, 'the native part of the loader was not built', hint)
  }
  const image = stubImage(plan, machine, natives.code)
  if (image instanceof Refusal) return image
  const encoder = new TextEncoder()
  const path = encoder.encode(`${plan.argv.join('\0')}\0`)
  const rest = lastStrings(commandLine, argumentCount)
  const argv = new Uint8Array(path.length + rest.length)
  argv.set(path)
  argv.set(rest, path.length)
  const name = encoder.encode(`${plan.program.replace(/^.*\//s, '').slice(0, 80)}\0`)
  const errno = natives.execute(image, name, argv, plan.argv.length + argumentCount)
  const [code, reason] = reasons[errno] ?? [`errno ${errno}`, 'the kernel does not start the loader']
  return new Refusal(code, plan.program, reason)
}

const reasons: Readonly<Record<number, readonly [string, string]>> = {
  7: ['E2BIG', 'its arguments and the environment are too long'],
  12: ['ENOMEM', 'there is not enough memory'],
  13: ['EACCES', 'programs in memory may not be executed here (sysctl vm.memfd_noexec)'],
  24: ['EMFILE', 'too many files are open'],
  28: ['ENOSPC', 'there is not enough memory for a copy of it'],
}

function loadNatives(folder: string): { code: Uint8Array; execute: Execute } | undefined {
  const module: { exports: { execute?: Execute } } = { exports: {} }
  let code: Uint8Array
  try {
    code = readFileSync(join(folder, 'stub.bin'))
    process.dlopen(module, join(folder, 'addon.node'))
  } catch {
    return undefined
  }
  const { execute } = module.exports
  return execute && { code, execute }
}

/** The last `count` of the NUL-terminated strings in a buffer. */
function lastStrings(bytes: Uint8Array, count: number): Uint8Array {
  let start = bytes.length
  for (let left = count; left > 0 && start > 0; left--) start = bytes.lastIndexOf(0, start - 2) + 1
  return bytes.subarray(start)
}
