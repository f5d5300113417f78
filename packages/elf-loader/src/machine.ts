// What the loader must know of the machine and of its own process to write the steps.

/** A memory mapping of the group that the kernel gives every process for its vdso: data pages, then the code. */
export interface VdsoPart {
  /** Bytes before the start of the code. */
  readonly before: number
  readonly size: number
}

export interface Machine {
  /** Whether addresses are drawn at random (not under `setarch -R`). */
  readonly randomizes: boolean
  /** Whether the heap is too: /proc/sys/kernel/randomize_va_space is 2. */
  readonly randomizesHeap: boolean
  /** The parts of the vdso group, lowest first; empty if mmap would not put anything in its place. */
  readonly vdso: readonly VdsoPart[]
}

/** ADDR_NO_RANDOMIZE of personality(2). */
const noRandomize = 0x0040000

/** Puts a Machine together from the texts of /proc/self/{personality,maps} and /proc/sys/kernel/randomize_va_space. */
export function readMachine(personality: string, maps: string, randomizeVaSpace: string): Machine {
  const level = Number.parseInt(randomizeVaSpace, 10)
  const randomizes = (Number.parseInt(personality, 16) & noRandomize) === 0 && level > 0
  return { randomizes, randomizesHeap: randomizes && level > 1, vdso: vdsoParts(maps) }
}

/**
 * The vdso group of this process. Kernels that put it near the stack, above the area of mmap, leave that area to the
 * program: there is nothing to move.
 */
function vdsoParts(maps: string): VdsoPart[] {
  const lines = maps.split('\n')
  const last = lines.findIndex((line) => line.endsWith('[vdso]'))
  const stack = lines.findIndex((line) => line.endsWith('[stack]'))
  if (last < 0 || stack < last) return []
  let first = last
  while (first > 0 && lines[first - 1].includes('[vvar') && range(lines[first - 1]).end === range(lines[first]).start)
    first--
  const code = range(lines[last]).start
  return lines.slice(first, last + 1).map((line) => {
    const { start, end } = range(line)
    return { before: code - start, size: end - start }
  })
}

function range(line: string): { start: number; end: number } {
  const [start, end] = line.split(' ', 1)[0].split('-')
  return { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) }
}
