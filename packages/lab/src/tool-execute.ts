// exec: a program, with a report of the fault that it may die of.

import {
  bindSharedObjects,
  inSegments,
  isSharedObject,
  type SegmentedExecutable,
  segmentFlag,
  writeFleExecutable,
} from '@fle/fle'
import { onlyWord, readFleFile, type Tool } from './tool.ts'

/** Becomes the program of this text, of which the file at the path is said to have been made; returns if that fails. */
export type BecomeProgram = (path: string, text: Uint8Array) => Promise<string>

const pageSize = 4096
/** Between the program and what is put behind it: accesses just beyond the program fail as they would without it. */
const distance = 1 << 21
/** Of the handler's stack: it must hold all registers of the processor. */
const stackSize = 1 << 16

/** The tool. `faultReport` is the code that comes first: two words to fill in, and instructions. */
export function executeTool(faultReport: () => Uint8Array | undefined, become: BecomeProgram): Tool {
  return {
    usage: 'PROGRAM',
    async run(words, workplace) {
      const { diagnostics } = workplace
      const path = onlyWord(words, workplace)
      const file = path === undefined ? undefined : readFleFile(path, workplace)
      if (path === undefined || !file || diagnostics.hasErrors) return
      if (file.kind !== 'executable' || isSharedObject(file.executable)) {
        diagnostics.error('not-executable', 'File is not an executable FLE.')
        return
      }
      const search = { files: workplace.io.files, libraryPath: workplace.io.env.FLE_LIBRARY_PATH }
      const bound = bindSharedObjects(inSegments(file.executable), path, search, diagnostics)
      if (!bound) return
      const code = faultReport()
      const program = code ? reporting(bound.program, code) : bound.program
      const failure = await become(path, writeFleExecutable(program, { dialect: 'fle' }))
      diagnostics.error('cannot-execute', failure)
    },
  }
}

/** A program that has its faults reported. */
export function reporting(executable: SegmentedExecutable, code: Uint8Array): SegmentedExecutable {
  const end = executable.segments.reduce((most, { address, size }) => Math.max(most, Number(address) + size), 0)
  const address = (Math.ceil(end / distance) + 1) * distance
  const stack = address + Math.ceil(code.length / pageSize) * pageSize
  const content = code.slice()
  const view = new DataView(content.buffer)
  view.setBigUint64(0, BigInt.asUintN(64, BigInt(executable.entry)), true)
  view.setBigUint64(8, BigInt(stack), true)
  const { execute, write, read } = segmentFlag
  const added = [
    { name: '.fault-report', address, size: content.length, flags: read | execute, content },
    { name: '.fault-stack', address: stack, size: stackSize, flags: read | write, content: new Uint8Array() },
  ]
  return { ...executable, entry: address + 16, segments: [...executable.segments, ...added] }
}
