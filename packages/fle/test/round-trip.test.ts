import { readFileSync } from 'node:fs'
import { Diagnostics, renderText } from '@fle/diagnostics'
import { readObject, writeObject } from '@fle/elf'
import { type ObjectFile, SHF } from '@fle/object'
import { assemble, compareObjects, compile, mutate, runToSuccess, seededRandom } from '@fle/testkit'
import { Ajv } from 'ajv'
import t from 'tap'
import {
  type FleFile,
  isFle,
  readFle,
  readFleObject,
  writeFleArchive,
  writeFleExecutable,
  writeFleObject,
} from '../src/index.ts'

function messages(diagnostics: Diagnostics): string {
  return diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 't' })).join('')
}

/** Runs what must go through without a word. */
function quietly<Result>(run: (diagnostics: Diagnostics) => Result | undefined): Result {
  const diagnostics = new Diagnostics()
  const result = run(diagnostics)
  if (result === undefined || diagnostics.list.length > 0) throw new Error(messages(diagnostics) || 'nothing')
  return result
}

function elf(bytes: Uint8Array, name = 'test.o'): ObjectFile {
  return quietly((diagnostics) => readObject(bytes, name, diagnostics))
}

function toFle(object: ObjectFile, keepDebug = false): Uint8Array {
  return quietly((diagnostics) => writeFleObject(object, { dialect: 'fle', keepDebug }, diagnostics))
}

function fromFle(text: Uint8Array): ObjectFile {
  return quietly((diagnostics) => readFleObject(text, 'test.fle', diagnostics))
}

/** What is lost on the way from ELF to FLE and back to ELF. */
function losses(object: ObjectFile, keepDebug: boolean): string[] {
  const again = fromFle(toFle(object, keepDebug))
  const written = elf(quietly((diagnostics) => writeObject(again, diagnostics)))
  // FLE says that the stack is executable where ELF says nothing.
  return compareObjects(object, written, { all: keepDebug }).filter((loss) => !/\.note\.GNU-stack is only/.test(loss))
}

const c = `
int puts(const char *); extern int outer; extern __thread int away; __thread int here = 3; static __thread int zero;
static int hidden; int common; int array[100]; const double table[] = {1.5, 2.5};
__attribute__((weak)) int weak = 3; extern int maybe(void) __attribute__((weak));
__attribute__((visibility("protected"))) int guarded = 4;
static int add(int x) { return x + hidden + outer; }
static int twice(int x) { return 2 * x; }
static int (*resolve(void))(int) { return twice; }
int quick(int) __attribute__((ifunc("resolve")));
__attribute__((constructor)) static void begin(void) { hidden = 7; }
__attribute__((section("odd-name"), used)) static int odd = 5;
int (*pointers[])(int) = {add, twice};
int main(int count, char **words) {
  hidden = count; puts("hello"); here += away + zero;
  switch (count) { case 1: return add(1); case 2: return 7; case 3: return weak; case 4: return array[count]; case 5: return 9; }
  return maybe ? maybe() : (int)table[count] + quick(3) + words[0][0] + common;
}`

const cpp = `
#include <string>
#include <vector>
#include <stdexcept>
template <class T> struct Stack { std::vector<T> items; static int made; void push(T x) { items.push_back(x); made++; } };
template <class T> int Stack<T>::made = 0;
inline int shared() { static int n; return ++n; }
struct Base { virtual ~Base() {} virtual std::string name() const { return "base"; } };
struct Derived : Base { std::string name() const override { return "derived"; } };
int main() { try { Stack<std::string> s; s.push(Derived().name()); if (shared() > 1) throw std::runtime_error("x"); }
  catch (const std::exception &e) { return 1; } return Stack<std::string>::made; }`

/** What compilers do not write: odd names, symbols at odd places, every kind of symbol and relocation. */
const assembly = `
  .text
  .globl "a b", gotbase, "x#2", abs, inside, before, t, z, fi, un
"a b": nop
gotbase: call 0x1230
x: nop
  jmp "we|\`ird"
"x#2": nop
  movq $gotbase, %rax
  call .data
  call x
  leaq t@tlsdesc(%rip), %rax
  call *t@tlscall(%rax)
  movabsq $_GLOBAL_OFFSET_TABLE_, %r11
  leaq _GLOBAL_OFFSET_TABLE_(%rip), %rax
  movabsq $uw@GOTOFF, %rax
  movabsq $uw@PLTOFF, %rax
  movq uw@GOTPCREL(%rip), %rax
  call *uw@GOTPCREL(%rip)
  addq t@gottpoff(%rip), %rax
  leaq t@tlsgd(%rip), %rdi
  leaq t@tlsld(%rip), %rdi
  jmp .
  jne undefined
  .section .foo,"axG",@progbits,sig,comdat
  nop
  .section .plain,"aG",@progbits,together
  .long undefined - .
  .data
y: .quad x, "x#2", .text, -1, .data+5, z
  .byte z
  .value z
  .weak wk, uw
wk: .long wk-., y-.
  .quad uw@GOT, uw@SIZE
  .comm cc,100,32
  .lcomm lc,10
  .type fi,@gnu_indirect_function
fi: .quad 0
  .type un,@gnu_unique_object
un: .quad un
  abs = 0xffffffffffffffff
  .hidden hid
  .quad hid
  .set inside, y+3
  .set after, y+30000
  .set before, y-30000
  .reloc ., R_X86_64_NONE, z
  .space 1000
  .section .tdata,"awT"
t: .quad t@tpoff, t@dtpoff
  .section lo,"ao",@progbits,.text
  .long 0
  .section lo,"ao",@progbits,.data,unique,3
  .long lo
  .section ret,"aR",@0x6fff4321
  .long 1
  .section .data.rel.ro.local,"aw"
  .p2align 5
  .quad -0x8000000000000000 + z
  .section .note.GNU-stack,"x"
`

interface Sample {
  readonly name: string
  readonly bytes: () => Uint8Array
}

const samples: readonly Sample[] = [
  ...[['-O0'], ['-O2', '-g'], ['-Os', '-fno-pic', '-fcommon', '-ffunction-sections', '-fdata-sections']].map(compiled),
  ...[['-O2', '-fPIC', '-ftls-model=global-dynamic'], ['-O2', '-fPIC', '-mtls-dialect=gnu2'], ['-mcmodel=large']].map(
    compiled,
  ),
  compiled(['-g3', '-gz=zlib', '-mcmodel=large', '-fPIC']),
  { name: 'C++ -O0', bytes: () => compile(cpp, ['-O0'], 'cc') },
  { name: 'C++ -O2 -g -fPIC', bytes: () => compile(cpp, ['-O2', '-g', '-fPIC'], 'cc') },
  { name: 'assembly', bytes: () => assemble(assembly) },
  ...['crt1.o', 'crti.o', 'crtn.o', 'crtbegin.o', 'crtend.o'].map((name) => ({
    name,
    bytes: () => new Uint8Array(readFileSync(runToSuccess('gcc', [`-print-file-name=${name}`]).trim())),
  })),
]

function compiled(options: readonly string[]): Sample {
  return { name: `C ${options.join(' ')}`, bytes: () => compile(c, options) }
}

t.test('ELF to FLE and back', (t) => {
  for (const { name, bytes } of samples) {
    const object = elf(bytes(), name)
    t.same(losses(object, false), [], name)
    const isCompressed = object.name.includes('-gz')
    if (!isCompressed) t.same(losses(object, true), [], `${name}, all sections`)
    const text = toFle(object)
    t.equal(isFle(text), true)
    t.equal(new TextDecoder().decode(toFle(fromFle(text))), new TextDecoder().decode(text), `${name} as text`)
  }
  t.end()
})

t.test('compressed sections are written decompressed', (t) => {
  const bytes = compile(c, ['-g', '-gz=zlib', '-O1'])
  const packed = elf(bytes)
  const isPacked = Array.from({ length: packed.sectionCount }, (_, i) => packed.sectionFlags(i) & SHF.COMPRESSED)
  t.ok(
    isPacked.some((flag) => flag !== 0),
    'gcc compresses',
  )
  const folder = t.testdir({ 'packed.o': Buffer.from(bytes) })
  runToSuccess('objcopy', ['--decompress-debug-sections', 'packed.o', 'plain.o'], { cwd: folder })
  const plain = elf(new Uint8Array(readFileSync(`${folder}/plain.o`)))
  t.same(compareObjects(plain, fromFle(toFle(packed, true)), { all: true }), [], 'as objcopy decompresses them')
  t.end()
})

t.test('texts and archives give the same objects', (t) => {
  const members = samples.map(({ name, bytes }) => ({ name, object: elf(bytes(), name) }))
  const bytes = quietly((diagnostics) => writeFleArchive(members, { dialect: 'fle' }, diagnostics))
  const file = quietly((diagnostics) => readFle(bytes, 'lib.fa', diagnostics))
  t.equal(file.kind, 'archive')
  if (file.kind !== 'archive') return t.end()
  t.same(
    members.map((_, i) => file.archive.memberName(i)),
    members.map(({ name }) => name),
  )
  for (const [i, { name, object }] of members.entries()) {
    const again = quietly((diagnostics) => file.archive.readMember(i, diagnostics))
    t.same(compareObjects(object, again, { all: false }), [], name)
  }
  t.end()
})

t.test('the warm-up files', (t) => {
  const folder = new URL('../../../fixtures/warm-up/', import.meta.url)
  for (const name of ['minimal.fle', 'foo.fle', 'main.fle']) {
    const object = fromFle(new Uint8Array(readFileSync(new URL(name, folder))))
    t.same(losses(object, true), [], name)
  }
  t.end()
})

/** Does with a file all that can be done with it; only diagnostics may come of it. */
function useUp(file: FleFile | undefined, diagnostics: Diagnostics): void {
  if (file?.kind === 'object') {
    for (const dialect of ['fle', 'classic'] as const)
      writeFleObject(file.object, { dialect, keepDebug: true }, diagnostics)
    writeObject(file.object, diagnostics)
  } else if (file?.kind === 'archive') {
    for (let i = 0; i < file.archive.memberCount; i++) file.archive.readMember(i, diagnostics)
  } else if (file?.kind === 'executable' && file.executable.form === 'segments') {
    writeFleExecutable(file.executable, { dialect: 'fle' })
  }
}

t.test('damaged texts give diagnostics, nothing else', (t) => {
  const objects = ['C -O0', 'assembly'].map((wanted) =>
    elf(samples.find(({ name }) => name === wanted)?.bytes() ?? new Uint8Array()),
  )
  const texts = [
    ...objects.map((object) => toFle(object)),
    quietly((d) =>
      writeFleArchive(
        objects.map((object) => ({ name: 'm', object })),
        { dialect: 'fle' },
        d,
      ),
    ),
    writeFleExecutable(
      {
        form: 'segments',
        entry: 4096,
        segments: [{ name: '.text', address: 4096, size: 9000, flags: 5, content: Uint8Array.of(1, 2, 3) }],
        symbols: [{ name: '_start', value: 4096 }],
      },
      { dialect: 'fle' },
    ),
    new Uint8Array(readFileSync(new URL('../../../fixtures/warm-up/minimal.fle', import.meta.url))),
  ]
  const random = seededRandom(20)
  let refused = 0
  const rounds = 3000
  for (let round = 0; round < rounds; round++) {
    const bytes = mutate(texts[round % texts.length], random)
    const diagnostics = new Diagnostics()
    const file = readFle(bytes, 'damaged.fle', diagnostics)
    if (!file) {
      refused++
      if (diagnostics.errorCount === 0) t.fail(`round ${round}: refused without a word`)
      messages(diagnostics)
    }
    useUp(file, diagnostics)
  }
  t.ok(refused > rounds / 4, `${refused} of ${rounds} refused`)
  t.ok(refused < rounds, 'some are sound all the same')
  t.end()
})

const schemaText = readFileSync(new URL('../fle.schema.json', import.meta.url), 'utf8')
const isValid = new Ajv({ strict: true, strictRequired: false }).compile(JSON.parse(schemaText))

/** What the schema finds wrong with a text. */
function violations(text: string | Uint8Array): string {
  const json = typeof text === 'string' ? text : new TextDecoder().decode(text).replace(/^#!.*\n/, '')
  if (isValid(JSON.parse(json))) return ''
  return (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`).join('\n')
}

t.test('the schema takes what is written, in all dialects', (t) => {
  for (const { name, bytes } of samples) t.equal(violations(toFle(elf(bytes(), name), true)), '', name)
  const options = ['-Os', '-fno-common', '-ffreestanding', '-fPIE', '-fno-asynchronous-unwind-tables']
  const object = elf(compile('extern int n; static int k[9]; int f(int x) { return n + k[x]; }', options))
  const program = {
    form: 'segments',
    entry: 0x400000,
    segments: ['.text', '.bss'].map((name, i) => ({
      ...{ name, address: 0x400000 + 4096 * i, size: 20, flags: 6 - i, content: Uint8Array.of(...(i ? [] : [0xc3])) },
    })),
    symbols: [{ name: '_start', value: 0x400000, size: 1 }],
  } as const
  const blob = { form: 'blob', entry: 0, size: 1, content: Uint8Array.of(0xc3), symbols: program.symbols } as const
  for (const dialect of ['fle', 'classic', 'linklab', 'linklab2024'] as const) {
    const diagnostics = new Diagnostics()
    const written = [
      dialect === 'classic' ? '{"type": ".obj"}' : writeFleObject(object, { dialect }, diagnostics),
      dialect === 'classic' ? '{"type": ".obj"}' : writeFleArchive([{ name: 'x', object }], { dialect }, diagnostics),
      writeFleExecutable(program, { dialect }),
      writeFleExecutable(blob, { dialect }),
    ]
    t.same(written.map((text) => violations(text ?? messages(diagnostics))).join(''), '', dialect)
  }
  for (const file of ['foo.fle', 'libc.fle', 'main.fle'])
    t.equal(violations(new Uint8Array(readFileSync(new URL(`../../../fixtures/warm-up/${file}`, import.meta.url)))), '')
  t.end()
})

t.test('the schema and the reader agree on lines', (t) => {
  const sound = [
    '🔢: f31efa',
    '🔢:',
    '🏷: x',
    '🏷️: x',
    '📎 : `a b`',
    '❓: i32(f - 📍)',
    '❓: mark(none())',
    '📐: 0x10',
    '🕳: 3',
  ]
  sound.push('🚩: AX align=16', '🚩: - type=note', '🚩: align=2', '🚩: W+0x400000 group=`a b`', '💬: any, thing')
  const unsound = [
    '🔢: f',
    '🔢: 0x10',
    '📤: a-b',
    '📤: 9a',
    '📤: a b',
    '📤:',
    'hello',
    '❓: f',
    '❓: i33(f)',
    '📐: big',
    '🕳️: -1',
  ]
  unsound.push('🚩: Q', '🚩: align', '🔖: x func big', '🔖: x size=', '❓: .abs32(x + 0)', '❓: .rel(x)', '📤: x 1 1 1')
  const asLab = ['📤: f 4 0', '🏷️: .hidden f 4 0', '❓: .rel(f - 4)', '❓: .abs64( f+0x1c )', '❓: .gotpcrel(a@b$ + ff)']
  for (const line of [...sound, ...unsound, ...asLab]) {
    const text = JSON.stringify({ type: '.obj', '.text': [line] })
    const diagnostics = new Diagnostics()
    const isRead = readFle(new TextEncoder().encode(text), 'x', diagnostics) !== undefined
    t.equal(violations(text) === '', isRead, `${line}: ${messages(diagnostics)}`)
    t.equal(isRead, !unsound.includes(line), line)
  }
  const wrong = [
    {},
    { type: '.dll' },
    { type: '.obj', symbols: ['📤: x'] },
    { type: '.obj', shdrs: [{ size: 4 }] },
    { type: '.obj', shdrs: [{ name: '.text', size: -4 }] },
    { type: '.exe', '.load': [] },
    { type: '.exe', '.load': [], symbols: { _start: 'here' } },
    { type: '.exe', entry: 0, phdrs: [{ name: '.text', vaddr: 0, size: 4, flags: 8 }], '.text': [] },
    { type: '.exe', entry: 0, phdrs: [{ name: '.text', size: 4, flags: 4 }], '.text': [] },
    { type: '.ar' },
    { type: '.ar', members: [{ type: '.exe', name: 'x' }] },
  ]
  for (const value of wrong) {
    const text = JSON.stringify(value)
    t.not(violations(text), '', text)
    const file = readFle(new TextEncoder().encode(text), 'x', new Diagnostics())
    const member = file?.kind === 'archive' && file.archive.readMember(0, new Diagnostics())
    t.notOk(file?.kind === 'archive' ? member : file, `${text} is not read`)
  }
  t.end()
})
