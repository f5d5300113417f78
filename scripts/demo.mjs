// The main job as one would type it: C to FLE, FLE to a program, the program run by the kernel and by our own loader.
// Each command is shown before it runs, in a folder of its own that is removed at the end.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'fle-demo-'))
const commands = join(root, 'node_modules', '.bin')
const env = { ...process.env, PATH: `${commands}${delimiter}${process.env.PATH}` }

function showTyped(command) {
  console.log(process.stdout.isTTY ? `\x1b[1m$ ${command}\x1b[0m` : `$ ${command}`)
}

/** Types a command and runs it; one that does not end with the expected status ends the demonstration. */
function type(command, expected = 0) {
  showTyped(command)
  const { status, signal } = spawnSync('sh', ['-c', command], { cwd: folder, env, stdio: 'inherit' })
  if (status === expected) {
    if (status === 0) return
    showTyped('echo $?')
    console.log(status)
    return
  }
  console.error(`demo: this ended with ${signal ?? `status ${status}`}; expected was status ${expected}`)
  process.exitCode = 1
  throw new Error('stopped')
}

function say(text) {
  console.log(`\n${text}`)
}

try {
  cpSync(join(root, 'examples/hello'), folder, { recursive: true })
  say('Three C files become three FLE objects (gcc compiles, fle-cc converts):')
  for (const name of ['foo', 'libc', 'main']) type(`fle-cc -Wall -g -Os ${name}.c -o ${name}.o`)

  say('An FLE object is text: bytes, symbols, and questions to the linker:')
  type('cat main.fle')

  say('fle-ld answers the questions; the program is text too, and executable:')
  type('fle-ld foo.fle libc.fle main.fle -o hello')
  type('head -n 16 hello')

  say('It runs: started by the kernel through its first line, by fle-exec, by elf-loader:')
  for (const start of ['./hello', 'fle-exec hello', 'elf-loader hello']) type(start, 3)

  say('The same objects as an ELF program, run by the kernel and by our loader in place of execve:')
  type('fle-ld --oformat=elf64-x86-64 foo.fle libc.fle main.fle -o hello.elf')
  for (const start of ['./hello.elf', 'elf-loader hello.elf']) type(start, 3)

  say('A program can be twelve bytes in a text with remarks (one of the bytes is its exit status):')
  cpSync(join(root, 'examples/minimal/minimal.fle'), join(folder, 'minimal.fle'))
  type('fle-exec minimal.fle', 42)
  type("sed -i 's/bf 2a/bf 2b/' minimal.fle")
  type('fle-exec minimal.fle', 43)
  say(`The commands are in ${commands.replace(root, '')}; ${countExamples()} more programs are in examples.`)
} catch (error) {
  if (!process.exitCode) throw error
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** The rows of the table in examples/README.md, less the two programs shown. */
function countExamples() {
  const rows = readFileSync(join(root, 'examples/README.md'), 'utf8').match(/^\| `/gm)
  return (rows ?? []).length - 2
}
