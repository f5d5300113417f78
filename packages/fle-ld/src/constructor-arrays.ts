// Arrays of functions that run before and after main. Old compilers put them into .ctors and .dtors, which run from the end
// backwards; GNU ld's default script puts those among the arrays of today, and turns them round.

import { type ObjectFile, SHT } from '@fle/object'

const wordSize = 8

/** The section types of the arrays (gABI), whatever the types of the sections that they are made of. */
const arrayTypes: Readonly<Record<string, number>> = {
  '.preinit_array': SHT.PREINIT_ARRAY,
  '.init_array': SHT.INIT_ARRAY,
  '.fini_array': SHT.FINI_ARRAY,
}

/** The type of the output section of a name, if that is an array. */
export function arrayType(name: string): number | undefined {
  return Object.hasOwn(arrayTypes, name) ? arrayTypes[name] : undefined
}

/** Whether the words of an input section stand the other way round in an output section of this type. */
export function isReversed(object: ObjectFile, section: number, outputType: number): boolean {
  if (outputType !== SHT.INIT_ARRAY && outputType !== SHT.FINI_ARRAY) return false
  return /^\.[cd]tors(\.|$)/.test(object.sectionName(section))
}

/** The ends of the old arrays in gcc's own start files are markers, no functions: they stay where they are. */
export function isArrayMarker(inputName: string, objectName: string): boolean {
  return /^\.[cd]tors$/.test(inputName) && /crt(begin|end).?\.o\)?$/.test(objectName)
}

/** Writes the words of a section from the last to the first. */
export function copyReversed(content: Uint8Array, output: Uint8Array, at: number): void {
  for (let offset = 0; offset + wordSize <= content.length; offset += wordSize) {
    output.set(content.subarray(offset, offset + wordSize), at + reversedOffset(content.length, offset))
  }
}

/** Where a word of a section of a size goes. */
export function reversedOffset(size: number, offset: number): number {
  return size - wordSize - offset
}
