// Starts what is no function of ours: gcc, and the toolchain's other commands.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Runs gcc on the streams of this process; the exit status, or why it could not be started. */
export function runCompiler(words: readonly string[]): number | string {
  const { status, signal, error } = spawnSync('gcc', words, { stdio: 'inherit' })
  if (error)
    return `cannot run gcc: ${'code' in error && error.code === 'ENOENT' ? 'it is not in PATH' : error.message}`
  return status ?? `gcc was killed by ${signal}`
}

/** The code that has a program's faults reported; undefined where the build could not make it. */
export function readFaultReport(): Uint8Array | undefined {
  try {
    return new Uint8Array(readFileSync(join(import.meta.dirname, '../dist/native/fault-report.bin')))
  } catch {
    return undefined
  }
}

const require = createRequire(join(import.meta.dirname, 'launch.js'))

/** The commands of the toolchain by the names that `fle` has for them: the package, and the command in it. */
const commands: Readonly<Record<string, () => string>> = {
  cc: () => commandOf(require.resolve('@fle/cc'), 'fle-cc'),
  ld: () => commandOf(require.resolve('@fle/fle-ld'), 'fle-ld'),
  exec: () => commandOf(require.resolve('@fle/elf-loader'), 'fle-exec'),
  grade: () => commandOf(require.resolve('@fle/grade'), 'fle-grade'),
  ...Object.fromEntries(
    ['nm', 'objdump', 'readfle', 'size', 'ar', 'diff'].map((name) => [
      name,
      () => commandOf(require.resolve('@fle/inspect'), `fle-${name}`),
    ]),
  ),
}

export const commandNames: readonly string[] = Object.keys(commands)

/** `bin`, `dist` and the module are neighbours in every package. */
function commandOf(module: string, name: string): string {
  return join(dirname(module), '..', 'dist', `${name}.cjs`)
}

/** Goes on as another command of the toolchain, in this process, which it ends. */
export function becomeCommand(name: string, words: readonly string[]): void {
  const path = commands[name]()
  process.argv = [process.argv[0], path, ...words]
  require(path)
}
