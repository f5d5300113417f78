// disasm: the instructions of a section.

import { Disassembler, inspectFile, objdump } from '@fle/inspect'
import type { Tool } from './tool.ts'

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
    const code = { all: true, symbol: undefined, withBytes: true, withAddresses: true, withZeros: true }
    const nothing = { archiveHeaders: false, fileHeaders: false, privateHeaders: false, sectionHeaders: false }
    const options = {
      ...nothing,
      ...{ symbols: false, dynamicSymbols: false, relocations: true, dynamicRelocations: false, contents: false },
      ...{ code, wide: false, onlySections: [section], startAddress: undefined, stopAddress: undefined },
    }
    const disassembler = await Disassembler.load('intel')
    for (const text of objdump(input.file, input.file.name, options, disassembler)) io.stdout(text)
  },
}
