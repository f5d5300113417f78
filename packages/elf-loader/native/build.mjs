// Compiles the native pieces into dist/native with the system's C compiler. Where that cannot be done the build goes
// on: the loader itself says what is missing when it is asked to run a program.
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const output = fileURLToPath(new URL('../dist/native/', import.meta.url))
const [compiler, ...compilerOptions] = (process.env.CC || 'gcc').split(' ').filter(Boolean)

// Code that runs at any address, needs no libc, keeps clear of the vector registers and fits a flat file.
const stub =
  '-Os -ffreestanding -fno-stack-protector -fPIE -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables ' +
  '-fcf-protection=none -mgeneral-regs-only -nostdlib -static -Wl,--build-id=none -Wl,-T,stub.ld -Wl,--oformat=binary'
const addon = '-O2 -Wextra -fPIC -shared -fvisibility=hidden'
// Static: it starts sooner, and runs where another libc is installed.
const front = '-O2 -Wextra -static -I ../dist/native'
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

function compile(sources, target, options) {
  // Not half a file, should two builds run at once.
  const temporary = `${output}${target}.${process.pid}`
  const args = [...compilerOptions, '-std=gnu11', '-Wall', ...options.split(' '), ...sources, '-o', temporary]
  const { status, error } = spawnSync(compiler, args, { cwd: folder, stdio: 'inherit' })
  if (status === 0) renameSync(temporary, output + target)
  else console.warn(`elf-loader: ${target} was not built (${error?.message ?? `${compiler} failed`})`)
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
  compile(['stub.c'], 'stub.bin', stub)
  compile(['addon.c', 'plan-key.c', 'plan-cache.c', 'program.c'], 'addon.node', addon)
  writeSystemCallNames()
  compile(
    frontSources.map((name) => `${name}.c`),
    'elf-loader',
    front,
  )
} else {
  console.warn('elf-loader: programs can be run on x86-64 Linux only; everything else works')
}
