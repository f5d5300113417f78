// cc: gcc, and its object turned into FLE.

import { convert } from '@fle/cc'
import type { Tool, Workplace } from './tool.ts'
import { writeFile } from './tool.ts'

/** Runs gcc on the streams of this process; the exit status, or why it could not be started. */
export type RunCompiler = (words: readonly string[]) => number | string

/** The tool; the object stands beside what `-o` names, with the course's ending. */
export function compileTool(runCompiler: RunCompiler, remove: (path: string) => void): Tool {
  return {
    usage: '[GCC OPTION]... SOURCE -o OBJECT',
    run(words, workplace) {
      const { course, diagnostics } = workplace
      const isPic = words.some((word) => word === '-fPIC' || word === '-fpic')
      const own = course.compilerWords.filter((word) => word !== '-static' || !isPic)
      const output = outputOf(words)
      const status = runCompiler([...own, ...words, ...(output === undefined ? ['-o', usualOutput] : [])])
      if (status !== 0) {
        const notes = typeof status === 'string' ? [status] : []
        diagnostics.error('compiler-failed', 'gcc compilation failed', { notes })
        return
      }
      const elf = output ?? usualOutput
      convertObject(elf, workplace)
      if (!course.keepsElf) remove(elf)
    },
  }
}

const usualOutput = 'a.out'

function convertObject(elf: string, workplace: Workplace): void {
  const { course, io, diagnostics } = workplace
  const to = elf.replace(/(\.[^./]*)?$/, course.objectEnding)
  const conversion = { from: elf, to, format: 'fle', dialect: course.dialect, keepDebug: false } as const
  const text = convert(conversion, io.files, diagnostics)
  if (text && !diagnostics.hasErrors) writeFile(to, text, workplace)
}

/** What `-o` names, in one word or two. */
function outputOf(words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => /^-o/.test(word))
  if (at < 0) return undefined
  return words[at] === '-o' ? words[at + 1] : words[at].slice(2)
}
