import { type ObjectTables, readSize, sectionHeader, writeWord } from '@fle/object'
import { fileHeader } from './headers.ts'
import { isTableOfWords } from './section-checks.ts'

/**
 * A copy of a file whose section headers or tables of records stand at odd offsets (which ELF allows, though no assembler
 * writes it), with aligned copies of them behind the rest.
 */
export function alignTables(view: DataView, { sectionHeaders, sectionCount }: ObjectTables): Uint8Array {
  const headersSize = sectionCount * sectionHeader.size
  const moved: { readonly field: number; readonly from: number; readonly size: number }[] = []
  let end = aligned(view.byteLength) + headersSize
  for (let section = 1; section < sectionCount; section++) {
    const header = sectionHeaders + section * sectionHeader.size
    const from = readSize(view, header + sectionHeader.offset)
    const size = readSize(view, header + sectionHeader.length)
    if (!isTableOfWords(view.getUint32(header + sectionHeader.type, true))) continue
    // What reaches out of the file, or would make the copy many times its size, is left for the checks to find.
    if (from % 4 === 0 || from + size > view.byteLength || end + size > 2 * view.byteLength + headersSize + 8) continue
    moved.push({ field: section * sectionHeader.size + sectionHeader.offset, from, size })
    end = aligned(end + size)
  }
  const source = new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
  const copy = new Uint8Array(end)
  const copyView = new DataView(copy.buffer)
  const headers = aligned(view.byteLength)
  copy.set(source)
  copy.set(source.subarray(sectionHeaders, sectionHeaders + headersSize), headers)
  writeWord(copyView, fileHeader.sectionHeaders, headers)
  let at = headers + headersSize
  for (const { field, from, size } of moved) {
    copy.set(source.subarray(from, from + size), at)
    writeWord(copyView, headers + field, at)
    at = aligned(at + size)
  }
  return copy
}

function aligned(offset: number): number {
  return Math.ceil(offset / 8) * 8
}
