// Makes dist/native: what a lab's `exec` puts before a program, and the loader's pieces, which the bundle looks for there.
// Where there is no C compiler the build goes on: `exec` itself says what is missing.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const output = fileURLToPath(new URL('../dist/native/', import.meta.url))
const loader = fileURLToPath(new URL('../../elf-loader/dist/native/', import.meta.url))
const [compiler, ...compilerOptions] = (process.env.CC || 'gcc').split(' ').filter(Boolean)

const options =
  '-std=gnu11 -Wall -Wextra -Os -ffreestanding -fno-stack-protector -fPIE -fno-tree-loop-distribute-patterns ' +
  '-fno-asynchronous-unwind-tables -fcf-protection=none -mgeneral-regs-only -nostdlib -static -Wl,--build-id=none ' +
  '-Wl,-T,fault-report.ld -Wl,--oformat=binary'

mkdirSync(output, { recursive: true })
for (const name of ['stub.bin', 'addon.node']) if (existsSync(loader + name)) copyFileSync(loader + name, output + name)
if (process.platform === 'linux' && process.arch === 'x64') {
  const temporary = `${output}fault-report.bin.${process.pid}`
  const args = [...compilerOptions, ...options.split(' '), 'fault-report.c', '-o', temporary]
  const { status, error } = spawnSync(compiler, args, { cwd: folder, stdio: 'inherit' })
  if (status === 0) renameSync(temporary, `${output}fault-report.bin`)
  else console.warn(`fle: fault-report.bin was not built (${error?.message ?? `${compiler} failed`})`)
}
