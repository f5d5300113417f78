// Compiles kernels.ts and writes it to a module, ../dist/wasm.js, twice: as WebAssembly, and as JavaScript for where
// that cannot run.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'
import binaryen from 'assemblyscript/binaryen'

// The memory is the caller's, and nothing is allocated in it here. The JavaScript has no saturating conversions.
// Shared memory grows without its arrays becoming others.
const options = ['--runtime', 'stub', '--noAssert', '-O3', '--disable', 'nontrapping-f2i', '--enable', 'threads']
const memory = ['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536']
const folder = new URL('../dist/', import.meta.url)
const baseDir = fileURLToPath(new URL('.', import.meta.url))
const { error, stderr } = await asc.main(
  ['kernels.ts', '--baseDir', baseDir, '--outFile', 'kernels.wasm', ...options, ...memory],
  {
    writeFile: (_name, bytes) => writeModule(bytes),
  },
)
if (error) {
  process.stderr.write(stderr.toString())
  process.exit(1)
}

function writeModule(bytes) {
  const module = binaryen.readBinary(bytes)
  module.setFeatures(binaryen.Features.All)
  // A function `asmFunc(imports)` with what it calls, and behind it its exports for a memory of no bytes, which are of no
  // use here. What it calls has variables beside it, so each instance has all of it for itself. Its arrays are of no
  // fixed length, so that they grow with the memory.
  const [script] = module.emitAsmjs().split('\nvar memasmFunc')
  const text = `// Made by assembly/build.mjs.
const bytes = Buffer.from('${Buffer.from(bytes).toString('base64')}', 'base64')
const pageSize = 65536
let compiled

export function instantiate() {
  let memory
  try {
    memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true })
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return instantiateScript()
  }
  compiled ??= new WebAssembly.Module(bytes)
  const { exports } = new WebAssembly.Instance(compiled, { env: { memory } })
  const linearMemory = {
    largest: 2 ** 32,
    grow: (pages) => memory.grow(pages),
    get buffer() {
      return memory.buffer
    },
  }
  return { ...exports, memory: linearMemory }
}

export function instantiateScript() {
  ${script}
  const buffer = growableBuffer()
  buffer.grow(pageSize)
  const grow = (pages) => {
    const before = buffer.byteLength
    buffer.grow(before + pages * pageSize)
    return before / pageSize
  }
  return { ...asmFunc({ env: { memory: { buffer } } }), memory: { buffer, grow, largest: buffer.maxByteLength } }
}

// Addresses are scarce where this runs, and others need them too.
function growableBuffer() {
  for (const maxByteLength of [2 ** 28, 2 ** 26]) {
    try {
      return new SharedArrayBuffer(0, { maxByteLength })
    } catch (error) {
      if (!(error instanceof RangeError) || maxByteLength === 2 ** 26) throw error
    }
  }
}
`
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL('wasm.js', folder), text)
  copyFileSync(new URL('kernels.d.ts', import.meta.url), new URL('wasm.d.ts', folder))
}
