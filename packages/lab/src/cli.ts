// The command fle, under its own name and under those of the labs' tools.

import { basename, dirname, resolve } from 'node:path'
import { type CommandIo, Diagnostics, exitStatus, FileError, fail, readWhole } from '@fle/diagnostics'
import { type Course, courseOf, courses } from './course.ts'
import { inLabWords } from './lab-words.ts'
import { becomeCommand, commandNames, runCompiler } from './launch.ts'
import { courseFile, fleFilesBelow, putLinks, readCourseFile, removeFile } from './node.ts'
import type { Tool } from './tool.ts'
import { version } from './version.ts'

/** The labs' tools, by their names. Each is loaded when it is started, from a bundle of its own. */
const tools: Readonly<Record<string, () => Promise<Tool>>> = {
  cc: async () => (await import('./tool-compile.ts')).compileTool(runCompiler, removeFile),
  ld: async () => (await import('./tool-link.ts')).linkTool,
  nm: async () => (await import('./tool-symbols.ts')).symbolsTool,
  objdump: async () => (await import('./tool-rewrite.ts')).rewriteTool,
  readfle: async () => (await import('./tool-show.ts')).showTool,
  exec: async () => (await import('./launch-program.ts')).launchTool,
  disasm: async () => (await import('./tool-disassemble.ts')).disassembleTool,
  ar: async () => (await import('./tool-rewrite.ts')).archiveTool,
}

/** The status of the labs' tools when something went wrong. */
const toolFailure = 1

/** Which tool it is depends on the name of the link that was started. Returns the exit status. */
export async function main(argv: readonly string[], io: CommandIo): Promise<number> {
  const name = basename(process.argv[1])
  if (Object.hasOwn(tools, name)) return runLinked(name, argv, io)
  const [command, ...words] = argv
  if (command === 'lab') return runLab(words, io)
  if (command !== undefined && commandNames.includes(command)) {
    becomeCommand(command, words)
    return new Promise<number>(() => {}) // the other command ends the process
  }
  if (command === '--version') io.stdout(`fle ${version}\n`)
  else if (command === '--help') io.stdout(help)
  else {
    const message = command === undefined ? 'no command is given' : `there is no command ${command}`
    return fail(io, 'fle', exitStatus.usageError, message, 'fle --help lists the commands')
  }
  return exitStatus.success
}

const help = `Usage: fle COMMAND [ARGUMENT]...

  fle lab init DIR --course=NAME [--force]   put the tools of a course's lab into DIR: ${Object.keys(tools).join(' ')}
                                             (courses: ${courses.join(', ')})
  fle lab run COURSE TOOL [ARGUMENT]...      run one of them without a link
  fle lab check DIR                          say what the FLE files of a lab and these commands disagree about
  fle ${commandNames.join('|')}
                                             the command fle-NAME of the toolchain: fle ld --help
`

/** Runs the tool that a link is named after. */
function runLinked(name: string, argv: readonly string[], io: CommandIo): Promise<number> {
  const course = findCourse(io)
  if (typeof course !== 'string') return runTool(name, argv, course, io)
  io.stderr(`Error: ${course}\n`)
  return Promise.resolve(toolFailure)
}

/** Runs a tool in the labs' manner: their words, and status 1 for all that goes wrong. */
async function runTool(name: string, argv: readonly string[], course: Course, io: CommandIo): Promise<number> {
  const tool = await tools[name]()
  const isHelp = argv.includes('-h') || argv.includes('--help')
  if (argv.length === 0 || isHelp) {
    io.stderr(`Usage: ${name} ${tool.usage}\n`)
    return isHelp ? exitStatus.success : toolFailure
  }
  const diagnostics = new Diagnostics()
  await tool.run(argv, { course, io, diagnostics })
  io.stderr(inLabWords(diagnostics, course))
  return diagnostics.hasErrors ? toolFailure : exitStatus.success
}

/** The course of the link that was started, or what is wrong. */
function findCourse(io: CommandIo): Course | string {
  const folder = dirname(resolve(process.argv[1]))
  const named = io.env.FLE_DIALECT
  if (named !== undefined) return courseOf(named) ?? `FLE_DIALECT: there is no course ${named}: ${courses.join(', ')}`
  const text = readCourseFile(folder)
  if (text === undefined) return `${courseFile} is missing beside this tool: fle lab init makes it`
  const name = /^\s*\{\s*"course"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? ''
  return courseOf(name) ?? `${courseFile}: there is no course "${name}": ${courses.join(', ')}`
}

async function runLab([verb, ...words]: readonly string[], io: CommandIo): Promise<number> {
  if (verb === 'init') return initLab(words, io)
  if (verb === 'check') return checkLab(words, io)
  const [courseName, tool, ...argv] = words
  const course = courseOf(courseName ?? '')
  if (verb === 'run' && course && Object.hasOwn(tools, tool ?? '')) return runTool(tool, argv, course, io)
  return fail(io, 'fle', exitStatus.usageError, 'fle lab init, check, or run COURSE TOOL is expected', 'fle --help')
}

function initLab(words: readonly string[], io: CommandIo): number {
  const usage = (message: string) =>
    fail(io, 'fle', exitStatus.usageError, message, 'fle lab init DIR --course=linklab')
  let course: string | undefined
  let replaces = false
  const folders: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]
    if (word === '--course') course = words[++at]
    else if (word.startsWith('--course=')) course = word.slice('--course='.length)
    else if (word === '--force') replaces = true
    else if (word.startsWith('-')) return usage(`unknown option: ${word}`)
    else folders.push(word)
  }
  if (folders.length !== 1) return usage('one folder is expected')
  if (course === undefined || !courseOf(course)) return usage(`--course is one of ${courses.join(', ')}`)
  const taken = putLinks(folders[0], Object.keys(tools), course, replaces)
  if (taken.length === 0) return exitStatus.success
  const message = `${folders[0]} has files of these names already: ${taken.join(' ')}`
  return fail(io, 'fle', exitStatus.inputError, message, '--force puts links in their place')
}

/** Exit statuses: 0 all agree, 1 something does not, 2 it could not be looked at. */
async function checkLab(words: readonly string[], io: CommandIo): Promise<number> {
  const { checkLabFile } = await import('./check-lab.ts')
  const [folder] = words
  if (words.length !== 1) return fail(io, 'fle', exitStatus.usageError, 'one folder is expected', 'fle lab check DIR')
  const name = /"course"\s*:\s*"([^"]*)"/.exec(readCourseFile(folder) ?? '')?.[1] ?? ''
  const course = courseOf(name)
  if (!course) {
    const hint = `fle lab init ${folder} --course=${courses.join('|')}`
    return fail(io, 'fle', exitStatus.usageError, `${folder} has no ${courseFile} that names a course`, hint)
  }
  let findings = 0
  const paths = fleFilesBelow(folder)
  for (const path of paths) {
    try {
      for (const finding of checkLabFile({ path, bytes: readWhole(io.files, path) }, course)) {
        io.stdout(`${path}: ${finding}\n`)
        findings++
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      io.stdout(`${path}: ${error.message}\n`)
      findings++
    }
  }
  io.stdout(`${paths.length} files, ${findings} findings\n`)
  return findings === 0 ? exitStatus.success : exitStatus.inputError
}
