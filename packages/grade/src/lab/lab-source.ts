import type { Diagnostics } from '@fle/diagnostics'
import type { LabFiles } from './lab.ts'
import type { TomlTable } from './toml.ts'

/** What a reader of a lab is given. */
export interface LabSource {
  /** The folder as it was given; messages name files by it. */
  readonly folder: string
  /** The lab's name, where it does not say one itself. */
  readonly title: string
  readonly files: LabFiles
  /** Reads a file of the lab as TOML; what is wrong with it is reported. */
  read(path: string): TomlTable | undefined
  readonly diagnostics: Diagnostics
}
