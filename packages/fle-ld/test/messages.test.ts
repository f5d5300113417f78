import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Diagnostics, memoryFiles, renderText } from '@fle/diagnostics'
import { compile, runCommand } from '@fle/testkit'
import t from 'tap'
import { type LinkOptions, link } from '../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'fle-ld-messages-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

type Files = Readonly<Record<string, Uint8Array>>

function messagesOf(files: Files, options: Partial<LinkOptions> = {}): string {
  const diagnostics = new Diagnostics()
  const inputs = Object.keys(files).map((path) => ({ kind: 'file', path, wholeArchive: false }) as const)
  const defaults = { output: 'a.out', dialect: 'fle', libraryPaths: [], relocatable: false, map: false } as const
  link({ ...defaults, entry: 'main', ...options, inputs }, memoryFiles(files), diagnostics)
  return diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 'fle-ld' })).join('')
}

/** What GNU ld says of the same files. */
function messagesOfGnu(files: Files): string {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
  return runCommand('ld', ['-e', 'main', '-o', 'by-gnu', ...Object.keys(files)], { cwd: folder }).stderr
}

const c = (source: string, ...options: string[]) => compile(`# 1 "src/main.c"\n${source}`, options)
const cc = (source: string, ...options: string[]) => compile(`# 1 "main.cc"\n${source}`, options, 'cc')

t.test('C++ names are shown as their source has them', async (t) => {
  const files = {
    'main.o': cc(
      'struct S { int v; }; namespace geo { int area(S const&, int); } int main() { return geo::area({1}, 2); }',
    ),
  }
  t.match(messagesOf(files), 'undefined symbol: geo::area(S const&, int)\n>>> referenced by main.o:(.text')
  t.match(messagesOfGnu(files), 'undefined reference to `geo::area(S const&, int)')
  t.match(messagesOf(files, { demangle: false }), 'undefined symbol: _ZN3geo4areaERK1Si\n')
  const twice = {
    'a.o': cc('int f(char) { return 1; } int main() { return 1; }'),
    'b.o': cc('int f(char) { return 2; }'),
  }
  t.match(messagesOf(twice), /^fle-ld: error: duplicate symbol: f\(char\)\n/)
  t.match(
    messagesOf({ 'main.o': cc('int g(); int f(char) { return g(); } int main() { return 0; }') }),
    /\(in f\(char\)\)/,
  )
})

t.test('places are lines where there is debug information', async (t) => {
  const source = 'int lost(int);\nint kept;\nint main(void) {\n  kept = 1;\n\n  return lost(2);\n}\n'
  for (const version of [2, 3, 4, 5]) {
    for (const options of [[], ['-O2'], ['-ffunction-sections']]) {
      const files = { 'main.o': c(source, `-gdwarf-${version}`, ...options) }
      t.match(
        messagesOf(files),
        /^fle-ld: error: undefined symbol: lost\n>>> referenced by src\/main\.c:6 \(in main\), main\.o:\(\.text\S*\+0x\w+\)\n$/,
      )
      t.match(messagesOfGnu(files), /\.c:6: undefined reference to `lost'/)
    }
  }
  const twice = c('\nint main(void) { return 0; }', '-g')
  t.equal(
    messagesOf({ 'a.o': twice, 'b.o': twice }),
    `fle-ld: error: duplicate symbol: main
>>> defined at src/main.c:2, a.o:(.text+0x0)
>>> defined at src/main.c:2, b.o:(.text+0x0)
`,
  )
  const far = compile('# 7 "far.c"\nint main(void) { __asm__("movb $main, %al"); return 0; }', ['-g', '-fno-pie'])
  t.match(messagesOf({ 'far.o': far }), />>> referenced by far\.c:7 \(in main\), far\.o:\(\.text\+0x5\)\n/)
})

t.test('a name of the other language is recognized', async (t) => {
  const cpp = { 'main.o': cc('void draw(int); int main() { draw(1); }'), 'draw.o': c('void draw(int x) {}') }
  t.match(
    messagesOf(cpp),
    `>>> did you mean: extern "C" draw
>>> defined in: draw.o
>>> hint: C++ looks for draw(int), C defines draw: declare it extern "C" in C++
`,
  )
  const plain = { 'main.o': c('void draw(int); int main() { draw(1); }'), 'draw.o': cc('void draw(int x) {}') }
  t.match(
    messagesOf(plain),
    `undefined symbol: draw
>>> referenced by main.o:(.text+0xa) (in main)
>>> did you mean: draw(int)
>>> defined in: draw.o
>>> hint: C++ makes the parameters part of a name: declare it extern "C" there so that C can find it
`,
  )
})
