import type { Diagnostics } from '@fle/diagnostics'
import type { CommandLineItem, OptionTable } from '@fle/options'
import type { BuildId } from './build-id.ts'
import type { LinkInput, LinkOptions, OutputFormat } from './link-options.ts'

/** Options that ask for what a static link is or does anyway, or that have no meaning in one. */
const ignoredFlags = [
  ...[
    '-static',
    '-Bstatic',
    '-dn',
    '-non_shared',
    '-Bdynamic',
    '-dy',
    '-call_shared',
    '--no-dynamic-linker',
    '-nostdlib',
  ],
  ...['--as-needed', '--no-as-needed', '--copy-dt-needed-entries', '--no-copy-dt-needed-entries', '--no-undefined'],
  ...['-g', '-no-pie', '--no-pie', '--sort-common', '--no-export-dynamic', '--enable-new-dtags', '--disable-new-dtags'],
  ...[
    '--no-gc-sections',
    '--no-eh-frame-hdr',
    '--no-relax',
    '--demangle',
    '--no-map-whole-files',
    '--no-warn-mismatch',
  ],
  ...['--no-warn-execstack', '--warn-common', '--warn-once', '--no-keep-memory', '-nopie'],
]

const ignoredOptions = [
  ['-plugin', 'separate'],
  ['-plugin-opt', 'separate'],
  ['--hash-style', 'separate'],
  ['-dynamic-linker', 'separate'],
  ['-rpath', 'separate'],
  ['-rpath-link', 'separate'],
  ['-O', 'joined'],
  ['-z', 'both'],
  ['-A', 'both'],
] as const

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
    {
      id: 'undefined',
      names: ['-u', '--undefined'],
      argument: 'SYMBOL',
      help: 'link what defines SYMBOL',
      group: 'Input',
    },
    {
      id: 'sysroot',
      names: ['--sysroot'],
      argument: 'DIR',
      help: 'what = in a library path stands for',
      group: 'Input',
    },
    { id: 'push-state', names: ['--push-state'], help: 'keep what --whole-archive says', group: 'Input' },
    { id: 'pop-state', names: ['--pop-state'], help: 'go back to what was kept', group: 'Input' },
    {
      id: 'build-id',
      names: ['--build-id'],
      argument: 'KIND',
      style: 'equals',
      help: 'put an id into ELF output: sha1, md5, 0xHEX, none',
      group: 'Output',
    },
    { id: 'strip-all', names: ['-s', '--strip-all'], help: 'leave out symbols and debug information', group: 'Output' },
    { id: 'strip-debug', names: ['-S', '--strip-debug'], help: 'leave out debug information', group: 'Output' },
    { id: 'shared', names: ['-shared', '-Bshareable'], help: '', group: '', hidden: true },
    { id: 'pie', names: ['-pie', '--pic-executable'], help: '', group: '', hidden: true },
    { id: 'script', names: ['-T', '--script'], argument: 'FILE', help: '', group: '', hidden: true },
    { id: 'emulation', names: ['-m'], argument: 'EMULATION', help: '', group: '', hidden: true },
    ...ignoredFlags.map((name) => ({ id: 'ignored', names: [name], help: '', group: '', hidden: true })),
    ...ignoredOptions.map(([name, style]) => {
      return { id: 'ignored', names: [name], argument: 'VALUE', style, help: '', group: '', hidden: true }
    }),
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
  const states: boolean[] = []
  const wantedSymbols: string[] = []
  let sysroot: string | undefined
  let buildId: BuildId | null | undefined
  let strip: LinkOptions['strip']
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
      case 'build-id':
        buildId = parseBuildId(value)
        if (buildId === null) wrong('sha1, md5, none or 0x with an even number of digits')
        break
      case 'push-state':
        states.push(wholeArchive)
        break
      case 'pop-state':
        wholeArchive = states.pop() ?? false
        break
      case 'undefined':
        wantedSymbols.push(value)
        break
      case 'sysroot':
        sysroot = value
        break
      case 'strip-all':
        strip = 'all'
        break
      case 'strip-debug':
        strip ??= 'debug'
        break
      case 'shared':
        refuse(diagnostics, spelling, 'shared libraries cannot be made', 'leave -shared out, or use the system linker')
        break
      case 'pie':
        refuse(diagnostics, spelling, 'position-independent ELF programs cannot be made yet', 'link with gcc -static')
        break
      case 'script':
        refuse(
          diagnostics,
          spelling,
          'linker scripts are not read here',
          'use -Ttext and --image-base to say where things stand',
        )
        break
      case 'emulation':
        if (value !== 'elf_x86_64') wrong('elf_x86_64, the only machine there is')
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
    wantedSymbols,
    ...(sysroot !== undefined ? { sysroot } : {}),
    ...(buildId ? { buildId } : {}),
    ...(strip ? { strip } : {}),
    ...(format ? { format } : {}),
    ...(interpreter !== undefined ? { interpreter } : {}),
    ...(entry !== undefined ? { entry } : {}),
    ...(imageBase !== undefined ? { imageBase } : {}),
    ...(textAddress !== undefined ? { textAddress } : {}),
  }
  return { link, mapPath, ...shown }
}

/** The id that --build-id=VALUE asks for; undefined for none, null for a value that means nothing. */
function parseBuildId(value: string): BuildId | null | undefined {
  if (value === 'none') return undefined
  if (value === '' || value === 'sha1' || value === 'tree' || value === 'fast') return 'sha1'
  if (value === 'md5') return 'md5'
  const digits = /^0x((?:[\da-f]{2})+)$/i.exec(value)?.[1]
  return digits === undefined ? null : Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function refuse(diagnostics: Diagnostics, spelling: string, what: string, hint: string): void {
  diagnostics.error('not-static', `${spelling}: ${what}: fle-ld makes static programs`, { hint })
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
