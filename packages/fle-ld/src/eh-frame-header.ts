import { DW_EH_PE, fdePointerEncoding, isCie, readFramePointer, splitCallFrameRecords } from '@fle/dwarf'
import { SHF, SHT } from '@fle/object'
import type { LinkState } from './link-state.ts'
import { OutputSection } from './output-section.ts'

const headerSize = 12
const entrySize = 8
const version = 1

/**
 * Adds .eh_frame_hdr: a table of all FDEs by the address of their functions, in which the unwinder of a running program
 * searches by halves (LSB, "The .eh_frame_hdr Section").
 */
export function addEhFrameHeader(link: LinkState): void {
  if (!link.options.ehFrameHeader || !link.ehFrame || link.format !== 'elf64-x86-64') return
  const section = new OutputSection('.eh_frame_hdr', link.outputSections.length, SHT.PROGBITS, SHF.ALLOC, 0)
  section.alignment = 4
  section.size = headerSize + entrySize * (link.ehFrame.records.fdes.length / 2)
  section.synthetic = { write: (output, offset) => writeTable(link, section, output, offset) }
  link.outputSections.push(section)
}

/** Reads .eh_frame as it stands in the output by now, and writes the table. */
function writeTable(link: LinkState, section: OutputSection, output: DataView, offset: number): void {
  const frame = link.ehFrame?.section
  if (!frame) return
  const content = new DataView(output.buffer, output.byteOffset + frame.fileOffset, frame.size)
  const encodings = new Map<number, number | undefined>()
  const entries: { start: number; fde: number }[] = []
  for (const record of splitCallFrameRecords(content) ?? []) {
    if (record.cie === isCie) encodings.set(record.offset, fdePointerEncoding(content, record))
    const encoding = encodings.get(record.cie)
    if (record.cie < 0 || encoding === undefined) continue
    const start = readFramePointer(content, record.body, encoding, frame.address + record.body)
    if (start !== undefined) entries.push({ start, fde: frame.address + record.offset })
  }
  entries.sort((a, b) => a.start - b.start)
  output.setUint8(offset, version)
  output.setUint8(offset + 1, DW_EH_PE.pcrel | DW_EH_PE.sdata4)
  output.setUint8(offset + 2, DW_EH_PE.udata4)
  output.setUint8(offset + 3, DW_EH_PE.datarel | DW_EH_PE.sdata4)
  output.setInt32(offset + 4, frame.address - (section.address + 4), true)
  output.setUint32(offset + 8, entries.length, true)
  entries.forEach(({ start, fde }, i) => {
    output.setInt32(offset + headerSize + entrySize * i, start - section.address, true)
    output.setInt32(offset + headerSize + entrySize * i + 4, fde - section.address, true)
  })
}
