// Builds every example as FLE and as ELF, runs each in every way that there is, and compares what it prints.
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '@fle/testkit'
import t from 'tap'

/** How an example is built and run: the content of its example.json. */
interface Example {
  /** Whether it needs the C library: such programs are ELF only, and build as they stand. */
  readonly hosted?: boolean
  /** Command lines. Those that do not end in an object link, and get --oformat for the ELF program. */
  readonly build: readonly string[]
  readonly runs: readonly Run[]
}

interface Run {
  /** The program and its arguments, separated by blanks. */
  readonly command: string
  /** The file that it reads from stdin. */
  readonly input?: string
  /** What its environment has besides PATH. */
  readonly environment?: Readonly<Record<string, string>>
  /** 0 by default. */
  readonly status?: number
  /** The file with what it prints; by default it prints nothing. */
  readonly output?: string
}

const root = join(import.meta.dirname, '../..')
const examples = join(root, 'examples')
const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`

/** The ways to start a program: the words before it. The kernel finds fle-exec in the first line of FLE programs. */
const ways: Record<'fle' | 'elf', readonly (readonly string[])[]> = {
  fle: [[], ['fle-exec'], ['elf-loader']],
  elf: [[], ['elf-loader']],
}

/** Whether a text is the expected one, in which `…` stands for any text on a line, and as a line for any lines. */
function matches(expected: string, actual: string): boolean {
  const pattern = expected.split(/(?<=\n)/).map((line) =>
    line === '…\n'
      ? '(?:.*\n)*'
      : line
          .split('…')
          .map((part) => part.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'))
          .join('.*'),
  )
  return new RegExp(`^${pattern.join('')}$`).test(actual)
}

t.test('the pattern of expected outputs', async (t) => {
  t.ok(matches('a\n…\nb\n', 'a\nb\n'))
  t.ok(matches('a\n…\nb\n', 'a\nx\ny\nb\n'))
  t.ok(matches('0x… (…)\n', '0x12 (b)\n'))
  t.notOk(matches('0x…\n', '0x12\nb\n'))
  t.notOk(matches('a\n', 'a\nb\n'))
})

const names = readdirSync(examples).filter((name) => existsSync(join(examples, name, 'example.json')))
t.ok(names.length >= 13, `${names.length} examples`)

for (const name of names) {
  t.test(name, async (t) => {
    const example: Example = JSON.parse(readFileSync(join(examples, name, 'example.json'), 'utf8'))
    const formats = example.hosted ? (['elf'] as const) : (['fle', 'elf'] as const)
    for (const format of formats) {
      // A copy of all examples: an example uses what is in its neighbour lib.
      const copy = t.testdir()
      cpSync(examples, copy, { recursive: true })
      const folder = join(copy, name)

      for (const command of example.build) {
        const isConverted = format === 'elf' && !example.hosted && !command.endsWith('.o')
        const commandLine = isConverted ? `${command} --oformat=elf64-x86-64` : command
        const { status, stdout, stderr } = runCommand('sh', ['-c', commandLine], { cwd: folder, env: { PATH: path } })
        t.strictSame({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' }, commandLine)
      }
      for (const run of example.runs) {
        const expected = run.output === undefined ? '' : readFileSync(join(folder, run.output), 'utf8')
        const input = run.input === undefined ? '' : readFileSync(join(folder, run.input), 'utf8')
        for (const way of ways[format]) {
          const words = [...way, ...run.command.split(' ')]
          const variables = Object.entries({ PATH: path, ...run.environment }).map(
            ([name, value]) => `${name}=${value}`,
          )
          const result = runCommand('env', ['-i', ...variables, ...words], { cwd: folder, input })
          const title = `${format}: ${words.join(' ')}`
          t.equal(result.signal ?? result.status, run.status ?? 0, `${title}: status`)
          if (!matches(expected, result.stdout)) t.equal(result.stdout, expected, `${title}: output`)
          else t.pass(`${title}: output`)
        }
      }
    }
  })
}
