import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runToSuccess } from './run-command.ts'

/** The language of a source text, by the ending that gcc knows it by. */
export type SourceLanguage = 'c' | 'cc' | 's' | 'S'

const compiled = new Map<string, Uint8Array>()

/**
 * The object that the system's gcc (g++ for `cc`) makes of a source text. The same text with the same options is
 * compiled once in a process. Throws, with gcc's message, when it does not compile.
 */
export function compile(source: string, options: readonly string[] = [], language: SourceLanguage = 'c'): Uint8Array {
  const key = JSON.stringify([language, options, source])
  let object = compiled.get(key)
  if (!object) {
    object = runCompiler(source, options, language)
    compiled.set(key, object)
  }
  return object.slice()
}

/** The object that GNU as makes of an assembly text. */
export function assemble(source: string, options: readonly string[] = []): Uint8Array {
  return compile(source, options, 's')
}

function runCompiler(source: string, options: readonly string[], language: SourceLanguage): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'fle-test-'))
  try {
    const input = `source.${language}`
    writeFileSync(join(folder, input), source)
    runToSuccess(language === 'cc' ? 'g++' : 'gcc', [...options, '-c', input, '-o', 'object.o'], { cwd: folder })
    return new Uint8Array(readFileSync(join(folder, 'object.o')))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
