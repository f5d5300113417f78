// What execve decides about a file, up to the point of no return. How FLE is read is passed in: plan.ts reads all of it.

import { type Diagnostics, FileError, type OpenFile } from '@fle/diagnostics'
import { isElf } from '@fle/elf'
import { isFle } from '@fle/fle'
import {
  elfImage,
  isElfObject,
  readElfHeaders,
  readInterpreterPath,
  refuseObject,
  wantsExecutableStack,
} from './elf-image.ts'
import {
  type Image,
  type LoadPlan,
  type Permission,
  type PlannedFile,
  type ProgramFiles,
  Refusal,
} from './load-plan.ts'
import { headSize, readScriptLine } from './script.ts'

export interface PlanOptions {
  /** Accepts FLE programs only. */
  readonly fleOnly?: boolean
  /** The value of PATH, for a hint: a program is not searched there. */
  readonly searchPath?: string | undefined
  /** The value of FLE_LIBRARY_PATH: where FLE's shared objects are looked for. */
  readonly libraryPath?: string | undefined
}

/** How many scripts may be each other's interpreter (exec_binprm() of fs/exec.c). */
const deepestScript = 5
/** FLE is told by its text, of which this much is looked at. */
const textPrefix = 65536
/** Bytes of the ELF header that are read of an interpreter. */
const elfHeaderSize = 64

/** Where a program's shared objects are looked for, and who is told which they are. */
export interface SharedFiles {
  /** The value of FLE_LIBRARY_PATH. */
  readonly libraryPath: string | undefined
  look(path: string): void
}

/** Reads the FLE program at a path. */
export type ReadFle = (
  path: string,
  files: ProgramFiles,
  diagnostics: Diagnostics,
  shared: SharedFiles,
) => Image | Refusal

type Loaded = Pick<LoadPlan, 'image' | 'interpreter' | 'executableStack'>

export class Planner {
  readonly #program: string
  readonly #files: ProgramFiles
  readonly #diagnostics: Diagnostics
  readonly #options: PlanOptions
  readonly #readFle: ReadFle
  readonly #looked: PlannedFile[] = []

  constructor(program: string, files: ProgramFiles, diagnostics: Diagnostics, options: PlanOptions, readFle: ReadFle) {
    this.#program = program
    this.#files = files
    this.#diagnostics = diagnostics
    this.#options = options
    this.#readFle = readFle
  }

  plan(): LoadPlan | Refusal {
    let path = this.#program
    let script = path
    let argv: readonly string[] = [path]
    for (let depth = 0; depth <= deepestScript; depth++) {
      const permission = this.#look(path)
      if (permission.errno !== undefined && !(permission.errno === 'EACCES' && permission.regular))
        return depth === 0 ? this.#refuseProgram(permission.errno) : refuseInterpreter(path, permission, script)
      const opened = this.#read(path, (file) => this.#recognise(path, file, permission))
      if (opened instanceof Refusal) return opened
      if ('image' in opened) return { kind: 'plan', program: this.#program, argv, files: this.#looked, ...opened }
      const { interpreter, argument } = opened
      argv = [interpreter, ...(argument === undefined ? [] : [argument]), path, ...argv.slice(1)]
      script = path
      path = interpreter
    }
    return new Refusal('ELOOP', this.#program, 'its interpreter is a script, whose interpreter is one, and so on')
  }

  /** Asks about a file that the plan will depend on. */
  #look(path: string): Permission {
    // The kernel takes the empty path of an interpreter for the current folder, which is no program.
    const isEmpty = path === '' && path !== this.#program
    const permission: Permission = isEmpty ? { errno: 'EACCES', regular: false } : this.#files.permission(path)
    const { errno, identity } = permission
    this.#looked.push({ path, mustBeExecutable: errno === undefined, identity })
    return permission
  }

  #recognise(path: string, file: OpenFile, permission: Permission): Loaded | ReturnType<typeof readScriptLine> {
    const head = new Uint8Array(headSize)
    file.readAt(head, 0)
    if (!isElf(head) && this.#isFle(file)) {
      const { libraryPath } = this.#options
      // Without an identity: where they are found depends on more than files, so the plan is made anew each time.
      const look = (shared: string) => {
        this.#looked.push({ path: shared, mustBeExecutable: false, identity: undefined })
      }
      const image = this.#readFle(path, this.#files, this.#diagnostics, { libraryPath, look })
      return image instanceof Refusal ? image : { image, interpreter: undefined, executableStack: false }
    }
    if (this.#options.fleOnly) return refuseForeign(path, head)
    if (permission.errno !== undefined) {
      // Nobody wants to run an object file: the linker makes the program's file executable.
      if (isElfObject(head)) return refuseObject('EACCES', path)
      return new Refusal('EACCES', path, 'it may not be executed', `allow it: chmod +x ${path}`)
    }
    if (permission.changesIdentity !== undefined) {
      const what = permission.changesIdentity
      const reason = `it has the set-${what}-id bit: only the kernel can run it as another ${what}`
      return new Refusal('EPERM', path, reason)
    }
    if (head[0] === 0x23 && head[1] === 0x21) return readScriptLine(head, path)
    return this.#loadElf(path, file, head)
  }

  #isFle(file: OpenFile): boolean {
    const prefix = new Uint8Array(Math.min(file.size ?? 0, textPrefix))
    return isFle(prefix.subarray(0, file.readAt(prefix, 0)))
  }

  #loadElf(path: string, file: OpenFile, head: Uint8Array): Loaded | Refusal {
    const headers = readElfHeaders(path, file, head, 'ENOEXEC')
    if (headers instanceof Refusal) return headers
    const interpreterPath = readInterpreterPath(headers)
    if (interpreterPath instanceof Refusal) return interpreterPath
    const executableStack = wantsExecutableStack(headers)
    if (interpreterPath === undefined) {
      const image = elfImage(headers, {})
      return image instanceof Refusal ? image : { image, interpreter: undefined, executableStack }
    }
    const interpreter = this.#loadInterpreter(interpreterPath, path)
    if (interpreter instanceof Refusal) return interpreter
    const image = elfImage(headers, { hasInterpreter: true })
    return image instanceof Refusal ? image : { image, interpreter, executableStack }
  }

  #loadInterpreter(path: string, program: string): Image | Refusal {
    const permission = this.#look(path)
    if (permission.errno !== undefined) return refuseInterpreter(path, permission, program)
    return this.#read(path, (file) => {
      const head = new Uint8Array(elfHeaderSize)
      if (file.readAt(head, 0) < elfHeaderSize)
        return new Refusal('EIO', path, `it is the interpreter of ${program} and too short for an ELF header`)
      const headers = readElfHeaders(path, file, head, 'ELIBBAD')
      return headers instanceof Refusal ? headers : elfImage(headers, { isInterpreter: true })
    })
  }

  /** Opens a file for the time of an action; what cannot be opened or read is refused. */
  #read<T>(path: string, action: (file: OpenFile) => T): T | Refusal {
    try {
      const file = this.#files.open(path)
      try {
        return action(file)
      } finally {
        file.close()
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      return new Refusal(error.code, path, `it cannot be read: ${error.message}`)
    }
  }

  #refuseProgram(errno: string): Refusal {
    const path = this.#program
    return new Refusal(errno, path, reasons[errno] ?? 'it cannot be opened', this.#pathHint())
  }

  /** A shell would have searched PATH for a name without a slash. */
  #pathHint(): string | undefined {
    const program = this.#program
    if (program === '' || program.includes('/')) return undefined
    const folders = this.#options.searchPath?.split(':') ?? []
    const folder = folders.find((f) => f !== '' && this.#files.permission(`${f}/${program}`).errno === undefined)
    return folder && `PROGRAM is a path and not searched in PATH; did you mean: ${folder}/${program}`
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'it is not a file that may be executed',
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is not a directory',
  ELOOP: 'its path has too many symbolic links',
  ENAMETOOLONG: 'its path is too long',
}

function refuseInterpreter(path: string, { errno = 'EACCES' }: Permission, program: string): Refusal {
  const reason = reasons[errno] ?? 'it cannot be opened'
  return new Refusal(errno, program, `its interpreter is ${path === '' ? 'the empty path' : path}, and ${reason}`)
}

function refuseForeign(path: string, head: Uint8Array): Refusal {
  if (isElf(head)) return new Refusal('ENOEXEC', path, 'it is an ELF program', `use elf-loader: elf-loader ${path}`)
  return new Refusal('ENOEXEC', path, 'it is not an FLE program')
}
