// The same command line for GNU ld and for fle-ld, the latter in this process and on files in memory.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type CommandIo, memoryFiles } from '@fle/diagnostics'
import { writeOutput } from '@fle/diagnostics/node'
import { assemble, compile, runCommand, runToSuccess } from '@fle/testkit'
import t from 'tap'
import { main } from '../src/cli.ts'

/** Where the programs are: `ours` and `gnu`. */
export const folder = mkdtempSync(join(tmpdir(), 'fle-ld-test-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

export type Files = Readonly<Record<string, Uint8Array | string>>

/** What a linker said, and what its program did: the status or signal, undefined if there is none. */
interface Outcome {
  readonly status: unknown
  readonly stdout: string
  readonly stderr: string
  readonly run: unknown
}

/** The command fle-ld, in this process, on files in memory; its output goes to a file. */
export async function linkOurs(files: Files, words: readonly string[]): Promise<Outcome> {
  let stdout = ''
  let stderr = ''
  const path = join(folder, 'ours')
  rmSync(path, { force: true })
  const io: CommandIo = {
    files: memoryFiles(files),
    env: {},
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    stderrIsTerminal: false,
    stdoutIsTerminal: false,
    writeOutput: (_, content, options) => writeOutput(path, content, options),
  }
  const status = await main([...words, '-o', 'ours'], io)
  return { status, stdout, stderr, run: status === 0 ? run(path) : undefined }
}

export function linkGnu(files: Files, words: readonly string[]): Outcome {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  const path = join(folder, 'gnu')
  rmSync(path, { force: true })
  const { status, stdout, stderr } = runCommand('ld.bfd', [...words, '-o', 'gnu'], { cwd: folder })
  return { status, stdout, stderr, run: status === 0 ? run(path) : undefined }
}

function run(program: string): unknown {
  const { status, signal } = runCommand(program)
  return signal ?? status
}

/** Names, kinds and (of what has no address) values of the symbols of a program, without those at the ends of sections. */
export function symbolsOf(program: 'ours' | 'gnu'): string[] {
  const lines = runToSuccess('nm', ['-f', 'posix', join(folder, program)]).split('\n')
  return lines
    .map((line) => line.split(' '))
    .filter(([name]) => name !== '' && !/^(_edata|_end|__bss_start|_GLOBAL_OFFSET_TABLE_)$/.test(name))
    .map(([name, kind, value]) => (kind === 'A' ? `${name} A ${value.replace(/^0+/, '')}` : `${name} ${kind}`))
    .sort()
}

/** An archive with an index, made by ar. */
export function archiveOf(members: Files): Uint8Array {
  for (const [name, content] of Object.entries(members)) writeFileSync(join(folder, name), content)
  rmSync(join(folder, 'lib.a'), { force: true })
  runToSuccess('ar', ['rcs', 'lib.a', ...Object.keys(members)], { cwd: folder })
  return new Uint8Array(readFileSync(join(folder, 'lib.a')))
}

const freestanding = ['-O1', '-fPIE', '-ffreestanding', '-fno-asynchronous-unwind-tables', '-fno-stack-protector']
export const c = (source: string, ...options: string[]) => compile(source, [...freestanding, ...options])
export const s = (source: string) => assemble(`${source}\n.section .note.GNU-stack,"",@progbits\n`)

/** A start that exits with what `answer()` returns. */
export const start = s('.globl _start\n_start: call answer\n mov %eax, %edi\n mov $60, %eax\n syscall')
