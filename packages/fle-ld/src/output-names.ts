// Which output section an input section goes to, and where in it, by its name: the rules of GNU ld's default script.

/** The name of the output section, and the order within it: sections of a lower order come first. */
export interface OutputPlace {
  readonly name: string
  readonly order: number
}

const prefixes = [
  '.text',
  '.rodata',
  '.data.rel.ro.local',
  '.data.rel.ro',
  '.data',
  '.bss',
  '.tdata',
  '.tbss',
  '.init_array',
  '.fini_array',
  '.preinit_array',
  '.gcc_except_table',
  '.ldata',
  '.lrodata',
  '.lbss',
  '.eh_frame',
  '.ctors',
  '.dtors',
] as const

/** Those of the prefixes that tell the place of all names below them (of `.text`: of nearly all), the longer ones first. */
export const plainPrefixes: readonly string[] = prefixes.filter(
  (prefix) => !/^.(init|fini|preinit|[cd]tors)/.test(prefix),
)

const linkOnce: Readonly<Record<string, string>> = {
  t: '.text',
  r: '.rodata',
  'd.rel.ro.local': '.data.rel.ro.local',
  'd.rel.ro': '.data.rel.ro',
  d: '.data',
  b: '.bss',
  td: '.tdata',
  tb: '.tbss',
  l: '.ldata',
  lr: '.lrodata',
  lb: '.lbss',
  wi: '.debug_info',
}

/** Names of their own that belong to another section, behind what is named after that. */
const joining: Readonly<Record<string, string>> = { '.stub': '.text', '.tcommon': '.tbss' }

/** Cold and start-up code stand together before the rest. */
const textOrder: Readonly<Record<string, number>> = { unlikely: 0, exit: 1, startup: 2, hot: 3, sorted: 4 }
const otherText = 2 ** 31 - 1

/** Input sections without a priority come after those with one (65,536 priorities). */
const noPriority = 65_536

/** Where an input section of this name goes. */
export function outputPlace(name: string): OutputPlace {
  if (name.startsWith('.gnu.linkonce.')) {
    const kind = Object.keys(linkOnce).find((key) => name.startsWith(`.gnu.linkonce.${key}.`))
    return kind === undefined ? { name, order: 0 } : outputPlace(linkOnce[kind])
  }
  if (Object.hasOwn(joining, name)) return { name: joining[name], order: otherText }
  const prefix = prefixes.find((known) => name === known || name.startsWith(`${known}.`))
  if (prefix === undefined) return { name, order: 0 }
  const rest = name.slice(prefix.length + 1)
  if (prefix === '.text') return { name: prefix, order: orderOfText(rest) }
  // What only the program itself refers to stands together before the rest.
  if (prefix === '.data.rel.ro.local') return { name: '.data.rel.ro', order: 0 }
  if (prefix === '.data.rel.ro') return { name: prefix, order: 1 }
  if (prefix === '.init_array' || prefix === '.fini_array') return { name: prefix, order: priority(rest, false) }
  if (prefix === '.ctors' || prefix === '.dtors') {
    // They run from the end backwards, so GNU ld puts them among the arrays in the reverse order.
    return { name: prefix === '.ctors' ? '.init_array' : '.fini_array', order: priority(rest, true) }
  }
  return { name: prefix, order: 0 }
}

/** `sorted.7` stands behind `sorted.6`: so compilers order functions by when they are called. */
function orderOfText(rest: string): number {
  const [kind, number = ''] = rest.split('.', 2)
  const order = Object.hasOwn(textOrder, kind) ? textOrder[kind] : otherText
  return order === textOrder.sorted && /^\d{1,9}$/.test(number) ? order + Number(number) : order
}

function priority(text: string, reversed: boolean): number {
  if (!/^\d{1,5}$/.test(text)) return noPriority
  const number = Math.min(Number(text), noPriority - 1)
  return reversed ? noPriority - 1 - number : number
}

/** Names that GNU ld's default script has besides those of {@link outputPlace}. */
const placed =
  /^\.(init|fini|plt|got|got\.plt|interp|rodata1|data1|jcr|comment|sframe|gnu_extab|exception_ranges|eh_frame_hdr|note\.gnu\.build-id|gnu\.attributes|z?debug_\w+|stab(str)?|line)$/

/** Whether GNU ld's default script says where input sections of a name go, that for -r only of names as such: all others are orphans. */
export function hasPlace(name: string, relocatable: boolean): boolean {
  if (prefixes.some((prefix) => prefix === name) || placed.test(name)) return true
  return !relocatable && outputPlace(name).name !== name
}
