// The keys of a step that both forms of a lab have: command, limits, checks.
import { type Check, defaultLimits, type LabFiles, type LabText, type Limits } from './lab.ts'
import { parseSize, parseTime } from './quantity.ts'
import { readPattern } from './regular-expression.ts'
import type { TomlTable } from './toml.ts'

/** Where the files that a step names are looked for: they must be there before anything runs. */
export interface CaseFolder {
  readonly files: LabFiles
  /** Within the lab. */
  readonly path: string
}

/** Limits by `time`, `output`, `memory`, `processes`, `file`, each of which may be absent. */
export function readLimits(table: TomlTable | undefined, otherwise: Limits = defaultLimits): Limits {
  if (!table) return otherwise
  return {
    time: readQuantity(table, 'time', parseTime, 'a time like "5s" or "500ms"') ?? otherwise.time,
    output: readQuantity(table, 'output', parseSize, sizeExample) ?? otherwise.output,
    memory: readQuantity(table, 'memory', parseSize, sizeExample) ?? otherwise.memory,
    processes: readCount(table, 'processes') ?? otherwise.processes,
    file: readQuantity(table, 'file', parseSize, sizeExample) ?? otherwise.file,
  }
}

const sizeExample = 'a size like "64 MiB"'

function readQuantity(
  table: TomlTable,
  key: string,
  parse: (text: string) => number | undefined,
  wanted: string,
): number | undefined {
  const text = table.string(key)
  if (text === undefined) return undefined
  return parse(text) ?? table.reject(key, `must be ${wanted}, not ${JSON.stringify(text)}`)
}

function readCount(table: TomlTable, key: string): number | undefined {
  const count = table.integer(key)
  return count === undefined || count > 0 ? count : table.reject(key, 'must be at least 1')
}

/** A file of the case by its name. A missing one is reported. */
export function readFileName(table: TomlTable, key: string, folder: CaseFolder): string | undefined {
  const name = table.string(key)
  if (name === undefined) return undefined
  // Courses write a file of the case with its folder or without.
  const path = name.replace(/^\$\{test_dir\}\//, '')
  const isWithin = !path.startsWith('/') && !path.split('/').includes('..')
  if (!isWithin) return table.reject(key, `must name a file in the case's folder, not ${JSON.stringify(name)}`)
  if (!folder.files.isFile(`${folder.path}/${path}`))
    return table.reject(key, `names ${name}, but ${folder.path} has no such file`)
  return path
}

/** A regular expression. */
export function readPatternCheck(table: TomlTable, key: string, stream: 'stdout' | 'stderr'): Check[] {
  const text = table.string(key)
  if (text === undefined) return []
  const pattern = readPattern(text)
  if (pattern) return [{ kind: 'pattern', stream, ...pattern }]
  table.reject(key, `is no regular expression: ${JSON.stringify(text)}`)
  return []
}

/** `KEY = "text"` or `KEY-file = "name"`, but not both. */
export function readLabText(table: TomlTable, key: string, folder: CaseFolder): LabText | undefined {
  const text = table.string(key)
  const file = readFileName(table, `${key}-file`, folder)
  if (text !== undefined && file !== undefined) return table.reject(key, `and ${key}-file cannot both be given`)
  return text !== undefined ? { text } : file !== undefined ? { file } : undefined
}

/** Reports words with a variable that does not exist; it would stand in the command as it is. */
export function checkVariables(table: TomlTable, key: string, words: readonly string[]): void {
  for (const word of words) {
    for (const [variable, name] of word.matchAll(/\$\{([^}]*)\}/g)) {
      if (!variableNames.includes(name))
        table.reject(key, `has ${variable}, which is no variable`, `there are ${variableNames.join(', ')}`)
    }
  }
}

/** What a step without a name is called. */
export function programName(command: readonly string[]): string {
  return command.length === 0 ? '' : command[0].slice(command[0].lastIndexOf('/') + 1)
}

/** What may stand in `${…}`: the submission's folder, the case's, the one for what it makes, and the one all cases share. */
const variableNames: readonly string[] = ['root_dir', 'test_dir', 'build_dir', 'common_dir']
