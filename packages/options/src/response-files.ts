import { type Diagnostics, FileError, type FileSystem, readWhole, reportFileError } from '@fle/diagnostics'

/** As in libiberty: a file that names itself ends here, and so does one that names many that name many. */
const mostFiles = 2000
const mostWords = 1_000_000

/**
 * Replaces each `@file` by the words in that file, and each `@file` among these likewise, as libiberty's expandargv
 * does: where there is no such file, the word stays as it is. A file that cannot be read, too many files and too many
 * words are reported, and the words found so far are returned.
 */
export function expandResponseFiles(argv: readonly string[], files: FileSystem, diagnostics: Diagnostics): string[] {
  const expanded: string[] = []
  const waiting = [...argv].reverse()
  let filesRead = 0
  for (let word = waiting.pop(); word !== undefined; word = waiting.pop()) {
    const path = word.slice(1)
    try {
      const text = word.startsWith('@') ? readIfPresent(files, path) : undefined
      if (text === undefined) {
        expanded.push(word)
        continue
      }
      const words = splitWords(text)
      if (++filesRead > mostFiles || expanded.length + waiting.length + words.length > mostWords) {
        diagnostics.error('response-file', `${word}: the response files are too many or too long`, {
          hint: 'a response file that names itself never ends',
        })
        break
      }
      for (let i = words.length - 1; i >= 0; i--) waiting.push(words[i])
    } catch (error) {
      reportFileError(error, path, diagnostics)
      break
    }
  }
  return expanded
}

function readIfPresent(files: FileSystem, path: string): string | undefined {
  try {
    return new TextDecoder().decode(readWhole(files, path))
  } catch (error) {
    if (error instanceof FileError && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined
    throw error
  }
}

/**
 * Splits a response file as libiberty's buildargv does: words stand between white space; either quote keeps white space
 * and the other quote; a backslash keeps the character behind it, also within quotes; the end closes a quote.
 */
function splitWords(text: string): string[] {
  const words: string[] = []
  let word = ''
  let inWord = false
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (quote === '' && isSpace(character)) {
      if (inWord) words.push(word)
      word = ''
      inWord = false
      continue
    }
    inWord = true
    if (character === '\\') word += text[++i] ?? ''
    else if (character === quote) quote = ''
    else if (quote === '' && (character === '"' || character === "'")) quote = character
    else word += character
  }
  if (inWord) words.push(word)
  return words
}

/** C's isspace. */
function isSpace(character: string): boolean {
  return character === ' ' || (character >= '\t' && character <= '\r')
}
