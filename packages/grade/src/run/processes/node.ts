// The processes of a step, however they hide: what belongs to the user that the step runs as or, where that is our own
// user, what carries the step's mark in its environment.
import { readdirSync, readFileSync, statSync } from 'node:fs'

/** By what the processes of a step are known. */
export type Owner = { readonly uid: number } | { readonly mark: string }

/** The variable whose value is the mark. */
export const markVariable = 'FLE_GRADE_STEP'

function isOwned(pid: string, owner: Owner): boolean {
  if ('uid' in owner) return statSync(`/proc/${pid}`).uid === owner.uid
  return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`${markVariable}=${owner.mark}`)
}

/** The numbers of an owner's processes, zombies included, since they count as processes until someone waits for them. */
export function processesOf(owner: Owner): number[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return []
    try {
      return isOwned(pid, owner) ? [Number(pid)] : []
    } catch {
      return [] // it has ended meanwhile, or belongs to someone else
    }
  })
}

/** What processes use together: bytes of memory, processes and threads. */
export function usageOf(pids: readonly number[]): { memory: number; tasks: number } {
  let memory = 0
  let tasks = 0
  for (const pid of pids) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'latin1')
      // Not what is mapped from files, which processes share.
      memory += 1024 * Number(/^RssAnon:\s+(\d+)/m.exec(status)?.[1] ?? 0)
      tasks += Number(/^Threads:\s+(\d+)/m.exec(status)?.[1] ?? 1)
    } catch {
      // it has ended meanwhile
    }
  }
  return { memory, tasks }
}

/** Enough for chains of processes that start each other while we look. */
const mostRounds = 50

/**
 * Kills every process of an owner: all are stopped first, for what is stopped can start no others. Returns how many there
 * were, those included that are dead already and wait for their parent, or init, to take note.
 */
export function killProcesses(owner: Owner): number {
  const stopped = new Set<number>()
  for (let round = 0; round < mostRounds; round++) {
    const fresh = processesOf(owner).filter((pid) => !stopped.has(pid))
    if (fresh.length === 0) break
    for (const pid of fresh) {
      sendSignal(pid, 'SIGSTOP')
      stopped.add(pid)
    }
  }
  for (const pid of stopped) sendSignal(pid, 'SIGKILL')
  return stopped.size
}

/** Whether there is such a process, or with a negative number such a group. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Signals a process, or with a negative number its group, if it is still there. */
export function sendSignal(pid: number, signal: 'SIGSTOP' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch {
    // it has ended meanwhile
  }
}
