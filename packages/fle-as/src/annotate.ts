import { type FileSystem, readWhole } from '@fle/diagnostics'
import type { SectionComment } from '@fle/fle'
import type { Assembly } from './assembly.ts'
import { readable, textOfBytes } from './characters.ts'
import type { ListedStatement } from './listing.ts'
import type { LineRow } from './section.ts'

/** The most characters of a statement or source line that a comment shows. */
const longestText = 200

/**
 * What FLE text says beside the bytes, by the number of the section in the object: each statement that made bytes, as it was
 * read, and before it the source line that .loc tells of, with its text where `files` has it. To be called when the object is built.
 */
export function annotate(
  assembly: Assembly,
  statements: readonly ListedStatement[],
  files: FileSystem,
): Map<number, SectionComment[]> {
  const sources = new SourceLines(assembly, files)
  const comments = new Map<number, SectionComment[]>()
  for (const section of assembly.sections.all) {
    const ofSection: SectionComment[] = []
    for (const subsection of section.subsections)
      for (const row of subsection.rows) {
        // The line of an instruction itself: its text is told anyway.
        if (row.file < 0) continue
        const comment = { offset: subsection.address(row.piece, row.offset), text: sources.describe(row) }
        dropFromEnd(ofSection, comment)
        ofSection.push(comment)
      }
    if (ofSection.length > 0) comments.set(section.number, ofSection)
  }
  for (const { subsection, piece, offset, endPiece, endOffset, text } of statements) {
    const { number } = subsection.section
    const comment = { offset: subsection.address(piece, offset), text: shorten(text) }
    // An alignment may have come to nothing.
    if (comment.offset === subsection.address(endPiece, endOffset)) continue
    const ofSection = comments.get(number)
    if (ofSection) ofSection.push(comment)
    else comments.set(number, [comment])
  }
  // The sort is stable: at one place the source line stands before the statement.
  for (const ofSection of comments.values()) ofSection.sort((a, b) => a.offset - b.offset)
  return comments
}

/** Takes away what was said already at the same place: compilers name a line again to start another view of variables. */
function dropFromEnd(comments: SectionComment[], { offset, text }: SectionComment): void {
  for (let i = comments.length - 1; i >= 0 && comments[i].offset === offset; i--)
    if (comments[i].text === text) comments.splice(i, 1)
}

function shorten(text: string): string {
  const line = readable(text).trim().replace(/\s+/g, ' ')
  return line.length > longestText ? `${line.slice(0, longestText)}…` : line
}

/** Lines of the sources that .file names. */
class SourceLines {
  readonly #assembly: Assembly
  readonly #files: FileSystem
  readonly #lines = new Map<string, readonly string[]>()

  constructor(assembly: Assembly, files: FileSystem) {
    this.#assembly = assembly
    this.#files = files
  }

  /** `main.c:12: return n;`, without the text where the file cannot be read. */
  describe({ file, line }: LineRow): string {
    const { lines } = this.#assembly
    const named = lines.files[file]
    if (!named) return `line ${line}`
    const folder = lines.directories[named.directory]
    const place = `${readable(named.name)}:${line}`
    const text = this.#read(folder ? `${readable(folder)}/${readable(named.name)}` : readable(named.name))[line - 1]
    return text === undefined || text.trim() === '' ? place : `${place}: ${shorten(text)}`
  }

  #read(path: string): readonly string[] {
    let lines = this.#lines.get(path)
    if (!lines) {
      lines = this.#open(path)
      this.#lines.set(path, lines)
    }
    return lines
  }

  #open(path: string): readonly string[] {
    try {
      return textOfBytes(readWhole(this.#files, path)).split('\n')
    } catch {
      // The source need not be there: then only its name and the line are told.
      return []
    }
  }
}
