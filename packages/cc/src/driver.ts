import { basename, dirname, join } from 'node:path'
import type { Diagnostics } from '@fle/diagnostics'
import type { Dialect } from '@fle/fle'
import type { Input, Invocation } from './invocation.ts'

/** Turns an object or an archive into one of another format (or dialect). */
export interface Conversion {
  readonly from: string
  readonly to: string
  readonly format: 'fle' | 'elf'
  readonly dialect: Dialect
  readonly keepDebug: boolean
  /** The object's name in messages, where `from` is a temporary file. */
  readonly name?: string
}

/** What gcc starts by itself, and what can take its place. */
export type GnuTool = 'as' | 'ld'

/** One thing to do. */
export type Step =
  /** gcc, and what becomes of the object that it leaves. */
  | { readonly kind: 'compile'; readonly words: readonly string[]; readonly conversion?: Conversion }
  | { readonly kind: 'convert'; readonly conversion: Conversion }
  /** Makes a folder with an `ld` in it that is fle-ld, an `as` that is fle-as, or both. */
  | { readonly kind: 'tools-folder'; readonly folder: string; readonly tools: readonly GnuTool[] }
  /** The last step: done only if all before it went well. */
  | { readonly kind: 'link'; readonly program: 'gcc' | 'fle-ld'; readonly words: readonly string[] }

/**
 * What gcc is told before the user's own words: code that needs no library and runs at any address, without tables
 * for unwinding.
 */
const freestandingWords: readonly string[] = [
  '-static',
  '-fPIE',
  '-nostdlib',
  '-ffreestanding',
  '-fno-asynchronous-unwind-tables',
]

/**
 * The steps that an invocation asks for. `temporaryPath` gives the path of a file, by name, in a folder that lives as
 * long as the steps run. What cannot be done is reported.
 */
export function planSteps(
  invocation: Invocation,
  temporaryPath: (name: string) => string,
  diagnostics: Diagnostics,
): Step[] {
  const stage = stageOf(invocation)
  const hasFiles = invocation.inputs.some((input) => input.kind !== 'link-words')
  // Without files gcc answers: to questions such as -print-search-dirs, or that there are none.
  if (stage === 'text' || !hasFiles) {
    return [{ kind: 'compile', words: [...defaultWords(invocation), ...invocation.gccWords] }]
  }
  const isHosted = stage === 'program' && invocation.hosted
  const tools: readonly GnuTool[] = [
    ...(invocation.assembler === 'fle' ? (['as'] as const) : []),
    ...(isHosted ? (['ld'] as const) : []),
  ]
  const folder = tools.length > 0 ? temporaryPath(toolsFolder) : ''
  return [
    ...(tools.length > 0 ? [{ kind: 'tools-folder', folder, tools } as const] : []),
    ...(stage === 'objects'
      ? planObjects(invocation, temporaryPath, diagnostics)
      : isHosted
        ? planHosted(invocation, folder)
        : planProgram(invocation, temporaryPath)),
  ]
}

/** Where gcc finds the tools that are ours. */
const toolsFolder = 'programs'

/** As the course's cc: an output that is named like an object is one, with -c or without. */
function stageOf({ stage, output, inputs, relocatable }: Invocation): Invocation['stage'] {
  if (stage !== 'program' || output === undefined || relocatable) return stage
  if (/\.(o|fle|fo)$/.test(output)) return 'objects'
  const isArchive = /\.f?a$/.test(output) && !inputs.some(({ kind }) => kind === 'source')
  return isArchive ? 'objects' : stage
}

function defaultWords({ hosted }: Invocation): readonly string[] {
  return hosted ? [] : freestandingWords
}

function planObjects(
  invocation: Invocation,
  temporaryPath: (name: string) => string,
  diagnostics: Diagnostics,
): Step[] {
  const { output, format } = invocation
  const files = invocation.inputs.filter((input) => input.kind !== 'link-words')
  if (output !== undefined && files.length > 1) {
    diagnostics.error('several-inputs', `-o ${output} names one object, and there are ${files.length} input files`, {
      hint: 'give each its own command, or leave -o out',
    })
    return []
  }
  if (format === 'binary') {
    diagnostics.error('option-value', '--oformat=binary is for programs: an object is fle or elf64-x86-64')
    return []
  }
  return files.flatMap((file, i) =>
    file.kind === 'source' ? compileToObject(invocation, file, i, temporaryPath) : convertObject(invocation, file.path),
  )
}

type Source = Extract<Input, { kind: 'source' }>

/** gcc's words for one source. Its dependencies (-MD) are those of the object that stays, and are named after it. */
function compileWords(
  invocation: Invocation,
  source: Source,
  object: string,
  dependencies: { file: string; target: string },
  temporaryPath: (name: string) => string,
): string[] {
  const { wanted, hasFile, hasTarget } = invocation.dependencies
  return [
    '-c',
    ...(invocation.assembler === 'fle' ? [`-B${temporaryPath(toolsFolder)}/`] : []),
    ...defaultWords(invocation),
    ...invocation.compilerWords,
    ...(wanted && !hasFile ? ['-MF', dependencies.file] : []),
    ...(wanted && !hasTarget ? ['-MQ', dependencies.target] : []),
    ...(source.language === undefined ? [] : ['-x', source.language]),
    source.path,
    '-o',
    object,
  ]
}

function compileToObject(
  invocation: Invocation,
  source: Source,
  index: number,
  temporaryPath: (name: string) => string,
): Step[] {
  const { output, format } = invocation
  const isElf = formatOf(invocation, output) === 'elf'
  const target = output ?? `${basename(stem(source.path))}${isElf ? '.o' : '.fle'}`
  const object = isElf ? target : temporaryPath(`${index}.o`)
  const words = compileWords(invocation, source, object, { file: `${stem(target)}.d`, target }, temporaryPath)
  if (!isElf) return [{ kind: 'compile', words, conversion: conversionOf(invocation, object, target, source) }]
  // The course's cc leaves both.
  const beside = format === undefined && target.endsWith('.o')
  if (!beside) return [{ kind: 'compile', words }]
  return [
    { kind: 'compile', words, conversion: conversionOf(invocation, object, `${stem(target)}.fle`, source, 'fle') },
  ]
}

function conversionOf(
  invocation: Invocation,
  from: string,
  to: string,
  source?: Source,
  format = formatOf(invocation, to),
): Conversion {
  const { dialect, keepDebug } = invocation
  const name = source && { name: `${basename(stem(source.path))}.o` }
  return { from, to, format, dialect, keepDebug, ...name }
}

/** Objects and archives become what the output's name says, by default the other format. */
function convertObject(invocation: Invocation, from: string): Step[] {
  const { output, format } = invocation
  const isArchive = /\.f?a$/.test(from)
  const wasFle = /\.f(le|o|a)$/.test(from)
  const toFle = format === undefined ? !wasFle : format === 'fle'
  const ending = toFle ? (isArchive ? '.fa' : '.fle') : isArchive ? '.a' : '.o'
  const to = output ?? `${basename(stem(from))}${ending}`
  return [{ kind: 'convert', conversion: conversionOf(invocation, from, to) }]
}

/** --oformat, else the ending of the output's name, else FLE: that is what this compiler is for. */
function formatOf({ format }: Invocation, output: string | undefined): 'fle' | 'elf' {
  if (format !== undefined) return format === 'fle' ? 'fle' : 'elf'
  return output !== undefined && /\.[oa]$/.test(output) ? 'elf' : 'fle'
}

/** Compiles what is source and gives all to fle-ld, in the order of the command line. */
function planProgram(invocation: Invocation, temporaryPath: (name: string) => string): Step[] {
  const { output, format, inputs } = invocation
  // fle-ld writes FLE if every input is FLE. Sources are, unless it is clear that the program will be ELF: then their
  // debug information is wanted, which FLE objects leave out.
  const willBeElf = format === undefined ? inputs.some(isElfByName) : format !== 'fle'
  const steps: Step[] = []
  const words: string[] = []
  if (output !== undefined) words.push('-o', output)
  if (format !== undefined) words.push(`--oformat=${format}`)
  if (invocation.json) words.push('--diagnostics=json')
  for (const [i, input] of inputs.entries()) {
    if (input.kind === 'link-words') words.push(...input.words)
    else if (input.kind === 'object') words.push(input.path)
    else {
      const name = basename(stem(input.path))
      const object = temporaryPath(`${i}-${name}.o`)
      const dependencies = { file: `${auxiliaryPrefix(output)}${name}.d`, target: `${name}.o` }
      const compile = compileWords(invocation, input, object, dependencies, temporaryPath)
      const linked = willBeElf ? object : `${stem(object)}.fle`
      if (willBeElf) steps.push({ kind: 'compile', words: compile })
      else {
        const conversion = conversionOf(invocation, object, linked, input, 'fle')
        steps.push({ kind: 'compile', words: compile, conversion })
      }
      words.push(linked)
    }
  }
  return [...steps, { kind: 'link', program: 'fle-ld', words }]
}

function isElfByName(input: Input): boolean {
  return input.kind === 'object' && /\.[oa]$/.test(input.path)
}

/** As gcc names what a link leaves beside the program: `prog-main.d` for `-o prog`, `a-main.d` without -o. */
function auxiliaryPrefix(output = 'a.out'): string {
  return join(dirname(output), `${basename(stem(output))}-`)
}

/** gcc does it all, with start files and C library, and finds fle-ld where it looks for ld. */
function planHosted({ format, gccWords }: Invocation, folder: string): Step[] {
  const isStatic = gccWords.some((word) => /^--?static(-pie)?$/.test(word))
  const words = [
    ...(isStatic ? [] : ['-static']),
    `-B${folder}/`,
    ...(format === undefined ? [] : [`-Wl,--oformat=${format}`]),
    ...gccWords,
  ]
  return [{ kind: 'link', program: 'gcc', words }]
}

/** A path without its last ending. */
function stem(path: string): string {
  const name = basename(path)
  const dot = name.lastIndexOf('.')
  return dot > 0 ? path.slice(0, path.length - (name.length - dot)) : path
}
