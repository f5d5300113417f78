import { type Visibility, visibilities } from './lab.ts'
import type { TomlTable } from './toml.ts'

/** Who may see a case: `visibility` in Gradescope's words, or `hidden = true`. */
export function readVisibility(table: TomlTable | undefined): Visibility {
  const hidden = table?.boolean('hidden') ?? false
  const word = table?.string('visibility')
  const visibility = visibilities.find((one) => one === word)
  if (word !== undefined && !visibility) table?.reject('visibility', `must be one of ${visibilities.join(', ')}`)
  return visibility ?? (hidden ? 'hidden' : 'visible')
}
