// What a command line becomes: no program is started here.
import { type Conversion, convert, interpret, optionTable, planSteps, type Step } from '@fle/cc'
import { Diagnostics, memoryFiles, renderText } from '@fle/diagnostics'
import { parseCommandLine } from '@fle/options'
import { assemble, compile } from '@fle/testkit'
import t from 'tap'

const defaults = '-static -fPIE -nostdlib -ffreestanding -fno-asynchronous-unwind-tables'

function describeConversion({ from, to, format, dialect, keepDebug, name }: Conversion): string {
  const details = [dialect === 'fle' ? '' : ` ${dialect}`, keepDebug ? ' keep-debug' : '', name ? ` as ${name}` : '']
  return `convert ${from} ${to} ${format}${details.join('')}`
}

function describe(step: Step): string[] {
  switch (step.kind) {
    case 'compile': {
      const command = `gcc ${step.words.join(' ')}`.replace(defaults, 'DEFAULTS')
      return step.conversion ? [command, describeConversion(step.conversion)] : [command]
    }
    case 'convert':
      return [describeConversion(step.conversion)]
    case 'tools-folder':
      return [`${step.tools.join(' and ')} in ${step.folder}`]
    case 'link':
      return [`${step.program} ${step.words.join(' ')}`]
  }
}

/** The steps of a command line, one a line; or what is wrong with it. */
function plan(commandLine: string): string[] {
  const diagnostics = new Diagnostics()
  const items = parseCommandLine(optionTable, commandLine.split(' '), diagnostics, { unknown: 'pass' })
  const steps = planSteps(interpret(items, diagnostics), (name) => `TMP/${name}`, diagnostics)
  if (diagnostics.hasErrors) return diagnostics.list.map((diagnostic) => diagnostic.message)
  return steps.flatMap(describe)
}

t.test('objects', async (t) => {
  t.strictSame(
    plan('-Wall -g -Os foo.c -o foo.o'),
    ['gcc -c DEFAULTS -Wall -g -Os foo.c -o foo.o', 'convert foo.o foo.fle fle as foo.o'],
    'the course’s way leaves both',
  )
  t.strictSame(plan('-c src/foo.c'), ['gcc -c DEFAULTS src/foo.c -o TMP/0.o', 'convert TMP/0.o foo.fle fle as foo.o'])
  for (const words of ['foo.c -o out/x.fle', '-c foo.c -o out/x.fle'])
    t.strictSame(plan(words), ['gcc -c DEFAULTS foo.c -o TMP/0.o', 'convert TMP/0.o out/x.fle fle as foo.o'], words)
  t.strictSame(plan('-c a.c b.S'), [
    ...['gcc -c DEFAULTS a.c -o TMP/0.o', 'convert TMP/0.o a.fle fle as a.o'],
    ...['gcc -c DEFAULTS b.S -o TMP/1.o', 'convert TMP/1.o b.fle fle as b.o'],
  ])
  t.strictSame(plan('-c foo.c --oformat=elf64-x86-64'), ['gcc -c DEFAULTS foo.c -o foo.o'])
  t.strictSame(plan('-c foo.c -o foo.o --oformat=elf64-x86-64'), ['gcc -c DEFAULTS foo.c -o foo.o'])
  t.strictSame(
    plan('-c foo.c --dialect classic --keep-debug')[1],
    'convert TMP/0.o foo.fle fle classic keep-debug as foo.o',
  )
  t.strictSame(plan('-c -x c foo.txt -x none b.c').at(0), 'gcc -c DEFAULTS -x c foo.txt -o TMP/0.o')
  t.strictSame(plan('-c a.c b.c -o x.fle'), ['-o x.fle names one object, and there are 2 input files'])
  t.strictSame(plan('-c --hosted a.c')[0], 'gcc -c a.c -o TMP/0.o', 'hosted code has none of the defaults')
})

t.test('options of gcc reach gcc, with their arguments', async (t) => {
  const words = '-include a.h -I dir -Ddir=1 -D X=2 -isystem s.c --param max=1 -Xassembler -a.c -std=c11 -MF'
  t.strictSame(
    plan(`-c ${words} deps.d -MD foo.c`)[0],
    'gcc -c DEFAULTS -include a.h -Idir -Ddir=1 -DX=2 -isystem s.c --param max=1 -Xassembler -a.c -std=c11 ' +
      '-MF deps.d -MD -MQ foo.fle foo.c -o TMP/0.o',
  )
  t.strictSame(plan('-c foo.c -L. -lm -Wl,-x')[0], 'gcc -c DEFAULTS foo.c -o TMP/0.o', 'but not those of the link')
})

t.test('dependencies are named after what stays', async (t) => {
  t.strictSame(plan('-MD -c src/foo.c')[0], 'gcc -c DEFAULTS -MD -MF foo.d -MQ foo.fle src/foo.c -o TMP/0.o')
  t.strictSame(plan('-MD foo.c -o o/x.fle')[0], 'gcc -c DEFAULTS -MD -MF o/x.d -MQ o/x.fle foo.c -o TMP/0.o')
  t.strictSame(plan('-MMD foo.c -o bin/x')[0], 'gcc -c DEFAULTS -MMD -MF bin/x-foo.d -MQ foo.o foo.c -o TMP/0-foo.o')
  t.strictSame(
    plan('-MD -MFq.d -MTq -c foo.c')[0],
    'gcc -c DEFAULTS -MD -MFq.d -MTq foo.c -o TMP/0.o',
    'unless they have names',
  )
})

t.test('text and questions are gcc’s', async (t) => {
  t.strictSame(plan('-S -Os foo.c'), ['gcc DEFAULTS -S -Os foo.c'])
  t.strictSame(plan('-E foo.c -o foo.i'), ['gcc DEFAULTS -E foo.c -o foo.i'])
  t.strictSame(plan('-M foo.c'), ['gcc DEFAULTS -M foo.c'])
  t.strictSame(plan('-### foo.c -o foo'), ['gcc DEFAULTS -### foo.c -o foo'])
  t.strictSame(plan('-print-file-name=libc.a'), ['gcc DEFAULTS -print-file-name=libc.a'])
})

t.test('programs', async (t) => {
  t.strictSame(plan('a.c start.s libx.fa -o hello -e go'), [
    ...['gcc -c DEFAULTS a.c -o TMP/0-a.o', 'convert TMP/0-a.o TMP/0-a.fle fle as a.o'],
    ...['gcc -c DEFAULTS start.s -o TMP/1-start.o', 'convert TMP/1-start.o TMP/1-start.fle fle as start.o'],
    'fle-ld -o hello TMP/0-a.fle TMP/1-start.fle libx.fa -e go',
  ])
  t.strictSame(
    plan('-g a.c --oformat=elf64-x86-64'),
    ['gcc -c DEFAULTS -g a.c -o TMP/0-a.o', 'fle-ld --oformat=elf64-x86-64 TMP/0-a.o'],
    'where the program is ELF, nothing is converted and nothing lost',
  )
  t.strictSame(plan('a.c b.o'), ['gcc -c DEFAULTS a.c -o TMP/0-a.o', 'fle-ld TMP/0-a.o b.o'])
  t.strictSame(plan('a.fle -L dir -lx -Wl,--start-group,-ly,--end-group -Xlinker --verbose -T s.ld -Map m -u f'), [
    'fle-ld a.fle -Ldir -lx --start-group -ly --end-group --verbose -Ts.ld -Map m -u f',
  ])
  t.strictSame(plan('-r a.fle b.fle -o ab.fle'), ['fle-ld -o ab.fle -r a.fle b.fle'])
  t.strictSame(plan('-nostdlib -pie -O2 a.fle'), ['fle-ld a.fle'])
  t.strictSame(plan('a.c a.c').filter((line) => line.startsWith('gcc')).length, 2, 'the same name twice')
  t.not(plan('a.c a.c')[0], plan('a.c a.c')[2], 'is two objects')
})

t.test('hosted programs are linked by gcc, with fle-ld as its ld', async (t) => {
  t.strictSame(plan('--hosted -O2 main.c -lm -o prog --oformat=elf64-x86-64'), [
    'ld in TMP/programs',
    'gcc -static -BTMP/programs/ -Wl,--oformat=elf64-x86-64 -O2 main.c -lm -o prog',
  ])
  t.strictSame(plan('-static main.c')[1], 'gcc -BTMP/programs/ -static main.c')
  t.strictSame(plan('-static-pie main.c')[1], 'gcc -BTMP/programs/ -static-pie main.c')
})

t.test('--as=fle lets gcc find fle-as where it looks for as', async (t) => {
  t.strictSame(plan('--as=fle -c a.c -o a.o'), [
    'as in TMP/programs',
    'gcc -c -BTMP/programs/ DEFAULTS a.c -o a.o',
    'convert a.o a.fle fle as a.o',
  ])
  t.strictSame(plan('--as=fle --hosted a.c'), ['as and ld in TMP/programs', 'gcc -static -BTMP/programs/ a.c'])
  t.strictSame(plan('--as=gnu -c a.c -o a.o'), plan('-c a.c -o a.o'))
  t.strictSame(plan('--as=nasm a.c'), ['--as: nasm is not fle or gnu'])
})

t.test('conversions', async (t) => {
  t.strictSame(plan('-c x.o -o x.fle'), ['convert x.o x.fle fle'])
  t.strictSame(plan('x.o -o x.fle'), ['convert x.o x.fle fle'])
  t.strictSame(plan('-c x.fle -o x.o'), ['convert x.fle x.o elf'])
  t.strictSame(plan('libx.a -o libx.fa'), ['convert libx.a libx.fa fle'])
  t.strictSame(plan('-c dir/x.o dir/x.fle dir/x.a dir/x.fa'), [
    'convert dir/x.o x.fle fle',
    'convert dir/x.fle x.o elf',
    'convert dir/x.a x.fa fle',
    'convert dir/x.fa x.a elf',
  ])
  t.strictSame(plan('-c x.o --oformat=elf64-x86-64 -o copy'), ['convert x.o copy elf'])
})

t.test('a wrong value is refused', async (t) => {
  t.strictSame(plan('a.c --oformat=coff'), ['--oformat: coff is not one of fle, elf64-x86-64, binary'])
  t.strictSame(plan('a.c --dialect=x'), ['--dialect: x is not one of fle, classic, linklab, linklab2024'])
  t.match(plan('-c a.c --oformat=binary'), ['--oformat=binary is for programs'])
  t.match(plan('a.c -o'), ['option -o needs an argument: FILE'])
})

t.test('what cannot be converted is refused, with the file', async (t) => {
  const attempt = (content: Uint8Array | string, from = 'x.o', to = 'x.fle') => {
    const diagnostics = new Diagnostics()
    const conversion: Conversion = { from, to, format: 'fle', dialect: 'fle', keepDebug: false }
    const bytes = convert(conversion, memoryFiles({ [from]: content }), diagnostics)
    t.equal(bytes === undefined, diagnostics.hasErrors, 'bytes or errors')
    return diagnostics.list.map((diagnostic) => renderText(diagnostic, { tool: 'fle-cc' })).join('')
  }
  t.equal(attempt(assemble('.globl f\nf: ret')), '')
  t.match(attempt(''), /error: x\.o: /)
  t.match(attempt('int main(void) {}', 'x.h'), /error: x\.h: /)
  t.match(attempt(compile('int f(void) { return 1; }').subarray(0, 100)), /error: x\.o: /)
  t.match(attempt(assemble('ret'), 'x.o', 'x.fa'), /x\.o is an object, but the name x\.fa is that of an archive/)
  t.match(attempt('!<arch>\n', 'x.a', 'x.fle'), /x\.a is an archive, but the name x\.fle is that of an object/)
  t.match(
    attempt('{"type": ".exe", "symbols": {"_start": 0}, ".load": ["🔢: c3"]}', 'x.fle', 'y.fle'),
    /error: x\.fle: this is a program/,
  )
})
