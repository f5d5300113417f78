import { Diagnostics, memoryFiles, renderText } from '@fle/diagnostics'
import { readObject, writeObject } from '@fle/elf'
import { type ObjectFile, readWord, relocationRecord, SHT } from '@fle/object'
import { assemble as assembleByGnu } from '@fle/testkit'
import { type AssembleOptions, assemble, defaultOptions } from '../src/index.ts'

interface Result {
  readonly messages: string
  readonly object: ObjectFile | undefined
}

/** Assembles a text in memory. */
export function assembleText(
  text: string | Uint8Array,
  options: Partial<AssembleOptions> = {},
  files: Readonly<Record<string, string>> = {},
): Result {
  const diagnostics = new Diagnostics()
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const object = assemble([{ name: 'x.s', bytes }], { ...defaultOptions, ...options }, memoryFiles(files), diagnostics)
  const messages = diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 'fle-as' })).join('')
  return { messages, object }
}

/** What an object says, in the order in which it says it, but for where its tables stand. */
function describe(object: ObjectFile): string[] {
  const lines = [object.tables.symbolTable ? 'a symbol table' : 'no symbol table']
  for (let section = 1; section < object.sectionCount; section++) {
    const type = object.sectionType(section)
    if (type === SHT.SYMTAB || type === SHT.STRTAB || type === SHT.RELA) continue
    const name = `${section} ${object.sectionName(section)}`
    lines.push(
      `${name}: type ${type} flags ${object.sectionFlags(section)} size ${object.sectionSize(section)}` +
        ` alignment ${object.sectionAlignment(section)} entry ${object.sectionEntrySize(section)}`,
    )
    const bytes = type === SHT.NOBITS ? new Uint8Array(0) : object.sectionContent(section)
    for (let at = 0; at < bytes.length; at += 16)
      lines.push(`${name}+${at.toString(16)}: ${Array.from(bytes.subarray(at, at + 16), hex).join(' ')}`)
    const table = object.relocationSections[section]
    for (let i = 0; table && i < object.relocationCount(table); i++) {
      const record = object.relocationRecord(table, i)
      const at = (field: number) => readWord(object.view, record + field)
      const symbol = object.view.getUint32(record + relocationRecord.symbol, true)
      const kind = object.view.getUint32(record + relocationRecord.type, true)
      lines.push(
        `${name} field ${at(relocationRecord.offset)}: type ${kind} symbol ${symbol} + ${at(relocationRecord.addend)}`,
      )
    }
  }
  for (let symbol = 1; symbol < object.symbolCount; symbol++)
    lines.push(
      `symbol ${symbol} ${object.symbolName(symbol)}: ${object.symbolSection(symbol) || object.symbolRawSection(symbol)}` +
        ` + ${object.symbolValue(symbol)} size ${object.symbolSize(symbol)} binding ${object.symbolBinding(symbol)}` +
        ` type ${object.symbolType(symbol)} visibility ${object.symbolVisibility(symbol)}`,
    )
  return lines
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

interface BothWays {
  readonly ours: string
  readonly theirs: string
}

/** What GNU as makes of a text and what is made of it here, as texts to compare. */
export function bothWays(
  text: string,
  options: Partial<AssembleOptions> = {},
  gnuOptions: readonly string[] = [],
): BothWays {
  return besides(assembleByGnu(text, gnuOptions), text, options)
}

/** The same with an object that GNU as made already. */
export function besides(reference: Uint8Array, text: string, options: Partial<AssembleOptions>): BothWays {
  const diagnostics = new Diagnostics()
  const theirs = readObject(reference, 'as', diagnostics)
  const { object, messages } = assembleText(text, options)
  const bytes = object && writeObject(object, diagnostics)
  const ours = bytes && readObject(bytes, 'fle-as', diagnostics)
  return {
    ours: ours ? describe(ours).join('\n') : messages,
    theirs: theirs ? describe(theirs).join('\n') : 'GNU as made no object',
  }
}
