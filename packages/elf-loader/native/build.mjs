// Compiles the native pieces into dist/native with the system's C compiler. Where that cannot be done the build goes
// on: the loader itself says what is missing when it is asked to run a program.
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const output = fileURLToPath(new URL('../dist/native/', import.meta.url))
const [compiler, ...compilerOptions] = (process.env.CC || 'gcc').split(' ').filter(Boolean)

// Code that runs at any address, needs no libc, keeps clear of the vector registers and fits a flat file.
const stub =
  '-Os -ffreestanding -fno-stack-protector -fPIE -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables ' +
  '-fcf-protection=none -mgeneral-regs-only -nostdlib -static -Wl,--build-id=none -Wl,-T,stub.ld -Wl,--oformat=binary'
const addon = '-O2 -fPIC -shared'
// Static: it starts sooner, and runs where another libc is installed.
const front = '-O2 -Wextra -static'

function compile(sources, target, options) {
  // Not half a file, should two builds run at once.
  const temporary = `${output}${target}.${process.pid}`
  const args = [...compilerOptions, '-std=gnu11', '-Wall', ...options.split(' '), ...sources, '-o', temporary]
  const { status, error } = spawnSync(compiler, args, { cwd: folder, stdio: 'inherit' })
  if (status === 0) renameSync(temporary, output + target)
  else console.warn(`elf-loader: ${target} was not built (${error?.message ?? `${compiler} failed`})`)
}

if (process.platform === 'linux' && process.arch === 'x64') {
  mkdirSync(output, { recursive: true })
  compile(['stub.c'], 'stub.bin', stub)
  compile(['addon.c'], 'addon.node', addon)
  compile(['front.c', 'program.c', 'planner.c', 'plan-cache.c'], 'elf-loader', front)
} else {
  console.warn('elf-loader: programs can be run on x86-64 Linux only; everything else works')
}
