// What the documents type is typed here: every command of their sessions, with the answers they print.
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from '@fle/testkit'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`

/** The documents with sessions, and the folder within a copy of `examples` that they are typed in; none is an empty one. */
const documents: Record<string, string> = {
  'README.md': 'hello',
  'docs/tutorial.md': 'hello',
  'docs/teachers.md': '',
  'README.zh-CN.md': 'hello',
  'docs/zh-CN/tutorial.md': 'hello',
  'docs/zh-CN/teachers.md': '',
}

interface Typed {
  readonly command: string
  readonly answer: string
  readonly line: number
}

/** The commands of all sessions of a document: `$ ` begins one, `> ` goes on with it, all else is the answer. */
function sessionsOf(text: string): Typed[] {
  const typed: Typed[] = []
  for (const block of text.matchAll(/^```console\n([\s\S]*?)^```$/gm)) {
    const first = text.slice(0, block.index).split('\n').length + 1
    block[1].split('\n').forEach((line, i) => {
      const last = typed.at(-1)
      if (line.startsWith('$ ')) typed.push({ command: line.slice(2), answer: '', line: first + i })
      else if (last && last.answer === '' && /^>( |$)/.test(line) && /<<'END'/.test(last.command))
        typed[typed.length - 1] = { ...last, command: `${last.command}\n${line.slice(2)}` }
      else if (last) typed[typed.length - 1] = { ...last, answer: `${last.answer}${line}\n` }
    })
    // The line end before the closing fence ends no line of its own.
    const last = typed.at(-1)
    if (last) typed[typed.length - 1] = { ...last, answer: last.answer.replace(/\n$/, '') }
  }
  return typed
}

/** Whether an answer is what is printed in the document, where a line `…` stands for any lines, and `…` in one for any text. */
function matches(printed: string, answer: string): boolean {
  const pattern = printed.split(/(?<=\n)/).map((line) =>
    /^\s*…\n$/.test(line)
      ? '(?:.*\n)*'
      : line
          .split('…')
          .map((part) => part.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&'))
          .join('.*'),
  )
  return new RegExp(`^${pattern.join('')}$`).test(answer)
}

t.test('sessions are read as they are meant', async (t) => {
  const text = "x\n```console\n$ a\n1\n…\n$ cat <<'END'\n> b\n> END\n$ c\n```\n"
  t.strictSame(sessionsOf(text), [
    { command: 'a', answer: '1\n…\n', line: 3 },
    { command: "cat <<'END'\nb\nEND", answer: '', line: 6 },
    { command: 'c', answer: '', line: 9 },
  ])
  t.ok(matches('1\n…\n', '1\n2\n3\n'))
  t.notOk(matches('1\n…\n', '2\n3\n'))
  t.notOk(matches('1\n', '1\n2\n'))
})

for (const [document, folder] of Object.entries(documents)) {
  t.test(document, async (t) => {
    const typed = sessionsOf(readFileSync(join(root, document), 'utf8'))
    t.ok(typed.length >= 8, `${typed.length} commands`)
    const place = t.testdir()
    if (folder !== '') cpSync(join(root, 'examples'), place, { recursive: true })
    let cwd = join(place, folder)
    for (const { command, answer, line } of typed) {
      // Each command has a shell of its own, which tells where it has gone.
      const script = `{ ${command}\n} 2>&1; pwd >&2`
      const result = runCommand('bash', ['-c', script], { cwd, env: { PATH: path, TERM: 'dumb' } })
      t.ok(matches(answer, result.stdout), `${document}:${line}: ${command}`, {
        printed: answer,
        answer: result.stdout,
      })
      cwd = resolve(cwd, result.stderr.trim().split('\n').at(-1) ?? '')
    }
  })
}

t.test('documents in Chinese have what those in English have', async (t) => {
  for (const name of readdirSync(join(root, 'docs/zh-CN')).concat('../README.zh-CN.md')) {
    const chinese = name.startsWith('..') ? 'README.zh-CN.md' : `docs/zh-CN/${name}`
    const english = name.startsWith('..') ? 'README.md' : `docs/${name}`
    t.ok(existsSync(join(root, english)), `${chinese} has an original`)
    const commandsOf = (document: string): string[] =>
      sessionsOf(readFileSync(join(root, document), 'utf8')).map(({ command }) => command.replace(/ +#.*$/, ''))
    t.strictSame(commandsOf(chinese), commandsOf(english), `${chinese} types the same commands`)
    const headingsOf = (document: string): number => readFileSync(join(root, document), 'utf8').split(/^#+ /m).length
    t.equal(headingsOf(chinese), headingsOf(english), `${chinese} has the same parts`)
  }
})
