// Damaged and odd programs: execve and the loader must agree on each, by errno, signal or status.

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand, runToSuccess } from '@fle/testkit'
import t, { type Test } from 'tap'
import { base, codeOffset, type Elf, field, tailOffset, tinyElf } from './tiny-elf.ts'

const loader = join(import.meta.dirname, '../bin/elf-loader.cjs')
const folder = t.testdir({
  'try.c': `
    #include <errno.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/resource.h>
    #include <unistd.h>
    extern char **environ;
    int main(int argc, char **argv) {
      setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
      execve(argv[1], argv + 1, environ);
      fprintf(stderr, "(%s)", strerrorname_np(errno));
      return 126;
    }`,
  script: '#!/bin/sh\nexit 3\n',
})
const tryExec = join(folder, 'try')
runToSuccess('gcc', ['-D_GNU_SOURCE', '-o', 'try', 'try.c'], { cwd: folder })
mkdirSync(join(folder, 'directory'))
chmodSync(join(folder, 'script'), 0o755)
chmodSync(folder, 0o755)

/** How a command ended, in one line: an errno, a signal or a status. */
function outcome(command: string, args: readonly string[]): string {
  const { status, signal, stderr } = runCommand(command, args, { cwd: folder })
  if (signal !== undefined) return signal
  const errno = /\((E[A-Z0-9]+)\)/.exec(stderr)?.[1]
  return errno !== undefined && (status === 126 || status === 127) ? errno : `status ${status}`
}

function compare(test: Test, name: string, prefix: readonly string[] = []): void {
  const native = outcome(prefix[0] ?? tryExec, prefix[0] ? [...prefix.slice(1), tryExec, `./${name}`] : [`./${name}`])
  const [command, ...args] = [...prefix, tryExec, process.execPath, loader, `./${name}`]
  test.equal(outcome(command, args), native, `${name}: ${native}`)
}

function write(name: string, content: Uint8Array | string): void {
  writeFileSync(join(folder, name), content)
  chmodSync(join(folder, name), 0o755)
}

const notElf: Record<string, Uint8Array | string> = {
  empty: '',
  'ten-bytes': tinyElf().truncate(10).bytes,
  'half-a-header': tinyElf().truncate(63).bytes,
  'only-a-header': tinyElf().truncate(64).bytes,
  'truncated-program-headers': tinyElf().truncate(100).bytes,
  'bad-magic': tinyElf().byte(1, 0x46).bytes,
  'plain-text': 'echo hello\n',
  'no-interpreter': '#!\nexit 3\n',
  'only-blanks': '#!   \t \nexit 3\n',
  'nothing-but-the-mark': '#!',
  'blanks-and-no-line-end': '#!\t ',
  'line-too-long': `#!${' '.repeat(300)}/bin/sh\n`,
  'path-cut-off': `#!/${'a'.repeat(300)}\n`,
  'all-blanks': `#!${' '.repeat(400)}`,
  'interpreter-missing': '#!/no/such/file\n',
  'interpreter-is-a-directory': '#!/tmp\n',
  'interpreter-may-not-be-executed': '#!/etc/passwd\n',
  'script-of-itself': '#!./script-of-itself\n',
  'script-of-a-script': '#!./script\n',
  'argument-cut-off': `#!/bin/sh -${'e'.repeat(300)}\nexit 4\n`,
  'nul-in-line': '#!/bin/sh\0 -c\nexit 5\n',
  'carriage-return': '#!/bin/sh\r\nexit 6\n',
  'ends-with-blanks': '#! /bin/sh  \t\nexit 7\n',
  'no-line-end': '#!/bin/true',
}

const bss = (fileSize: number | bigint, memorySize: number | bigint) => ({ fileSize, memorySize })
/** A second segment behind the code. */
const second = (values: Parameters<Elf['segment']>[1]) =>
  tinyElf().segment(1, { type: 1, flags: 6, offset: 0, address: base + 0x10000, ...bss(64, 64), ...values })
const interpreter = (path: string, values: Parameters<Elf['segment']>[1] = {}) =>
  tinyElf({ tail: path }).segment(1, {
    type: 3,
    flags: 4,
    offset: tailOffset,
    ...bss(path.length, path.length),
    ...values,
  })
/** Reads a byte at an address, then exits with 42. */
const touching = (address: number) => {
  const bytes = [0, 8, 16, 24].map((shift) => (address >>> shift) & 0xff)
  return [0x8a, 0x04, 0x25, ...bytes, 0xb8, 0x3c, 0, 0, 0, 0xbf, 0x2a, 0, 0, 0, 0x0f, 0x05]
}

const elfs: Record<string, Elf> = {
  'as-it-is': tinyElf(),
  'static-pie': tinyElf({ type: 3 }),
  'class-32': tinyElf().byte(field.class, 1),
  'big-endian': tinyElf().byte(field.data, 2),
  'ident-version-0': tinyElf().byte(field.identVersion, 0),
  'os-abi': tinyElf().byte(field.osAbi, 0x99),
  'version-0': tinyElf().word(field.version, 0),
  'header-size-0': tinyElf().half(field.headerSize, 0),
  arm64: tinyElf().half(field.machine, 183),
  'type-none': tinyElf().half(field.type, 0),
  'type-object': tinyElf().half(field.type, 1),
  'type-core': tinyElf().half(field.type, 4),
  'entry-size-0': tinyElf().half(field.entrySize, 0),
  'entry-size-55': tinyElf().half(field.entrySize, 55),
  'entry-size-64': tinyElf().half(field.entrySize, 64),
  'no-headers': tinyElf().half(field.count, 0),
  'headers-1171': tinyElf().half(field.count, 1171),
  'headers-65535': tinyElf().half(field.count, 65535),
  'table-beyond-file': tinyElf().long(field.tableOffset, 4096),
  'table-far-beyond': tinyElf().long(field.tableOffset, 2n ** 63n - 1n),
  'table-negative': tinyElf().long(field.tableOffset, -56),
  'no-segment': tinyElf().segment(0, { type: 0 }),
  'more-in-file-than-in-memory': tinyElf().segment(0, { memorySize: 8 }),
  'not-congruent': tinyElf().segment(0, { offset: 1 }),
  'address-not-congruent': tinyElf().segment(0, { address: base + 8 }),
  'address-at-task-size': tinyElf().segment(0, { address: 0x7fff_ffff_f000 }),
  'address-in-kernel': tinyElf().segment(0, { address: -0x80000000 }),
  'address-not-canonical': tinyElf().segment(0, { address: 2n ** 62n }),
  'memory-huge': tinyElf().segment(0, { memorySize: 2n ** 62n }),
  'memory-wraps': tinyElf().segment(0, { memorySize: -1 }),
  'memory-64-gib': tinyElf().segment(0, { flags: 7, memorySize: 2 ** 36 }),
  'offset-huge': tinyElf().segment(0, { offset: 2n ** 62n }),
  'zeros-behind-huge-offset': second({ offset: 0x4000_0040_0000_0000n, ...bss(0xd8, 0x2400) }),
  'offset-beyond-file': tinyElf().segment(0, { offset: 1 << 20 }),
  'size-beyond-file': tinyElf().segment(0, bss(1 << 20, 1 << 20)),
  'zeros-beyond-file': tinyElf().segment(0, { flags: 7, ...bss(0x2100, 0x2200) }),
  'zeros-beyond-file-not-writable': tinyElf().segment(0, bss(0x2100, 0x2200)),
  'memory-0': tinyElf().segment(0, bss(0, 0)),
  'file-size-0': second(bss(0, 100)),
  'only-zeros': tinyElf().segment(0, bss(0, 4096)),
  'entry-outside': tinyElf().long(field.entry, base + 0x5000),
  'entry-0': tinyElf().long(field.entry, 0),
  'entry-in-kernel': tinyElf().long(field.entry, -4096),
  'entry-not-canonical': tinyElf().long(field.entry, 2n ** 62n),
  'not-executable': tinyElf().segment(0, { flags: 4 }),
  'execute-only': tinyElf().segment(0, { flags: 1 }),
  'no-permissions': tinyElf().segment(0, { flags: 0 }),
  'alignment-0': tinyElf().segment(0, { alignment: 0 }),
  'alignment-3': tinyElf().segment(0, { alignment: 3 }),
  'alignment-huge': tinyElf().segment(0, { alignment: 2n ** 40n }),
  'static-pie-alignment-2-mib': tinyElf({ type: 3 }).segment(0, { alignment: 1 << 21 }),
  'static-pie-alignment-huge': tinyElf({ type: 3 }).segment(0, { alignment: 2n ** 40n }),
  'static-pie-of-nothing': tinyElf({ type: 3 }).segment(0, bss(0, 0)),
  'overlap-hides-code': second({ address: base }),
  'overlap-of-the-same': second({ address: base, flags: 5, ...bss(codeOffset + 12, codeOffset + 12) }),
  unsorted: second({ address: base - 0x10000 }),
  'zero-page': tinyElf().segment(1, { type: 1, flags: 6, address: 0, offset: 0, ...bss(64, 64) }),
  'executable-stack': tinyElf().segment(1, { type: 0x6474e551, flags: 7 }),
  'malformed-property': tinyElf().segment(1, { type: 0x6474e553, offset: 2n ** 63n, ...bss(2n ** 63n, 7) }),
  'interpreter-size-1': interpreter('/', { fileSize: 1 }),
  'interpreter-size-4097': interpreter('/lib64/ld-linux-x86-64.so.2\0', { fileSize: 4097 }),
  'interpreter-without-nul': interpreter('/lib64/ld-linux-x86-64.so.2'),
  'interpreter-beyond-file': interpreter('/lib64/ld-linux-x86-64.so.2\0', { offset: 1 << 20 }),
  'interpreter-offset-negative': interpreter('/lib64/ld-linux-x86-64.so.2\0', { offset: 2n ** 63n }),
  'interpreter-not-there': interpreter('/no/such/interpreter\0'),
  'interpreter-below-a-file': interpreter('/etc/passwd/interpreter\0'),
  'interpreter-a-directory': interpreter('/tmp\0'),
  'interpreter-not-executable': interpreter('/etc/passwd\0'),
  'interpreter-empty-path': interpreter('\0\0'),
  'interpreter-a-script': interpreter('./script\0'),
  'interpreter-a-short-file': interpreter('./ten-bytes\0'),
  'interpreter-arm64': interpreter('./arm64\0'),
  'interpreter-an-object': interpreter('./type-object\0'),
  'interpreter-fixed': interpreter('./elsewhere\0'),
  'interpreter-static-pie': interpreter('./static-pie\0'),
  'interpreter-in-the-same-place': interpreter('./as-it-is\0'),
  'interpreter-of-a-program-beyond': interpreter('./static-pie\0').segment(0, { address: 2n ** 62n }),
  elsewhere: tinyElf()
    .segment(0, { address: 0x600000 })
    .long(field.entry, 0x600000 + codeOffset),
  'at-the-stub': tinyElf()
    .segment(0, { address: 0x2000_0000_0000 })
    .long(field.entry, 0x2000_0000_0000 + codeOffset),
  'zeros-written': second({ address: base + 0x10000, ...bss(64, 0x3000) }),
  'touches-beyond-file': tinyElf({ code: touching(base + 0x2000) }).segment(0, bss(0x3000, 0x3000)),
  'touches-zeros': tinyElf({ code: touching(base + 0x2000) }).segment(0, { memorySize: 0x3000 }),
}

t.test('files that are no ELF program end as with execve', (t) => {
  for (const [name, content] of Object.entries(notElf)) write(name, content)
  for (const name of Object.keys(notElf)) compare(t, name)
  t.end()
})

t.test('damaged and odd ELF programs end as with execve', (t) => {
  for (const [name, elf] of Object.entries(elfs)) write(name, elf.bytes)
  for (const name of Object.keys(elfs)) compare(t, name)
  t.end()
})

t.test('beyond the point of no return the stub says what failed', (t) => {
  const { stderr, signal } = runCommand(tryExec, [process.execPath, loader, './memory-64-gib'], { cwd: folder })
  t.equal(signal, 'SIGSEGV')
  const what = 'cannot get memory for the zeros of segment 1 of ./memory-64-gib (address 0x400000)'
  t.equal(stderr, `elf-loader: error: ./memory-64-gib: ${what}: there is not enough memory (ENOMEM)\n`)
  t.end()
})

t.test('paths end as with execve', (t) => {
  write('plain-file', tinyElf().bytes)
  chmodSync(join(folder, 'plain-file'), 0o644)
  for (const name of ['plain-file', 'directory', 'missing', 'plain-file/x', `${'a'.repeat(300)}`, 'a/'.repeat(3000)])
    compare(t, name)
  t.end()
})

const isRoot = process.getuid?.() === 0 && existsSync('/usr/bin/setpriv')
t.test('an unprivileged user gets the same', { skip: !isRoot }, (t) => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
  write('unreadable', tinyElf().bytes)
  for (const name of ['as-it-is', 'static-pie', 'zero-page', 'not-executable', 'interpreter-not-there'])
    compare(t, name, nobody)
  t.end()
})
