// Course labs write their patterns for Python's `re`; these are the differences to JavaScript that occur in such patterns.

const inlineFlags = /^\(\?([aimsux]+)\)/

/** A pattern and flags that JavaScript matches as Python's re.search does with MULTILINE; undefined if it is no pattern. */
export function readPattern(text: string): { pattern: string; flags: string } | undefined {
  const inline = inlineFlags.exec(text)
  const flags = new Set('m')
  for (const flag of inline?.[1] ?? '') if (flag === 'i' || flag === 's') flags.add(flag)
  const pattern = text
    .slice(inline?.[0].length ?? 0)
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replace(/\\([\s\S])/g, (pair, letter: string) =>
      letter === 'A' ? '(?<![\\s\\S])' : letter === 'Z' ? '(?![\\s\\S])' : pair,
    )
  try {
    const flagText = [...flags].sort().join('')
    new RegExp(pattern, flagText)
    return { pattern, flags: flagText }
  } catch {
    return undefined
  }
}
