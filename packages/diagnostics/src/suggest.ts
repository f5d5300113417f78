/** Names of hostile files may be megabytes long, and the distance takes the product of both lengths. */
const longestWord = 256
/** A candidate with more edits than this is never {@link suggest}ed. */
export const mostEdits = 3

/**
 * The candidate nearest to a misspelt word, or undefined when none is near enough to be what was meant:
 * a third of the word's length in edits (insert, delete, replace, swap neighbours), at least one, at most three.
 */
export function suggest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > longestWord) return undefined
  const most = Math.min(mostEdits, Math.max(1, Math.floor(word.length / 3)))
  const rows = rowsFor(word)
  let best: string | undefined
  let bestDistance = most + 1
  for (const candidate of candidates) {
    if (candidate === word || Math.abs(candidate.length - word.length) >= bestDistance) continue
    const distance = editDistance(word, candidate, bestDistance, rows)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** Rows of the table of distances: that of the character before the last, of the last, and of this one. */
type Rows = readonly [Uint16Array, Uint16Array, Uint16Array]

function rowsFor(word: string): Rows {
  const length = word.length + mostEdits + 2
  return [new Uint16Array(length), new Uint16Array(length), new Uint16Array(length)]
}

/**
 * Optimal string alignment distance (Damerau-Levenshtein without repeated edits of one substring) if it is below `limit`,
 * else some number from `limit` on. Only cells as near to the diagonal as that are looked at (Ukkonen's band).
 */
function editDistance(a: string, b: string, limit: number, rows: Rows): number {
  let [beforeLast, last, row] = rows
  for (let j = 0; j <= b.length; j++) last[j] = j
  for (let i = 1; i <= a.length; i++) {
    const first = Math.max(1, i - limit)
    const end = Math.min(b.length, i + limit)
    const letter = a.charCodeAt(i - 1)
    row[first - 1] = first === 1 ? i : limit
    let least = row[first - 1]
    for (let j = first; j <= end; j++) {
      const above = j === i + limit ? limit : last[j]
      let cell = Math.min(above + 1, row[j - 1] + 1, last[j - 1] + (letter === b.charCodeAt(j - 1) ? 0 : 1))
      if (i > 1 && j > 1 && letter === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === b.charCodeAt(j - 1))
        cell = Math.min(cell, beforeLast[j - 2] + 1)
      row[j] = cell
      least = Math.min(least, cell)
    }
    if (least >= limit) return limit
    const spare = beforeLast
    beforeLast = last
    last = row
    row = spare
  }
  return last[b.length]
}
