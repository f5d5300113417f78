import { SHF } from '@fle/object'
import type { InputObject } from './input-object.ts'
import type { LinkState } from './link-state.ts'

export const stackNote = '.note.GNU-stack'

/**
 * Finds what the program says of its stack, as GNU ld does (bfd_elf_size_dynamic_sections): what -z execstack or
 * -z noexecstack says; else it is executable if the .note.GNU-stack of an object asks for it, or if an object has no such
 * section (old or hand-written assembly) and another has. Where none has one, the program says nothing, unless
 * -z stack-size wants to be said.
 */
export function checkStack(link: LinkState): void {
  const { executableStack, stackSize = 0 } = link.options
  if (executableStack !== undefined) {
    link.stack = executableStack ? 'executable' : 'data'
    if (executableStack && link.options.warnOfStack) {
      link.diagnostics.warning('executable-stack', `the program's stack will be executable because of -z execstack`)
    }
    return
  }
  const asks = link.objects.find(({ object, stackNote: note }) => object.sectionFlags(note) & SHF.EXECINSTR)
  const hasNote = link.objects.some(({ stackNote: note }) => note !== 0)
  if (!hasNote && stackSize === 0) return
  const reason = asks ?? link.objects.find(({ stackNote: note }) => note === 0)
  link.stack = reason ? 'executable' : 'data'
  if (reason && link.format === 'elf64-x86-64' && link.options.warnOfStack !== false) warn(link, reason)
}

function warn(link: LinkState, { object, stackNote: note }: InputObject): void {
  const reason = note === 0 ? `it has no ${stackNote} section` : `its ${stackNote} section asks for it`
  const message = `the program's stack will be executable because of ${object.name}: ${reason}`
  link.diagnostics.warning('executable-stack', message, {
    hint: `in assembly, end the file with: .section ${stackNote},"",@progbits`,
  })
}
