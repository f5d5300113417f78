// Runs a command's main in this process over files in memory, and makes FLE of ELF.
import { type CommandIo, Diagnostics, memoryFiles } from '@fle/diagnostics'
import { readObject } from '@fle/elf'
import { writeFleObject } from '@fle/fle'

export type Main = (argv: readonly string[], io: CommandIo) => Promise<number>

export interface MainResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
  /** What was written to files. */
  readonly written: ReadonlyMap<string, Uint8Array>
}

/** Runs a main and collects what it writes. */
export async function runMain(
  main: Main,
  argv: readonly string[],
  contents: Readonly<Record<string, Uint8Array>>,
): Promise<MainResult> {
  const written = new Map<string, Uint8Array>()
  const decoder = new TextDecoder()
  let stdout = ''
  let stderr = ''
  const status = await main(argv, {
    files: memoryFiles(contents),
    env: {},
    stdout: (text) => {
      stdout += typeof text === 'string' ? text : decoder.decode(text)
    },
    stderr: (text) => {
      stderr += text
    },
    stderrIsTerminal: false,
    stdoutIsTerminal: false,
    writeOutput: (path, content) => {
      written.set(path, content)
    },
  })
  return { status, stdout, stderr, written }
}

/** The FLE text of an ELF object. */
export function toFle(elf: Uint8Array, name: string): Uint8Array {
  const diagnostics = new Diagnostics()
  const object = readObject(elf, name, diagnostics)
  const text = object && writeFleObject(object, { dialect: 'fle' }, diagnostics)
  if (!text) throw new Error(JSON.stringify(diagnostics.list))
  return text
}
