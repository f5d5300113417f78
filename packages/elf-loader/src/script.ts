// The `#!` line, read as the kernel reads it: load_script() of fs/binfmt_script.c.

import { textOf } from './byte-text.ts'
import { Refusal } from './load-plan.ts'

/** Bytes of a file that execve looks at (BINPRM_BUF_SIZE). */
export const headSize = 256

export interface ScriptLine {
  readonly interpreter: string
  /** Everything behind the interpreter, blanks inside included: the kernel passes it as one argument. */
  readonly argument: string | undefined
}

const lineFeed = 0x0a

const isBlank = (byte: number) => byte === 0x20 || byte === 0x09

/** Reads the first line of a script from the first {@link headSize} bytes of the file, zeros behind its end. */
export function readScriptLine(head: Uint8Array, path: string): ScriptLine | Refusal {
  const terminated = head.subarray(0, endOfString(head, 0))
  let end = terminated.indexOf(lineFeed)
  if (end < 0) {
    const last = headSize - 1
    const start = skipBlanks(head, 2, last)
    if (start > last) return refuse(path, 'nothing but blanks stands behind #!')
    if (findTerminator(head, start, last) > last)
      return refuse(path, `the path behind #! is longer than the ${headSize} bytes that the kernel looks at`)
    end = last
  }
  while (isBlank(head[end - 1])) end--
  const name = skipBlanks(head, 2, end)
  if (name >= end) return refuse(path, 'no interpreter stands behind #!')
  const nameEnd = Math.min(findTerminator(head, name, end), end)
  // It may be empty: behind a blank that a NUL follows.
  const interpreter = textOf(head.subarray(name, nameEnd))
  const argument = head[nameEnd] === 0 || nameEnd === end ? end : skipBlanks(head, nameEnd, end)
  if (argument >= end) return { interpreter, argument: undefined }
  return { interpreter, argument: textOf(head.subarray(argument, Math.min(end, endOfString(head, argument)))) }
}

function refuse(path: string, reason: string): Refusal {
  return new Refusal('ENOEXEC', path, reason)
}

/** Index of the first byte from `from` to `last` that is no blank; beyond `last` if there is none. */
function skipBlanks(bytes: Uint8Array, from: number, last: number): number {
  let at = from
  while (at <= last && isBlank(bytes[at])) at++
  return at
}

/** Index of the first blank or NUL from `from` to `last`; beyond `last` if there is none. */
function findTerminator(bytes: Uint8Array, from: number, last: number): number {
  let at = from
  while (at <= last && bytes[at] !== 0 && !isBlank(bytes[at])) at++
  return at
}

function endOfString(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(0, from)
  return end < 0 ? bytes.length : end
}
