import type { FileSystem } from '@fle/diagnostics'

/** The columns of a line: gas's. */
const mostColumns = 72

/** A file system that notes what was opened, each path once. */
export function notingFiles(files: FileSystem, opened: Set<string>): FileSystem {
  return {
    open(path) {
      const file = files.open(path)
      opened.add(path)
      return file
    },
  }
}

/** A rule for make, as GNU as writes it: the object depends on the files that were read (gas/depend.c). */
export function dependencyRule(output: string, files: Iterable<string>): string {
  let rule = `${quoteForMake(output)}:`
  let column = rule.length
  for (const file of files) {
    const word = quoteForMake(file)
    const isFull = column + word.length > mostColumns - ' \\'.length - 1
    rule += isFull ? ` \\\n ${word}` : ` ${word}`
    column = isFull ? word.length : column + 1 + word.length
  }
  return `${rule}\n`
}

/** Backslashes double before a blank and at the end, where make would take them for its own. */
function quoteForMake(path: string): string {
  return path
    .replace(/(\\*)([ \t]|$)/g, (_, slashes: string, blank: string) => {
      return slashes + slashes + (blank === '' ? '' : `\\${blank}`)
    })
    .replaceAll('$', '$$$$')
}
