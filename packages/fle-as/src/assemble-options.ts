import { type IgnoredFields, zeroFields } from './encoder/ignored-fields.ts'

/** What the command line says about assembling. */
export interface AssembleOptions {
  /** Folders where .include and .incbin look. */
  readonly includePaths: readonly string[]
  /** --defsym NAME=VALUE: texts. */
  readonly definitions: readonly { readonly name: string; readonly value: string }[]
  /** -g, --gdwarf-N: the version of DWARF that is written; .file and .loc may ask for a later one. */
  readonly dwarfVersion: number
  /** -g and --gdwarf-N: whether lines of the assembly text itself are told to debuggers. */
  readonly debugLines: boolean
  /** --noexecstack, --execstack: how .note.GNU-stack is added; undefined leaves it to the program. */
  readonly executableStack: boolean | undefined
  /** -msyntax=intel, -mnaked-reg. */
  readonly intelSyntax: boolean
  readonly bareRegisters: boolean
  /** -mindex-reg: the names %riz and %eiz are registers. */
  readonly indexRegisters: boolean
  /** Without -mrelax-relocations=no: accesses to the GOT get relocations that let the linker rewrite the instruction. */
  readonly relaxableGot: boolean
  /** -momit-lock-prefix=yes: `lock` is read and left out. */
  readonly omitLocks: boolean
  /** -mvexwig and its like: what stands where the processor does not look. */
  readonly ignoredFields: IgnoredFields
  /** --alternate: .altmacro from the beginning. */
  readonly alternateMacros: boolean
  /** -R: .data is a part of .text. */
  readonly dataInText: boolean
  /** -L: keep local symbols. */
  readonly keepLocals: boolean
  /** -n: where code is aligned with a fill of 0x90, each byte is one, and no longer nops are taken. */
  readonly plainAlignment: boolean
  /** Whether a listing is made: the text with addresses and bytes. */
  readonly listing: boolean
  /** Whether the statements and source lines are told by place: see {@link AssembledProgram.comments}. */
  readonly annotate: boolean
  /** --debug-prefix-map OLD=NEW: folders that begin with OLD are named with NEW instead. The last that fits counts. */
  readonly prefixMaps: readonly { readonly from: string; readonly to: string }[]
  /** The folder that the line table calls the one of the compilation. */
  readonly workingDirectory: string
}

export const defaultOptions: AssembleOptions = {
  includePaths: [],
  definitions: [],
  dwarfVersion: 3,
  debugLines: false,
  executableStack: undefined,
  intelSyntax: false,
  bareRegisters: false,
  indexRegisters: false,
  relaxableGot: true,
  omitLocks: false,
  ignoredFields: zeroFields,
  alternateMacros: false,
  dataInText: false,
  keepLocals: false,
  plainAlignment: false,
  listing: false,
  annotate: false,
  prefixMaps: [],
  workingDirectory: '.',
}
