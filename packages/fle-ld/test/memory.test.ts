// The same link in each kind of memory: with the loops in WebAssembly, with the same as JavaScript, and with no room for
// any object, so that TypeScript does all of it.

import { writeFileSync } from 'node:fs'
import { Diagnostics, renderText } from '@fle/diagnostics'
import { nodeFiles } from '@fle/diagnostics/node'
import { Memory } from '@fle/kernels'
import { instantiateScript } from '@fle/kernels/wasm'
import { runToSuccess } from '@fle/testkit'
import t from 'tap'
import { type LinkOptions, link } from '../src/index.ts'

/** One that has no room for what need not be there. */
class FullMemory extends Memory {
  override hasRoom(): boolean {
    return false
  }
}

const program = `
  #include <cstdio>
  #include <stdexcept>
  #include <string>
  thread_local int calls;
  int common[3] __attribute__((weak));
  static void fail(const std::string &text) { calls++; throw std::runtime_error(text + "!"); }
  int main() {
    try { fail("caught"); } catch (const std::exception &error) { std::printf("%s %d\\n", error.what(), calls); }
  }`

t.test('a program is the same whatever does the loops', async (t) => {
  const folder = t.testdir({ 'program.cc': program })
  runToSuccess('g++', ['-O1', '-g', '-c', 'program.cc'], { cwd: folder })
  const file = (name: string) => runToSuccess('g++', [`-print-file-name=${name}`]).trim()
  const inputOf = (path: string) => ({ kind: 'file', path, wholeArchive: false }) as const
  const libraries = ['libstdc++.a', 'libm.a', 'libgcc.a', 'libgcc_eh.a', 'libc.a'].map((name) => inputOf(file(name)))
  const first = ['crt1.o', 'crti.o', 'crtbeginT.o'].map((name) => inputOf(file(name)))
  const last = ['crtend.o', 'crtn.o'].map((name) => inputOf(file(name)))
  const groupOf = <Input>(inputs: readonly Input[]) =>
    [{ kind: 'start-group' }, ...inputs, { kind: 'end-group' }] as const
  const options: LinkOptions = {
    output: 'program',
    dialect: 'fle',
    relocatable: false,
    map: false,
    inputs: [...first, inputOf(`${folder}/program.o`), ...groupOf(libraries), ...last],
    libraryPaths: [],
    wantedSymbols: [],
    requiredSymbols: [],
    wrappedSymbols: [],
    tracedSymbols: [],
    ignoredSymbols: [],
    whyLive: [],
    ehFrameHeader: true,
  }
  const linkIn = (memory: Memory, more: Partial<LinkOptions> = {}) => {
    const diagnostics = new Diagnostics()
    const { output } = link({ ...options, ...more }, nodeFiles, diagnostics, {}, memory)
    if (!output) t.fail(diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 'fle-ld' })).join(''))
    return Buffer.from(output ?? [])
  }
  const cases: readonly [name: string, options: Partial<LinkOptions>][] = [
    ['as it is', {}],
    ['without sections that nothing needs', { collectGarbage: true }],
    ['with relocations', { emitRelocations: true }],
    ['without local symbols', { discardLocals: 'all' }],
  ]
  for (const [name, more] of cases) {
    const compiled = linkIn(new Memory(), more)
    t.ok(compiled.equals(linkIn(new FullMemory(), more)), `${name}: in TypeScript`)
    if (name === 'as it is') t.ok(compiled.equals(linkIn(new Memory(instantiateScript()), more)), 'in JavaScript')
    const path = `${folder}/program`
    writeFileSync(path, compiled, { mode: 0o755 })
    t.equal(runToSuccess(path, []), 'caught! 1\n', `${name}: it runs`)
  }
})
