// disasm: the instructions of a section.

import { Disassembler, inspectFile, type ObjdumpOptions, objdump } from '@fle/inspect'
import type { Tool } from './tool.ts'

/** Instructions with their bytes and relocations, whatever the section is for. */
const codeOnly: Omit<ObjdumpOptions, 'onlySections'> = {
  archiveHeaders: false,
  fileHeaders: false,
  privateHeaders: false,
  sectionHeaders: false,
  symbols: false,
  dynamicSymbols: false,
  relocations: true,
  dynamicRelocations: false,
  contents: false,
  code: { all: true, symbol: undefined, withBytes: true, withAddresses: true, withZeros: true },
  wide: false,
  names: (name) => name,
  startAddress: undefined,
  stopAddress: undefined,
}

export const disassembleTool: Tool = {
  usage: 'FILE SECTION',
  async run([path, section, ...more], { io, diagnostics }) {
    if (section === undefined || more.length > 0) {
      diagnostics.error('usage', 'a file and the name of a section are expected')
      return
    }
    const input = inspectFile(io.files, path, diagnostics)
    if (!input) return
    if (input.kind === 'archive' || !input.file.sections.some(({ name }) => name === section)) {
      diagnostics.error('no-such-section', `Section not found: ${section}`, { at: { file: path } })
      return
    }
    const options = { ...codeOnly, onlySections: [section] }
    const disassembler = await Disassembler.load('intel')
    for (const text of objdump(input.file, input.file.name, options, disassembler)) io.stdout(text)
  },
}
