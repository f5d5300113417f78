// A program that is ready to be started, as the native front takes it and keeps it: native/program.c reads it.

import { ByteBuffer, writeWord } from '@fle/object'
import { bytesOf } from './byte-text.ts'
import type { FileIdentity, LoadPlan } from './load-plan.ts'

const magic = 0x31_4e41_4c50_454c46n // "FLEPLAN1"
const headerWords = 8
const mustBeExecutable = 1n

const unknown: FileIdentity = { device: 0n, inode: 0n, size: 0n, modified: 0n, changed: 0n }

/**
 * Puts together what the front needs: the stub's image with the offset of the plan in it, and the files that the plan
 * was made from.
 */
export function preparedProgram({ files, argv }: LoadPlan, image: Uint8Array, planOffset: number): Uint8Array {
  const paths = bytesOf(strings(files.map(({ path }) => path)))
  const words = bytesOf(strings(argv))
  const buffer = new ByteBuffer(image.length + 4096)
  addWords(buffer, [magic, 0, files.length, paths.length, argv.length, words.length, image.length, planOffset])
  for (const { mustBeExecutable: isChecked, identity = unknown } of files) {
    const { device, inode, size, modified, changed } = identity
    addWords(buffer, [isChecked ? mustBeExecutable : 0, device, inode, size, modified, changed])
  }
  buffer.append(paths)
  buffer.append(words)
  buffer.align(8)
  buffer.append(image)
  return buffer.bytes
}

/** What the front is told where there is no program: how the loader ends. */
export function preparedFailure(exitStatus: number): Uint8Array {
  const buffer = new ByteBuffer(headerWords * 8)
  addWords(buffer, [magic, exitStatus, 0, 0, 0, 0, 0, 0])
  return buffer.bytes
}

function strings(texts: readonly string[]): string {
  return texts.map((text) => `${text}\0`).join('')
}

function addWords(buffer: ByteBuffer, values: readonly (number | bigint)[]): void {
  const at = buffer.reserve(values.length * 8)
  values.forEach((value, i) => {
    writeWord(buffer.view, at + i * 8, value)
  })
}
