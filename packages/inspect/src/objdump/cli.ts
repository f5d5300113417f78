import { type CommandIo, Diagnostics, exitStatus, type FileSystem, readInput } from '@fle/diagnostics'
import { ET } from '@fle/elf'
import { toWord, type Word } from '@fle/object'
import { type Request, runInspector } from '../command.ts'
import { Disassembler } from '../disassemble/disassembler.ts'
import type { ArchiveFile, BinaryFile, Inspected } from '../view/binary-file.ts'
import { inspectFile } from '../view/inspect-file.ts'
import { memberLine } from '../view/member-line.ts'
import { demangledNames, plainNames } from '../view/name-style.ts'
import type { CodeStyle } from './disassembly.ts'
import { type ObjdumpOptions, objdump } from './objdump.ts'
import { objdumpOptions } from './options.ts'

/** The command fle-objdump. Returns its exit status: 0, 1 (an input is wrong), 2 (the command line is wrong). */
export function main(argv: readonly string[], io: CommandIo): Promise<number> {
  return runInspector(objdumpOptions, argv, io, async (request, io, diagnostics) => {
    const options = interpret(request, io.files, diagnostics)
    const syntax = syntaxOf(request, diagnostics)
    if (!options || !syntax) return exitStatus.usageError
    const disassembler = options.code && (await Disassembler.load(syntax))
    const missing = new Set(options.onlySections)
    for (const path of request.inputs.length > 0 ? request.inputs : ['a.out']) {
      const input = inspectFile(io.files, path, diagnostics)
      for (const item of input ? itemsOf(input, path, diagnostics) : []) {
        if (typeof item === 'string') {
          io.stdout(item)
          continue
        }
        const { file, archiveLine } = item
        for (const { name } of file.sections) missing.delete(name)
        if (options.dynamicRelocations && file.type === ET.REL)
          diagnostics.error('not-dynamic', 'an object has no dynamic relocations', { at: { file: file.name } })
        for (const text of objdump(file, archiveLine, options, disassembler)) io.stdout(text)
      }
    }
    for (const name of missing) diagnostics.error('no-such-section', `-j: no section of the inputs is called ${name}`)
    return undefined
  })
}

/** As binutils has it. */
const deepestArchive = 100

/** The files of an input, those of archives in archives too, and the lines that say where an archive begins. */
function* itemsOf(
  input: Inspected,
  path: string,
  diagnostics: Diagnostics,
  depth = 0,
): Generator<string | { readonly file: BinaryFile; readonly archiveLine: string }> {
  if (input.kind === 'binary') {
    yield { file: input.file, archiveLine: input.file.name }
    return
  }
  if (depth > deepestArchive) {
    diagnostics.error('nested-archive', `more than ${deepestArchive} archives stand in each other`, {
      at: { file: path },
    })
    return
  }
  const { archive } = input
  yield `In ${depth === 0 ? '' : 'nested '}archive ${archive.name}:\n`
  for (let member = 0; member < archive.memberCount; member++) {
    const read = archive.inspectMember(member)
    if (read?.kind === 'archive') yield* itemsOf(read, path, diagnostics, depth + 1)
    else if (read) yield { file: read.file, archiveLine: lineOf(archive, member, read.file) }
  }
}

function lineOf(archive: ArchiveFile, member: number, { name, bytes }: BinaryFile): string {
  return memberLine(name, archive.memberAttributes(member), bytes.length)
}

/** The words of -M that ask for what is done anyway. */
const plainWords = new Set(['att', 'x86-64', 'suffix', 'att-mnemonic', 'addr64', 'data32'])

function syntaxOf(request: Request, diagnostics: Diagnostics): 'att' | 'intel' | undefined {
  let syntax: 'att' | 'intel' = 'att'
  for (const word of request.valuesOf('disassembler-options').flatMap((value) => value.split(','))) {
    if (word.startsWith('intel')) syntax = 'intel'
    else if (!plainWords.has(word))
      return diagnostics.error('option-value', `-M: ${word} is not known: intel, att, x86-64`)
    else if (word.startsWith('att')) syntax = 'att'
  }
  return syntax
}

function interpret(request: Request, files: FileSystem, diagnostics: Diagnostics): ObjdumpOptions | undefined {
  const all = request.has('all-headers')
  const options: ObjdumpOptions = {
    archiveHeaders: all || request.has('archive-headers'),
    fileHeaders: all || request.has('file-headers'),
    privateHeaders: all || request.has('private-headers'),
    sectionHeaders: all || request.has('section-headers'),
    symbols: all || request.has('syms'),
    dynamicSymbols: request.has('dynamic-syms'),
    relocations: all || request.has('reloc'),
    dynamicRelocations: request.has('dynamic-reloc'),
    contents: request.has('full-contents'),
    code: codeStyle(request),
    readSource: (path) => readSource(path, files),
    wide: request.has('wide'),
    names: request.lastOf(['demangle', 'no-demangle']) === 'demangle' ? demangledNames : plainNames,
    onlySections: request.valuesOf('section'),
    startAddress: addressOf(request, 'start-address', diagnostics),
    stopAddress: addressOf(request, 'stop-address', diagnostics),
  }
  if (!Object.values(options).includes(true) && !options.code) {
    const hint = 'fle-objdump -d shows code, -h sections, -t symbols; --help lists all'
    return diagnostics.error('missing-argument', 'nothing to show was asked for', { hint })
  }
  return diagnostics.hasErrors ? undefined : options
}

function codeStyle(request: Request): CodeStyle | undefined {
  const all = request.has('disassemble-all')
  const withText = request.has('source')
  if (!all && !withText && !request.has('disassemble') && !request.has('disassemble-symbol')) return undefined
  const withPlaces = request.has('line-numbers')
  return {
    all,
    symbol: request.valueOf('disassemble-symbol') || undefined,
    withBytes: request.lastOf(['show-raw-insn', 'no-show-raw-insn']) !== 'no-show-raw-insn',
    withAddresses: !request.has('no-addresses'),
    withZeros: request.has('disassemble-zeroes'),
    source: withText || withPlaces ? { withText, withPlaces } : undefined,
  }
}

/** The lines of a source file. One that is not there any more is not shown: that is no error. */
function readSource(path: string, files: FileSystem): string[] | undefined {
  const bytes = readInput(files, path, new Diagnostics())
  return bytes && new TextDecoder().decode(bytes).split('\n')
}

function addressOf(request: Request, id: string, diagnostics: Diagnostics): Word | undefined {
  const value = request.valueOf(id)
  if (value === undefined) return undefined
  if (/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(value)) return toWord(BigInt(value))
  return diagnostics.error('option-value', `--${id}: ${value} is not a number`)
}
