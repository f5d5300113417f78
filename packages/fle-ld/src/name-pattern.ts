/** Whether a name is of a pattern of the shell's kind. At most as many steps as the product of their lengths. */
export function matchesPattern(pattern: string, name: string): boolean {
  let at = 0
  let star = -1
  let retry = 0
  for (let i = 0; i < name.length; ) {
    if (at < pattern.length && pattern[at] !== '*' && (pattern[at] === '?' || pattern[at] === name[i])) {
      at++
      i++
    } else if (pattern[at] === '*') {
      star = at++
      retry = i
    } else if (star >= 0) {
      at = star + 1
      i = ++retry
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
