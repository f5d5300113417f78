import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Diagnostics, memoryFiles } from '@fle/diagnostics'
import { type CommandLineItem, type OptionTable, type ParseOptions, parseCommandLine } from '@fle/options'
import { renderHelp } from '@fle/options/help'
import { runCommand, seededRandom } from '@fle/testkit'
import t from 'tap'

const table: OptionTable = {
  help: {
    name: 'fle-x',
    usage: 'fle-x [OPTION]... FILE...',
    description: 'An example of a command.',
    examples: [{ command: 'fle-x a.o -o a', description: 'the shortest use' }],
    epilogue: 'That is all.',
  },
  options: [
    { id: 'output', names: ['-o', '--output'], argument: 'FILE', help: 'where to write', group: 'Output' },
    { id: 'format', names: ['--oformat'], argument: 'FORMAT', style: 'separate', help: 'in what', group: 'Output' },
    { id: 'text', names: ['-Ttext'], argument: 'ADDRESS', help: 'where code starts', group: 'Layout' },
    { id: 'script', names: ['-T', '--script'], argument: 'FILE', help: 'a linker script', group: 'Layout' },
    { id: 'entry', names: ['-e', '--entry'], argument: 'NAME', help: 'where to start', group: 'Layout' },
    { id: 'library', names: ['-l', '--library'], argument: 'NAME', help: 'an archive', group: 'Inputs' },
    { id: 'optimize', names: ['-O'], argument: 'LEVEL', style: 'joined', help: 'how much', group: 'Other' },
    { id: 'build-id', names: ['--build-id'], argument: 'STYLE', style: 'equals', help: 'a note', group: 'Other' },
    { id: 'keyword', names: ['-z'], argument: 'KEYWORD', help: 'a keyword', group: 'Other' },
    { id: 'static', names: ['-static', '-Bstatic'], help: 'no shared libraries', group: 'Inputs' },
    { id: 'group', names: ['-(', '--start-group'], help: 'begin a group', group: 'Inputs' },
    { id: 'relocatable', names: ['-r', '--relocatable'], help: 'leave an object', group: 'Output' },
    { id: 'ignored', names: ['--secret-option'], help: '', group: 'Other', hidden: true },
  ],
}

/** `id=value` or the input itself for each item. */
function inShort(items: readonly CommandLineItem[]): string[] {
  return items.map((item) => (item.kind === 'input' ? item.value : `${item.id}=${item.value}`))
}

/** Parses words given with blanks between; the items in short, or the first error. */
function parsed(line: string, options: ParseOptions = {}): string[] | string {
  const diagnostics = new Diagnostics()
  const items = parseCommandLine(table, line.split(' '), diagnostics, options)
  const [error] = diagnostics.list
  return error ? [error.message, ...(error.notes ?? [])].join('; ') : inShort(items)
}

t.test("GNU ld's grammar", async (t) => {
  const cases: Record<string, string[]> = {
    '-o out': ['output=out'],
    '-oout': ['output=out'],
    '--output out': ['output=out'],
    '--output=out': ['output=out'],
    '-output': ['output=utput'],
    '-omagic': ['output=magic'],
    '-o -x': ['output=-x'],
    '--output=': ['output='],
    '-o=out': ['output==out'],
    '-Ttext=0x1000': ['text=0x1000'],
    '-Ttext 0x1000': ['text=0x1000'],
    '--Ttext=0x1000': ['text=0x1000'],
    '-T script': ['script=script'],
    '-Tscript': ['script=script'],
    '-script x': ['script=x'],
    '-entry main': ['entry=main'],
    '-entry=main': ['entry=main'],
    '-emain': ['entry=main'],
    '-lc -l m -library=gcc': ['library=c', 'library=m', 'library=gcc'],
    '-l:libc.a': ['library=:libc.a'],
    '-O -O2 -O 2': ['optimize=', 'optimize=2', 'optimize=', '2'],
    '--build-id x': ['build-id=', 'x'],
    '--build-id=none -build-id': ['build-id=none', 'build-id='],
    '-z relro -znow': ['keyword=relro', 'keyword=now'],
    '-static --static -Bstatic': ['static=', 'static=', 'static='],
    '-( a.o --start-group -start-group': ['group=', 'a.o', 'group=', 'group='],
    'a.o -r b.o -o c.o d.o': ['a.o', 'relocatable=', 'b.o', 'output=c.o', 'd.o'],
    '- a.o': ['-', 'a.o'],
    '-r -- -r --': ['relocatable=', '-r', '--'],
    '--oformat=fle --oformat elf': ['format=fle', 'format=elf'],
    '@absent': ['@absent'],
  }
  for (const [line, items] of Object.entries(cases)) t.strictSame(parsed(line), items, line)
  t.strictSame(inShort(parseCommandLine(table, [], new Diagnostics())), [])
  t.strictSame(inShort(parseCommandLine(table, [''], new Diagnostics())), [''], 'an empty word is an input')
})

t.test('errors', async (t) => {
  const cases: Record<string, string> = {
    '-o': 'option -o needs an argument: FILE',
    '-r --entry': 'option --entry needs an argument: NAME',
    '--relocatable=yes': 'option --relocatable takes no argument',
    '--ouput=x': 'unknown option: --ouput=x; did you mean: --output',
    '--start-gruop': 'unknown option: --start-gruop; did you mean: --start-group',
    '--xyzzy': 'unknown option: --xyzzy',
    '--secret-optio': 'unknown option: --secret-optio',
    '--omagic': 'unknown option: --omagic',
    '-rx': 'unknown option: -rx; did you mean: -r',
  }
  for (const [line, error] of Object.entries(cases)) t.equal(parsed(line), error, line)
  const diagnostics = new Diagnostics()
  parseCommandLine(table, ['--a', '--b', '-o'], diagnostics)
  t.equal(diagnostics.errorCount, 3, 'all errors are reported')
})

t.test('commands that run others stop at the first input', async (t) => {
  t.strictSame(parsed('-r prog -o -x', { stopAtInput: true }), ['relocatable=', 'prog', '-o', '-x'])
  t.strictSame(parsed('-r -- -prog -o', { stopAtInput: true }), ['relocatable=', '-prog', '-o'])
})

t.test('drivers hand on what they do not know', async (t) => {
  const items = parseCommandLine(table, ['-Wall', '-r'], new Diagnostics(), { unknown: 'pass' })
  t.match(items, [{ id: '', spelling: '-Wall' }, { id: 'relocatable' }])
})

t.test('response files', async (t) => {
  const files = memoryFiles({
    args: '-o out\n@more "two words"\t',
    more: `b.o -l 'it''s' none@args`,
    blank: ' \n\n',
    loop: 'x @loop',
    bomb: '@bomb @bomb @bomb',
    long: 'x '.repeat(1_100_000),
    word: 'y'.repeat(5_000_000),
    quotes: '"a\\"b" \'c\\\'d\' e"f"\'g\' \\  "" "open',
  })
  const words = ['a.o', 'output=out', 'b.o', 'library=its', 'none@args', 'two words', 'c.o']
  t.strictSame(parsed('a.o @args c.o', { files }), words)
  t.strictSame(parsed('@blank @quotes @ @none', { files }), ['a"b', "c'd", 'efg', ' ', '', 'open', '@', '@none'])
  t.equal(parsed('@word', { files })[0].length, 5_000_000)
  for (const name of ['loop', 'bomb', 'long']) t.match(parsed(`@${name}`, { files }), /too many or too long/, name)
})

t.test('response files are split as GNU ld splits them', async (t) => {
  const folder = t.testdir()
  const random = seededRandom(11)
  const pieces = ['a', 'b', ' ', '\n', '\t', '"', "'", '\\', '""', "''", 'x y', '\v', 'ä']
  for (let round = 0; round < 12; round++) {
    let text = 'w '
    for (let i = 0; i < 20; i++) text += pieces[random.below(pieces.length)]
    text += ' z'
    writeFileSync(join(folder, 'args'), text)
    const { stderr } = runCommand('ld', ['@args'], { cwd: folder, env: { LC_ALL: 'C' } })
    const words = Array.from(
      stderr.matchAll(/ld: cannot find ([\s\S]*?): No such file or directory\n/g),
      ([, word]) => word,
    )
    t.strictSame(parsed('@args', { files: memoryFiles({ args: text }) }), words, JSON.stringify(text))
  }
})

t.test('renderHelp', async (t) => {
  // Help is in English whatever the language of the machine.
  process.env.LC_ALL = 'de_DE.UTF-8'
  t.equal(
    await renderHelp(table, 70),
    `Usage: fle-x [OPTION]... FILE...

An example of a command.

Output:
  -o, --output=FILE     where to write
      --oformat=FORMAT  in what
  -r, --relocatable     leave an object

Layout:
  -Ttext ADDRESS       where code starts
  -T, --script=FILE    a linker script
  -e, --entry=NAME     where to start

Inputs:
  -l, --library=NAME       an archive
  -Bstatic, -static        no shared libraries
  -(, --start-group        begin a group

Other:
  -OLEVEL                 how much
      --build-id[=STYLE]  a note
  -z KEYWORD              a keyword

Examples:
  fle-x a.o -o a  the shortest use

That is all.
`,
  )
  const narrow = await renderHelp(table, 40)
  t.ok(narrow.split('\n').every((line) => line.length <= 40))
})
