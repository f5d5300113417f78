import { SHT } from '@fle/object'
import { isBookkeeping } from './assign-output-sections.ts'
import { stackNote } from './executable-stack.ts'
import type { LinkState } from './link-state.ts'
import { hasPlace } from './output-names.ts'
import { warningPrefix } from './report-symbols.ts'

/** Does what --orphan-handling says of input sections that GNU ld's default script has no place for. */
export function handleOrphans({ objects, options, diagnostics }: LinkState): void {
  const { orphans } = options
  if (!orphans) return
  for (const { object, discarded } of objects) {
    for (let section = 1; section < object.sectionCount; section++) {
      const type = object.sectionType(section)
      const name = object.sectionName(section)
      if (discarded[section] || isBookkeeping(type) || hasPlace(name, false)) continue
      if (type === SHT.NOTE || name === stackNote || name.startsWith(warningPrefix)) continue
      const details = { at: { file: object.name } }
      if (orphans === 'discard') discarded[section] = 1
      else if (orphans === 'warn') diagnostics.warning('orphan', `section ${name} has no place of its own`, details)
      else diagnostics.error('orphan', `section ${name} has no place of its own (--orphan-handling=error)`, details)
    }
  }
}
