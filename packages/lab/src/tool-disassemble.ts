// disasm: the instructions of a section.

import { inspectFile, objdumpCommand } from '@fle/inspect'
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
    await objdumpCommand(['-D', '-r', '-M', 'intel', '-j', section, path], io)
  },
}
