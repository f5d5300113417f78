// The users that submissions run as when we are root: numbers that no account has, one for each submission that runs at a
// time, so that none can signal, read or change what belongs to another or to us.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Debian gives 60000 to 64999 to nobody (policy, 9.2.2), and they exist in containers that have 65536 users. */
const firstUser = 60_000
const lastUser = 64_999

/** A user number that is ours until it is given back. */
export interface BorrowedUser {
  readonly uid: number
  giveBack(): void
}

/** Borrows a user number that no other run of the grader has; files in a folder say which are taken, and by whom. */
export function borrowUser(folder: string): BorrowedUser {
  for (let uid = firstUser; uid <= lastUser; uid++) {
    const lock = join(folder, `fle-grade-user-${uid}.lock`)
    if (takeLock(lock)) return { uid, giveBack: () => rmSync(lock, { force: true }) }
  }
  throw new Error(`no user number between ${firstUser} and ${lastUser} is free`)
}

function takeLock(lock: string): boolean {
  for (let attempts = 0; attempts < 2; attempts++) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' })
      return true
    } catch (error) {
      const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST'
      if (!exists) throw error
      if (isAlive(lock)) return false
      rmSync(lock, { force: true })
    }
  }
  return false
}

/** Whether the process that a lock names still runs. */
function isAlive(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')) || 0, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
