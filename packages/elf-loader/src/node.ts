// The machine as the planner and the writer of steps see it.

import { accessSync, constants, readFileSync, statSync } from 'node:fs'
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

/** What execve asks about a file; for ProgramFiles. */
export function permission(path: string): Permission {
  try {
    const stat = statSync(path)
    const { mode, uid, gid } = stat
    if (!stat.isFile()) return { errno: 'EACCES', regular: false }
    if (!mayExecute(path)) return { errno: 'EACCES', regular: true }
    if (mode & setUserId && uid !== process.geteuid?.()) return { regular: true, changesIdentity: 'user' }
    if ((mode & setGroupId) === setGroupId && gid !== process.getegid?.())
      return { regular: true, changesIdentity: 'group' }
    return { regular: true }
  } catch (error) {
    return { errno: error instanceof Error && 'code' in error ? String(error.code) : 'EIO', regular: false }
  }
}

/** The same with the file's identity, as it is before the planner reads the file: for plans that are kept. */
export function permissionWithIdentity(path: string): Permission {
  const identity = identityOf(path)
  return identity ? { ...permission(path), identity } : permission(path)
}

function identityOf(path: string): FileIdentity | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stat) return undefined
  const { dev: device, ino: inode, size, mtimeNs: modified, ctimeNs: changed } = stat
  return { device, inode, size, modified, changed }
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
