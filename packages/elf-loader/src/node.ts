// The machine as the planner and the writer of steps see it.

import { accessSync, type BigIntStats, closeSync, constants, openSync, readFileSync, statSync } from 'node:fs'
import { FileError, type OpenFile } from '@fle/diagnostics'
import { nodeFiles } from '@fle/diagnostics/node'
import { bytesOf, hasEscapes, textOf } from './byte-text.ts'
import type { FileIdentity, Permission, ProgramFiles } from './load-plan.ts'
import { type Machine, readMachine } from './machine.ts'

/** The machine's files; paths are texts as textOf() makes them. */
export const programFiles: ProgramFiles = { open, permission }

function open(path: string): OpenFile {
  if (!hasEscapes(path)) return nodeFiles.open(path)
  let descriptor: number
  try {
    descriptor = openSync(Buffer.from(bytesOf(path)), 'r')
  } catch (error) {
    throw new FileError(errnoOf(error), path, 'it cannot be opened')
  }
  try {
    return nodeFiles.open(`/proc/self/fd/${descriptor}`)
  } finally {
    closeSync(descriptor)
  }
}

/** The program's path: `word` of the command line, behind which so many arguments stand, with all its bytes. */
export function programPath(word: string, argumentCount: number): string {
  // Node decodes arguments, and has put this in place of what is no UTF-8.
  if (!word.includes('\ufffd')) return word
  const line = readFileSync('/proc/self/cmdline')
  let end = line.length - 1
  for (let left = argumentCount; left > 0; left--) end = line.lastIndexOf(0, end - 1)
  return textOf(line.subarray(line.lastIndexOf(0, end - 1) + 1, end))
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EIO'
}

/** Whether this machine can run what the loader loads. */
export function canRun(): boolean {
  return process.platform === 'linux' && process.arch === 'x64'
}

/** The kernel and the process that this is. */
export function thisMachine(): Machine {
  const read = (path: string) => readFileSync(path, 'latin1')
  const personality = read('/proc/self/personality')
  return readMachine(personality, read('/proc/self/maps'), read('/proc/sys/kernel/randomize_va_space'))
}

/** Bits of st_mode. Without the group's x bit, set-group-id means mandatory locking. */
const setUserId = 0o4000
const setGroupId = 0o2010

/** What execve asks about a file, and the file's identity, as it is before the planner reads it; for ProgramFiles. */
function permission(path: string): Permission {
  try {
    const place = hasEscapes(path) ? Buffer.from(bytesOf(path)) : path
    const stat = statSync(place, { bigint: true })
    const identity = identityOf(stat)
    if (!stat.isFile()) return { errno: 'EACCES', regular: false, identity }
    if (!mayExecute(place)) return { errno: 'EACCES', regular: true, identity }
    const mode = Number(stat.mode)
    if (mode & setUserId && Number(stat.uid) !== process.geteuid?.())
      return { regular: true, changesIdentity: 'user', identity }
    if ((mode & setGroupId) === setGroupId && Number(stat.gid) !== process.getegid?.())
      return { regular: true, changesIdentity: 'group', identity }
    return { regular: true, identity }
  } catch (error) {
    return { errno: errnoOf(error), regular: false }
  }
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return { device: dev, inode: ino, size, modified: mtimeNs, changed: ctimeNs }
}

function mayExecute(path: string | Buffer): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
