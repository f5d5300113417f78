// fle-grade as it is installed, and submissions to try it on.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { type RunOptions, type RunResult, runCommand } from '@fle/testkit'
import type { Test } from 'tap'

const commands = join(import.meta.dirname, '../../../node_modules/.bin')

type Folder = { [name: string]: string | Folder }

/** A shell script. */
export const script = (text: string): string => `#!/bin/sh\n${text}\n`

/** A folder with files, of which those that begin with `#!` are executable, and fle-grade in it. */
export function workshop(t: Test, content: Folder) {
  const cwd = t.testdir(content)
  markScripts(content, cwd)
  const grade = (words: string, options: RunOptions = {}): RunResult =>
    runCommand(join(commands, 'fle-grade'), words.split(' '), { cwd, ...options })
  return { cwd, grade, path: (name: string) => join(cwd, name) }
}

function markScripts(folder: Folder, path: string): void {
  for (const [name, content] of Object.entries(folder)) {
    if (typeof content !== 'string') markScripts(content, join(path, name))
    else if (content.startsWith('#!')) chmodSync(join(path, name), 0o755)
  }
}
