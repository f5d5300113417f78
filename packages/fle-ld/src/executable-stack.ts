import { SHF } from '@fle/object'
import type { LinkState } from './link-state.ts'

const stackNote = '.note.GNU-stack'

/**
 * Whether the program's stack must be executable: if an object says so in its .note.GNU-stack, or, as GNU ld has it, has
 * no such section (old or hand-written assembly); -z execstack and -z noexecstack say it for all.
 */
export function checkStack(link: LinkState): void {
  const { executableStack } = link.options
  if (executableStack !== undefined) {
    link.needsExecutableStack = executableStack
    return
  }
  for (const { object } of link.objects) {
    let note = 0
    for (let section = 1; section < object.sectionCount; section++) {
      const flags = object.sectionFlags(section)
      if (flags & SHF.ALLOC || object.bytes[object.sectionNameOffset(section) + 1] !== 0x6e) continue
      if (object.sectionName(section) === stackNote) note = section
    }
    const missing = note === 0
    if (!missing && (note === 0 || (object.sectionFlags(note) & SHF.EXECINSTR) === 0)) continue
    link.needsExecutableStack = true
    if (link.format !== 'elf64-x86-64') continue
    const reason = missing ? `it has no ${stackNote} section` : `its ${stackNote} section asks for it`
    link.diagnostics.warning(
      'executable-stack',
      `the program's stack will be executable because of ${object.name}: ${reason}`,
      {
        hint: `in assembly, end the file with: .section ${stackNote},"",@progbits`,
      },
    )
    return
  }
}
