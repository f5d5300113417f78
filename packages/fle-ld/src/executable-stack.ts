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
  for (const { object, stackNote: note } of link.objects) {
    if (note !== 0 && (object.sectionFlags(note) & SHF.EXECINSTR) === 0) continue
    link.needsExecutableStack = true
    if (link.format !== 'elf64-x86-64') continue
    const reason = note === 0 ? `it has no ${stackNote} section` : `its ${stackNote} section asks for it`
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
