/** What differs between a file that was made and the one that was expected, the first differences only. None if they are equal. */
export function compareFiles(actual: Uint8Array, expected: Uint8Array, path: string, expectedPath: string): string[] {
  const length = Math.min(actual.length, expected.length)
  let at = 0
  while (at < length && actual[at] === expected[at]) at++
  if (at === length && actual.length === expected.length) return []
  if (at === length) return [`${path} has ${actual.length} bytes, ${expectedPath} has ${expected.length}`]
  const byte = (bytes: Uint8Array): string => `0x${bytes[at].toString(16).padStart(2, '0')}`
  return [`byte at offset ${at}: expected ${byte(expected)}, got ${byte(actual)}`]
}
