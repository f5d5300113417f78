// `node build.mjs [FOLDER]`: compiles the native pieces into dist/native with the system's C compiler. Where that cannot be
// done the build goes on: the loader itself says what is missing when it is asked to run a program. fle-ld links them, but for
// the addon, a shared object.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const output = join(process.argv[2] ?? fileURLToPath(new URL('../dist/native', import.meta.url)), '/')
const linker = createRequire(import.meta.url)
  .resolve('@fle/fle-ld')
  .replace(/dist\/index\.js$/, 'bin/fle-ld.cjs')
const [compiler, ...compilerOptions] = (process.env.CC || 'gcc').split(' ').filter(Boolean)

// Code that runs at any address, needs no libc and keeps clear of the vector registers.
const stub =
  '-c -Os -ffreestanding -ffunction-sections -fno-stack-protector -fPIE -fno-tree-loop-distribute-patterns ' +
  '-fno-asynchronous-unwind-tables -fcf-protection=none -mgeneral-regs-only'
// Where src/stub-image.ts puts the image at first, the code in it, and the plan.
const imageAddress = 0x2000_0010_0000
const codeOffset = 0x80
const planOffset = 0x1000
const hexadecimal = (address) => `0x${address.toString(16)}`
const stubLink = [
  '-static',
  '-N',
  '--entry=start',
  `-Ttext=${hexadecimal(imageAddress + codeOffset)}`,
  `--defsym=plan=${hexadecimal(imageAddress + planOffset)}`,
  '--oformat=binary',
]
const addon = '-O2 -Wextra -fPIC -shared -fvisibility=hidden'
// Static: it starts sooner, and runs where another libc is installed.
const front = `-O2 -Wextra -static -I ${output}`
const frontSources = [
  'front',
  'options',
  'program',
  'planner',
  'plan-key',
  'plan-cache',
  'room',
  'confine',
  'supervisor',
  'tracer',
  'observe',
  'report',
]

/** Runs a command that makes a file; not half of it, should two builds run at once. */
function make(target, command, args) {
  const temporary = `${output}${target}.${process.pid}`
  const { status, error } = spawnSync(command, [...args, '-o', temporary], { cwd: folder, stdio: 'inherit' })
  if (status === 0) renameSync(temporary, output + target)
  else {
    rmSync(output + target, { force: true })
    console.warn(`elf-loader: ${target} was not built (${error?.message ?? `${command} failed`})`)
  }
}

function compile(sources, target, options) {
  make(target, compiler, [...compilerOptions, '-std=gnu11', '-Wall', ...options.split(' '), ...sources])
}

/** A table of the system calls' names, for messages, out of the C library's header. */
function writeSystemCallNames() {
  const args = [...compilerOptions, '-E', '-dM', '-include', 'sys/syscall.h', '-x', 'c', '/dev/null']
  const { stdout } = spawnSync(compiler, args, { encoding: 'utf8', maxBuffer: 1 << 24 })
  const names = Array.from((stdout ?? '').matchAll(/^#define __NR_(\w+) (\d+)$/gm), ([, name, number]) => ({
    name,
    number,
  }))
  const lines = names.map(({ name, number }) => `{"${name}", ${number}},`)
  writeFileSync(`${output}system-call-names.h`, `${lines.join('\n')}\n`)
}

if (process.platform === 'linux' && process.arch === 'x64') {
  mkdirSync(output, { recursive: true })
  compile(['stub.c'], 'stub.o', stub)
  make('stub.bin', process.execPath, [linker, ...stubLink, `${output}stub.o`])
  const { size } = statSync(`${output}stub.bin`)
  if (codeOffset + size > planOffset) throw new Error(`the stub has ${size} bytes: it reaches into the plan`)
  compile(['addon.c', 'plan-key.c', 'plan-cache.c', 'program.c'], 'addon.node', addon)
  writeSystemCallNames()
  // gcc takes the first `ld` that it finds.
  const tools = mkdtempSync(join(tmpdir(), 'elf-loader-'))
  symlinkSync(linker, join(tools, 'ld'))
  compile(
    frontSources.map((name) => `${name}.c`),
    'elf-loader',
    `${front} -B ${tools}`,
  )
  rmSync(tools, { recursive: true })
} else {
  console.warn('elf-loader: programs can be run on x86-64 Linux only; everything else works')
}
