// objdump: the file written anew, beside it; ar: objects put together.

import { basename } from 'node:path'
import { Diagnostics, type FileSystem, readInput } from '@fle/diagnostics'
import type { ArchiveMember, FleExecutable, FleFile } from '@fle/fle'
import { isSharedObject, readFle, writeFleArchive, writeFleExecutable, writeFleObject } from '@fle/fle'
import { onlyWord, readFleFile, type Tool, type Workplace, writeFile } from './tool.ts'

export const rewriteTool: Tool = {
  usage: 'FILE',
  run(words, workplace) {
    const path = onlyWord(words, workplace)
    const file = path === undefined ? undefined : readFleFile(path, workplace)
    const text = file && textOf(file, workplace)
    if (text && !workplace.diagnostics.hasErrors) writeFile(`${path}.objdump`, text, workplace)
  },
}

/** A file's text in the course's dialect. */
function textOf(file: FleFile, { course, diagnostics }: Workplace): Uint8Array | undefined {
  const { dialect } = course
  switch (file.kind) {
    case 'object':
      return writeFleObject(file.object, { dialect }, diagnostics)
    case 'executable':
      if (dialect !== 'linklab' && isLeftToLoader(file.executable))
        return diagnostics.error('no-form', `${dialect} has no shared objects, and no programs that need them`)
      return writeFleExecutable(file.executable, { dialect })
    case 'archive': {
      const { archive } = file
      const members: ArchiveMember[] = []
      for (let member = 0; member < archive.memberCount; member++) {
        const object = archive.readMember(member, diagnostics)
        if (object) members.push({ name: archive.memberName(member), object })
      }
      return writeFleArchive(members, { dialect, name: basename(archive.name) }, diagnostics)
    }
  }
}

function isLeftToLoader(executable: FleExecutable): boolean {
  if (executable.form === 'blob') return false
  const { needed = [], dynamicRelocations = [] } = executable
  return isSharedObject(executable) || needed.length > 0 || dynamicRelocations.length > 0
}

export const archiveTool: Tool = {
  usage: 'ARCHIVE OBJECT...',
  run([output, ...inputs], workplace) {
    const { course, diagnostics, io } = workplace
    const hint = 'the archive comes first, without letters: ar ARCHIVE OBJECT...'
    if (!mayBeReplaced(output, io.files)) {
      diagnostics.error('not-an-archive', `${output} is there and is not an archive`, { hint })
      return
    }
    if (/^-?[rcsquvD]+$/.test(output) && /\.f?a$/.test(inputs[0])) {
      diagnostics.error('usage', `${output} would be the name of the archive`, { hint })
      return
    }
    const members: ArchiveMember[] = []
    for (const path of inputs) {
      const file = readFleFile(path, workplace)
      if (file?.kind === 'object') members.push({ name: basename(path), object: file.object })
      else if (file) diagnostics.error('not-an-object', 'this is not an object', { at: { file: path } })
    }
    if (diagnostics.hasErrors) return
    const text = writeFleArchive(members, { dialect: course.dialect, name: basename(output) }, diagnostics)
    if (text && !diagnostics.hasErrors) writeFile(output, text, workplace)
  },
}

/** Whether an archive may be written there: nothing is there, or an archive. What cannot be read will not be written. */
function mayBeReplaced(path: string, files: FileSystem): boolean {
  const nothing = new Diagnostics()
  const bytes = readInput(files, path, nothing)
  return bytes === undefined || bytes.length === 0 || readFle(bytes, path, nothing)?.kind === 'archive'
}
