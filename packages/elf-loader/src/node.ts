// The machine as the planner and the writer of steps see it.

import { accessSync, type BigIntStats, constants, readFileSync, statSync } from 'node:fs'
import type { FileIdentity, Permission } from './load-plan.ts'
import { type Machine, readMachine } from './machine.ts'

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
export function permission(path: string): Permission {
  try {
    const stat = statSync(path, { bigint: true })
    const identity = identityOf(stat)
    if (!stat.isFile()) return { errno: 'EACCES', regular: false, identity }
    if (!mayExecute(path)) return { errno: 'EACCES', regular: true, identity }
    const mode = Number(stat.mode)
    if (mode & setUserId && Number(stat.uid) !== process.geteuid?.())
      return { regular: true, changesIdentity: 'user', identity }
    if ((mode & setGroupId) === setGroupId && Number(stat.gid) !== process.getegid?.())
      return { regular: true, changesIdentity: 'group', identity }
    return { regular: true, identity }
  } catch (error) {
    return { errno: error instanceof Error && 'code' in error ? String(error.code) : 'EIO', regular: false }
  }
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): FileIdentity {
  return { device: dev, inode: ino, size, modified: mtimeNs, changed: ctimeNs }
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
