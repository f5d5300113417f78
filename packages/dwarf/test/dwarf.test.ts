import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Diagnostics } from '@fle/diagnostics'
import { readObject } from '@fle/elf'
import { compile, runToSuccess } from '@fle/testkit'
import t from 'tap'
import {
  DW_EH_PE,
  fdePointerEncoding,
  isCie,
  isTerminator,
  readFramePointer,
  splitCallFrameRecords,
} from '../src/index.ts'

const source = `
extern "C" void may_throw(int);
struct Guard { ~Guard() { may_throw(0); } };
int plain(int x) { return x + 1; }
int guarded(int x) { Guard guard; may_throw(x); return x; }
int catching(int x) { try { may_throw(x); } catch (int n) { return n; } return 0; }
`

/** The .eh_frame of a C++ object, as a view. */
function ehFrameOf(object: Uint8Array): DataView {
  const file = readObject(object, 'x.o', new Diagnostics())
  for (let section = 1; file && section < file.sectionCount; section++) {
    if (file.sectionName(section) !== '.eh_frame') continue
    const content = file.sectionContent(section)
    return new DataView(content.buffer, content.byteOffset, content.byteLength)
  }
  throw new Error('no .eh_frame')
}

t.test('records are those that readelf sees', async (t) => {
  const object = compile(source, ['-O1', '-fPIC'], 'cc')
  const path = join(t.testdir({}), 'x.o')
  writeFileSync(path, object)
  const shown = runToSuccess('readelf', ['--debug-dump=frames', path])
  const expected = [...shown.matchAll(/^([\da-f]{8}) ([\da-f]{16}) [\da-f]{8} (CIE|FDE(?: cie=([\da-f]+))?)/gm)].map(
    ([, offset, length, kind, cie]) => ({
      offset: Number.parseInt(offset, 16),
      size: Number.parseInt(length, 16) + 4,
      cie: kind === 'CIE' ? isCie : Number.parseInt(cie, 16),
    }),
  )
  const records = splitCallFrameRecords(ehFrameOf(object)) ?? []
  t.ok(expected.length >= 4)
  t.same(
    records.map(({ offset, size, cie }) => ({ offset, size, cie })),
    expected,
  )
})

t.test('pointer encodings are read past personality and LSDA', async (t) => {
  const encoding = DW_EH_PE.pcrel | DW_EH_PE.sdata4
  for (const options of [
    ['-O1', '-fPIC'],
    ['-O1', '-fno-pie'],
  ]) {
    const view = ehFrameOf(compile(source, options, 'cc'))
    const cies = (splitCallFrameRecords(view) ?? []).filter(({ cie }) => cie === isCie)
    t.ok(cies.length > 1)
    for (const cie of cies) t.equal(fdePointerEncoding(view, cie), encoding)
  }
})

t.test('addresses of each encoding', async (t) => {
  const view = new DataView(new ArrayBuffer(8))
  view.setInt32(0, -16, true)
  view.setInt32(4, -1, true)
  t.equal(readFramePointer(view, 0, 0x1b, 0x1000), 0xff0)
  t.equal(readFramePointer(view, 0, 0x0b, 0x1000), -16)
  t.equal(readFramePointer(view, 0, 0x03, 0x1000), 0xfffffff0)
  t.equal(readFramePointer(view, 0, 0x00, 0x1000), -16)
  t.equal(readFramePointer(view, 0, 0x1c, 0x1000), 0xff0)
  t.equal(readFramePointer(view, 0, 0x3b, 0x1000), undefined)
})

t.test('a zero word ends the table; what does not fill the section is no table', async (t) => {
  const bytes = (...words: number[]) => new DataView(Uint32Array.from(words).buffer)
  t.same(splitCallFrameRecords(bytes(0)), [{ offset: 0, size: 4, cie: isTerminator, body: 4 }])
  t.equal(splitCallFrameRecords(bytes(12, 0, 1)), undefined)
  t.equal(splitCallFrameRecords(bytes(2, 0)), undefined)
  t.equal(splitCallFrameRecords(bytes(0xffffffff, 0, 0, 0)), undefined)
  t.equal(splitCallFrameRecords(bytes(4, 4)), undefined, 'an FDE without its CIE')
})
