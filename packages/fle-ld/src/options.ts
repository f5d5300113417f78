import type { Diagnostics } from '@fle/diagnostics'
import type { CommandLineItem, OptionTable } from '@fle/options'
import type { LinkInput, LinkOptions, OutputFormat } from './link-options.ts'

/** The command line of fle-ld: GNU ld's names where GNU ld has the option. */
export const optionTable: OptionTable = {
  help: {
    name: 'fle-ld',
    usage: 'fle-ld [OPTION]... FILE...',
    description:
      'Links FLE and ELF objects and archives, mixed and in order, into a static program.\n' +
      'The output is FLE if every input is, ELF otherwise, unless its name or --oformat says so.',
    examples: [
      { command: 'fle-ld foo.fle libc.fle main.fle -o hello', description: 'an FLE program' },
      { command: 'fle-ld main.o -L. -lfoo --oformat=elf64-x86-64 -o hello', description: 'an ELF program' },
      { command: 'fle-ld -r a.fle b.fle -o ab.fle', description: 'one object of two' },
      { command: 'fle-ld main.fle -o hello -Map=hello.map', description: 'see what stands where, and why' },
    ],
  },
  options: [
    { id: 'output', names: ['-o', '--output'], argument: 'FILE', help: 'write to FILE (a.out)', group: 'Output' },
    {
      id: 'format',
      names: ['--oformat'],
      argument: 'FORMAT',
      help: 'fle, elf64-x86-64, or binary (the image alone)',
      group: 'Output',
    },
    {
      id: 'dialect',
      names: ['--dialect'],
      argument: 'NAME',
      help: 'dialect of FLE output: fle, classic',
      group: 'Output',
    },
    {
      id: 'interpreter',
      names: ['--interp'],
      argument: 'COMMAND',
      help: 'the interpreter behind #! in FLE programs',
      group: 'Output',
    },
    { id: 'relocatable', names: ['-r', '--relocatable'], help: 'make one object of all inputs', group: 'Output' },
    { id: 'entry', names: ['-e', '--entry'], argument: 'SYMBOL', help: 'start at SYMBOL (_start)', group: 'Output' },
    {
      id: 'text-address',
      names: ['-Ttext'],
      argument: 'ADDRESS',
      style: 'separate',
      help: 'put .text at ADDRESS (hexadecimal)',
      group: 'Output',
    },
    {
      id: 'image-base',
      names: ['--image-base'],
      argument: 'ADDRESS',
      help: 'begin the image at ADDRESS',
      group: 'Output',
    },
    {
      id: 'library-path',
      names: ['-L', '--library-path'],
      argument: 'DIR',
      help: 'look for libraries in DIR',
      group: 'Input',
    },
    {
      id: 'library',
      names: ['-l', '--library'],
      argument: 'NAME',
      help: 'link libNAME.fa or libNAME.a',
      group: 'Input',
    },
    {
      id: 'start-group',
      names: ['--start-group', '-('],
      help: 'search the archives up to --end-group repeatedly',
      group: 'Input',
    },
    { id: 'end-group', names: ['--end-group', '-)'], help: 'end of the group', group: 'Input' },
    {
      id: 'whole-archive',
      names: ['--whole-archive'],
      help: 'link every member of the archives that follow',
      group: 'Input',
    },
    { id: 'no-whole-archive', names: ['--no-whole-archive'], help: 'only what is needed again', group: 'Input' },
    { id: 'map', names: ['-Map'], argument: 'FILE', style: 'separate', help: 'write a map to FILE', group: 'Show' },
    { id: 'verbose', names: ['--verbose'], help: 'tell which files and members are linked', group: 'Show' },
    {
      id: 'diagnostics',
      names: ['--diagnostics'],
      argument: 'FORM',
      help: 'text, or json: one object a line',
      group: 'Show',
    },
    { id: 'help', names: ['--help', '-h'], help: 'show this help', group: 'Show' },
    { id: 'version', names: ['-V', '-v', '--version'], help: 'show the version', group: 'Show' },
    // What every static link is anyway, and what gcc passes along.
    { id: 'ignored', names: ['-static', '--no-dynamic-linker', '-nostdlib'], help: '', group: '', hidden: true },
    { id: 'ignored', names: ['-m'], argument: 'EMULATION', help: '', group: '', hidden: true },
    { id: 'ignored', names: ['-z'], argument: 'KEYWORD', help: '', group: '', hidden: true },
  ],
}

/** What a command line asks for besides the link itself. */
export interface Invocation {
  readonly link: LinkOptions
  readonly mapPath: string | undefined
  readonly verbose: boolean
  readonly json: boolean
  readonly help: boolean
  readonly version: boolean
}

const formats: readonly string[] = ['fle', 'elf64-x86-64', 'binary']
const dialects: readonly string[] = ['fle', 'classic']

function isOneOf<T extends string>(value: string, known: readonly string[]): value is T {
  return known.includes(value)
}

/** Folds the items of a command line, in their order, into what they ask for. Wrong values are reported. */
export function interpret(items: readonly CommandLineItem[], diagnostics: Diagnostics): Invocation {
  const inputs: LinkInput[] = []
  const libraryPaths: string[] = []
  let output = 'a.out'
  let format: OutputFormat | undefined
  let dialect: LinkOptions['dialect'] = 'fle'
  let interpreter: string | undefined
  let entry: string | undefined
  let imageBase: number | undefined
  let textAddress: number | undefined
  let relocatable = false
  let wholeArchive = false
  let mapPath: string | undefined
  const shown = { verbose: false, json: false, help: false, version: false }
  let groupDepth = 0

  for (const item of items) {
    if (item.kind === 'input') {
      inputs.push({ kind: 'file', path: item.value, wholeArchive })
      continue
    }
    const { id, value, spelling } = item
    const wrong = (expected: string) =>
      diagnostics.error('option-value', `${spelling}: ${value || 'an empty value'} is not ${expected}`)
    switch (id) {
      case 'output':
        output = value
        break
      case 'format':
        if (isOneOf<OutputFormat>(value, formats)) format = value
        else wrong(`one of ${formats.join(', ')}`)
        break
      case 'dialect':
        if (isOneOf<LinkOptions['dialect']>(value, dialects)) dialect = value
        else wrong(`one of ${dialects.join(', ')}`)
        break
      case 'interpreter':
        interpreter = value
        break
      case 'relocatable':
        relocatable = true
        break
      case 'entry':
        entry = value
        break
      case 'text-address':
        textAddress = parseAddress(value, 16)
        if (textAddress === undefined) wrong('an address')
        break
      case 'image-base':
        imageBase = parseAddress(value, 0)
        if (imageBase === undefined || imageBase % 4096 !== 0) wrong('an address that is a multiple of 4096')
        break
      case 'library-path':
        libraryPaths.push(value)
        break
      case 'library':
        inputs.push({ kind: 'library', name: value, wholeArchive })
        break
      case 'start-group':
        if (groupDepth++ > 0) diagnostics.error('group', 'groups cannot stand inside groups')
        else inputs.push({ kind: 'start-group' })
        break
      case 'end-group':
        if (groupDepth-- <= 0) diagnostics.error('group', `${spelling} has no --start-group before it`)
        else inputs.push({ kind: 'end-group' })
        break
      case 'whole-archive':
        wholeArchive = true
        break
      case 'no-whole-archive':
        wholeArchive = false
        break
      case 'map':
        mapPath = value
        break
      case 'verbose':
        shown.verbose = true
        break
      case 'diagnostics':
        if (value !== 'json' && value !== 'text') wrong('text or json')
        shown.json = value === 'json'
        break
      case 'help':
        shown.help = true
        break
      case 'version':
        shown.version = true
        break
    }
  }
  const link: LinkOptions = {
    inputs,
    output,
    dialect,
    libraryPaths,
    relocatable,
    map: mapPath !== undefined,
    ...(format ? { format } : {}),
    ...(interpreter !== undefined ? { interpreter } : {}),
    ...(entry !== undefined ? { entry } : {}),
    ...(imageBase !== undefined ? { imageBase } : {}),
    ...(textAddress !== undefined ? { textAddress } : {}),
  }
  return { link, mapPath, ...shown }
}

/**
 * An address: hexadecimal with or without 0x where `base` is 16 (-Ttext), C's notations where it is 0. Addresses of the
 * upper half are negative. Undefined for anything else, and where a double cannot hold it.
 */
function parseAddress(text: string, base: 0 | 16): number | undefined {
  const isHexadecimal = /^(0x)?[\da-f]{1,16}$/i.test(text) && (base === 16 || /^0x/i.test(text))
  if (!isHexadecimal && !(base === 0 && /^\d{1,20}$/.test(text))) return undefined
  const digits = isHexadecimal ? `0x${text.replace(/^0x/i, '')}` : text
  const value = Number(BigInt.asIntN(64, BigInt(digits)))
  return Number.isSafeInteger(value) ? value : undefined
}
