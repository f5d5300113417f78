import { assemble, compile, mutate, runCommand, runToSuccess, seededRandom } from '@fle/testkit'
import t from 'tap'

t.test('a command: status, output, input, signal', async (t) => {
  t.match(runCommand('sh', ['-c', 'cat; echo oops >&2; exit 3'], { input: 'hello' }), {
    status: 3,
    signal: undefined,
    stdout: 'hello',
    stderr: 'oops\n',
  })
  t.match(runCommand('sh', ['-c', 'kill -TERM $$']), { status: undefined, signal: 'SIGTERM' })
  t.match(runCommand('sleep', ['10'], { timeout: 50 }), { status: undefined, signal: 'SIGKILL' })
  t.match(runCommand('no-such-command-at-all'), { status: 127, stderr: /no-such-command-at-all/ })
  t.equal(runCommand('sh', ['-c', 'echo "$A"'], { env: { A: 'b' } }).stdout, 'b\n')
  t.throws(() => runToSuccess('sh', ['-c', 'echo why >&2; false']), /status 1\nwhy/)
})

t.test('the environment is a user’s', async (t) => {
  const { stdout } = runCommand('env', [], { env: { ADDED: 'yes', HOME: undefined } })
  t.match(stdout, /^PATH=/m)
  t.match(stdout, /^ADDED=yes$/m)
  t.notMatch(stdout, /^(HOME|NODE_OPTIONS|_?TAP.*)=/m)
  t.equal(runCommand(process.execPath, ['-p', 'process.listenerCount("SIGTERM")']).stdout, '0\n')
})

t.test('gcc and as make objects; an error carries their message', async (t) => {
  const first = compile('int f(void) { return 42; }', ['-O1'])
  t.strictSame([...first.subarray(0, 4)], [0x7f, 0x45, 0x4c, 0x46])
  first.fill(0)
  t.equal(compile('int f(void) { return 42; }', ['-O1'])[0], 0x7f, 'a caller’s writes do not reach the next caller')
  t.equal(assemble('nop')[0], 0x7f)
  t.throws(() => compile('int f(void) { return x; }'), /x. undeclared/)
})

t.test('mutations repeat with their seed, differ between seeds, and stand empty files', async (t) => {
  const original = new Uint8Array(256).map((_, i) => i)
  const damaged = (seed: number) => Buffer.from(mutate(original, seededRandom(seed))).toString('hex')
  t.equal(damaged(7), damaged(7))
  const results = new Set(Array.from({ length: 200 }, (_, seed) => damaged(seed)))
  t.ok(results.size > 190, `${results.size} different results of 200`)
  t.strictSame([...original], [...new Uint8Array(256).keys()], 'the original is left alone')
  t.equal(mutate(new Uint8Array(0), seededRandom(1)).length, 0)
})
