import { SHF, STT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { markedSymbols } from './marked-symbols.ts'

/**
 * Reports variables that one file has for each thread and another takes for ordinary ones: their values mean different
 * things. GNU ld reports them as it reads the files (_bfd_elf_merge_symbol). Text in FLE does not say what it takes a
 * symbol of another file for.
 */
export function checkThreadLocal(link: LinkState): void {
  const { objects, symbols } = link
  const isThreadLocal = threadLocalSymbols(link)
  if (!isThreadLocal) return
  for (const { input, index } of markedSymbols(link, isThreadLocal)) {
    const { object, globals, isFle } = input
    if (isFle || object.symbolType(object.firstGlobal + index) === STT.TLS) continue
    const symbol = globals[index]
    const defining = objects[symbols.definingObject[symbol]].object
    if (defining === object) continue
    const name = symbols.names.text(symbol)
    link.problem(
      'tls-mismatch',
      `${name} is a variable of each thread in ${defining.name}, and of all in ${object.name}`,
      {
        hint:
          name === 'errno'
            ? 'include <errno.h> instead of declaring errno'
            : `declare it with __thread or thread_local`,
      },
    )
  }
}

/** 1 for each global symbol that is thread-local; undefined if none is. */
function threadLocalSymbols({ objects, outputSections, symbols, memory }: LinkState): Uint8Array | undefined {
  const inputs = new Set<number>()
  for (const { flags, members } of outputSections) {
    for (let i = 0; flags & SHF.TLS && i < members.length; i += 2) inputs.add(members[i])
  }
  if (inputs.size === 0) return undefined
  const isThreadLocal = memory.takeBytes(symbols.count)
  for (const index of inputs) {
    const { object, globals } = objects[index]
    globals.forEach((symbol, i) => {
      const isDefinition =
        symbols.definingObject[symbol] === index && symbols.definingSymbol[symbol] === object.firstGlobal + i
      if (isDefinition && object.symbolType(object.firstGlobal + i) === STT.TLS) isThreadLocal[symbol] = 1
    })
  }
  return isThreadLocal
}
