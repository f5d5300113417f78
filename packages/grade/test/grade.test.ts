// Labs graded by the command as it is installed: what passes, what fails and why, and that no submission can hurt another.
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '@fle/testkit'
import t from 'tap'
import { script, workshop } from './workshop.ts'

const isRoot = process.getuid?.() === 0

const echoLab = `
name = "Echo"
[limits]
time = "2s"
processes = 40
memory = "160 MiB"
output = "64 KiB"

[[case]]
id = "hello"
name = "Says hello"
points = 2
group = "basics"
[[case.step]]
name = "run it"
run = ["\${root_dir}/tool", "hello"]
stdout-file = "expected"

[[case]]
id = "parts"
[[case.step]]
name = "file"
points = 1
must-pass = false
run = ["\${root_dir}/tool", "file", "\${build_dir}/made"]
files = ["\${build_dir}/made"]
[[case.step]]
name = "stdin"
points = 2.5
run = ["\${root_dir}/tool", "stdin"]
stdin = "3"
status = 3
stderr-pattern = "^three .imes$"

[[case]]
id = "secret"
points = 4
hidden = true
needs = ["hello"]
[[case.step]]
name = "do not tell"
run = ["\${root_dir}/tool", "the hidden word"]
stdout = "hidden output"
`

const good = script(`case "$1" in
hello) printf 'hello\\n  world \\n\\n';;
file) : > "$2";;
stdin) read -r n; echo "three times" >&2; exit "$n";;
*) echo hidden output;;
esac`)

const lab = { 'lab.toml': echoLab, cases: { hello: { expected: 'hello\n  world\n' } } }

/** The part of a table that is about one submission. */
function partOf(table: string, name: string): string {
  return table.split('\n\n').find((part) => part.startsWith(`${name}\n`)) ?? ''
}

t.test('what passes, and what does not with its reason', async (t) => {
  const bad = script('echo "hello"; echo "there $PWD"; echo "see $PWD/x" >&2; exit 3')
  const { grade } = workshop(t, { lab, good: { tool: good }, bad: { tool: bad }, none: {}, text: { tool: 'text' } })
  t.match(grade('lab good'), {
    status: 0,
    stderr: '',
    stdout: `good
  ✓ hello      2/2  Says hello
  ✓ parts  3.5/3.5
  · hidden  1 of 1 case, 4/4 points
  = 3 of 3 cases, 9.5/9.5 points
`,
  })
  const { status, stdout } = grade('lab bad none text')
  t.equal(status, 1)
  t.equal(
    partOf(stdout, 'bad'),
    `bad
  ✗ hello      0/2  Says hello
      step: run it
      $ ./tool hello
      exit status is 3, expected exit status 0
      stdout differs from line 2 on
        expected:   world
        got:      there .
                  ^
      stderr:
        see x
  ✗ parts    0/3.5
      step: file
      $ ./tool file cases/parts/build/made
      exit status is 3, expected exit status 0
      cases/parts/build/made was not made
      stderr:
        see x
      step: stdin
      $ ./tool stdin
      stderr does not match
        expected: /^three .imes$/
        got:      see x
      stderr:
        see x
  · hidden  0 of 1 case, 0/4 points
  = 0 of 3 cases, 0/9.5 points`,
  )
  t.match(partOf(stdout, 'none'), 'cannot be run: there is no such file')
  t.match(partOf(stdout, 'text'), 'cannot be run: it is not executable (chmod +x)')
  t.match(stdout, /^none +0 of 3 cases, 0\/9.5 points$/m)
})

t.test('submissions that do harm lose their case and nothing else', async (t) => {
  const outside = `${tmpdir()}/fle-grade-test-${process.pid}`
  // A number that no other process of this machine sleeps for.
  const nap = `60.${process.pid}`
  const hostile: Record<string, string> = {
    hangs: `sleep ${nap}`,
    background: `sleep ${nap} & echo hello`,
    escapes: `setsid sleep ${nap} & setsid sleep ${nap} > /dev/null 2>&1 & echo hello; sleep ${nap}`,
    floods: 'while :; do echo hello hello hello; done',
    floodsErrors: 'while :; do echo hello hello hello >&2; done',
    forks: 'bomb() { bomb & bomb & sleep 5; }; bomb',
    // It keeps the last lines, and there is no end of a line.
    eats: 'exec tail /dev/zero',
    binary: "printf 'hello\\0\\033[31m\\377'",
    fills: 'exec head -c 100000000 /dev/zero > big',
    crashes: 'kill -SEGV $$',
    tampers: 'echo hello > ../../lab/cases/hello/expected; rm -rf cases; ln -s / cases; echo hello',
  }
  if (isRoot) {
    hostile.kills = 'kill -KILL -1; kill -KILL $PPID; exit 5'
    hostile.writes = `: > ${outside}; : > ${process.cwd()}/fle-grade-test-file; cat cases/hello/expected; exit 0`
  }
  const folders = Object.entries(hostile).map(([name, text]) => [name, { tool: script(text) }])
  const { grade, path } = workshop(t, { lab, all: { ...Object.fromEntries(folders), zgood: { tool: good } } })
  const temporary = mkdtempSync(join(tmpdir(), 'fle-grade-test-'))
  chmodSync(temporary, 0o711)
  t.teardown(() => rmSync(temporary, { recursive: true }))
  const { status, stdout, stderr } = grade('lab --all=all --case=hello --format=table', { env: { TMPDIR: temporary } })
  t.equal(status, 1)
  t.equal(stderr, '')
  const says = (name: string, message: string | RegExp) => t.match(partOf(stdout, name), message, `${name}: ${message}`)
  says('hangs', 'stopped: it took longer than 2 s')
  says('background', 'expected:   world')
  says('escapes', 'stopped: it took longer than 2 s')
  says('floods', 'stopped: it wrote more than 64 KiB to stdout')
  says('floodsErrors', 'stopped: it wrote more than 64 KiB to stderr')
  says('forks', 'stopped: it started more than 40 processes and threads')
  says('eats', 'stopped: it used more than 160 MiB of memory')
  says('binary', 'got:      hello\\x00\\x1b[31m\\u{fffd}')
  says('binary', 'the output is no text: it has a zero byte at offset 5')
  says('fills', 'killed by SIGXFSZ, expected exit status 0')
  says('crashes', 'killed by SIGSEGV, expected exit status 0')
  says('tampers', 'expected:   world')
  if (isRoot) {
    says('kills', 'exit status is 5')
    says('writes', `wrote outside its folder: ${outside}`)
    t.notOk(existsSync(outside), 'it is removed')
    t.notOk(existsSync(`${process.cwd()}/fle-grade-test-file`), 'only where anyone may write')
    t.equal(readFileSync(path('lab/cases/hello/expected'), 'utf8'), 'hello\n  world\n')
  }
  says('zgood', '= 1 of 1 case, 2/2 points')
  const commandLines = runCommand('sh', ['-c', 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "']).stdout
  t.match(commandLines, 'cat /proc')
  t.notMatch(commandLines, `sleep ${nap}`, 'no process stays behind')
  t.strictSame(readdirSync(temporary), [], 'no workspace stays behind')
})

t.test('an object that is not as expected is told in its own terms', async (t) => {
  const objects = {
    'lab.toml': ['same', 'bytes', 'symbol', 'damaged', 'text']
      .map(
        (id) => `[[case]]\nid = "${id}"\n[[case.step]]\nrun = ["cp", "${id}", "\${build_dir}/x"]
object = { file = "\${build_dir}/x", like = "${id === 'text' ? 'text' : 'object.fle'}" }\n`,
      )
      .join(''),
    cases: Object.fromEntries(
      ['same', 'bytes', 'symbol', 'damaged', 'text'].map((id) => [
        id,
        {
          'object.fle': '{"type": ".obj", ".text": ["📤: main", "🔢: 31 c0", "📤: end", "🔢: c3"]}',
          text: 'abc',
        },
      ]),
    ),
  }
  const made = {
    same: '{ "type": ".obj",\n".text": ["📤: main", "🔢: 31", "🔢: c0", "📤: end", "🔢: c3"]}',
    bytes: '{"type": ".obj", ".text": ["📤: main", "🔢: 31 c9", "📤: end", "🔢: c3"]}',
    symbol: '{"type": ".obj", ".text": ["📤: main", "🔢: 31 c0", "🏷️: end", "🔢: c3"]}',
    damaged: '{"type": ".obj", ".text": ["🔢: 3"]}',
    text: 'abd',
  }
  const { grade } = workshop(t, { objects, made })
  const { stdout } = grade('objects made')
  t.match(stdout, /✓ same/, 'the same in other words')
  t.match(stdout, /✗ bytes[\s\S]*x is not as expected\n +\.text\+0x1 \(main\+0x1\).*\n +expected: .*c0.*\n +got: +.*c9/)
  t.match(stdout, /✗ symbol[\s\S]*symbol end: binding\n +expected: .*\n +got: /)
  t.match(stdout, /✗ damaged[\s\S]*pairs of hexadecimal digits are expected/)
  t.match(stdout, /✗ text[\s\S]*byte at offset 2: expected 0x63, got 0x64/)
})

t.test('programs that a step has made run under the supervisor', async (t) => {
  const made = {
    'lab.toml': `[[case]]\nid = "native"\n[[case.step]]\nrun = ["./cc", "\${build_dir}/a.out"]\n[[case.step]]\nrun = ["\${build_dir}/a.out"]\n`,
  }
  const outside = `${tmpdir()}/fle-grade-made-${process.pid}`
  const source = `#include <stdio.h>
    int main(void) { perror(fopen("${outside}", "w") ? "opened" : "refused"); perror(fopen("here", "w") ? "ok" : "no"); return 1; }`
  const tools = {
    writer: { cc: script('exec gcc -static -x c main.c -o "$1"'), 'main.c': source },
    damaged: { cc: script('printf "\\177ELF and more" > "$1"; chmod +x "$1"') },
  }
  const { grade } = workshop(t, { made, ...tools })
  const { stdout } = grade('made writer damaged')
  t.match(partOf(stdout, 'writer'), /step: a.out\n[\s\S]*refused: Permission denied\n +ok:/)
  t.match(partOf(stdout, 'damaged'), /exit status is 126[\s\S]*cannot be executed: its type is unknown/)
  t.notOk(existsSync(outside))
})

t.test('nothing of hidden cases, in no format', async (t) => {
  const { grade } = workshop(t, { lab, bad: { tool: script('echo wrong') } })
  for (const format of ['table', 'json', 'gradescope', 'github', 'summary', 'classroom', 'junit', 'tap', 'html']) {
    const text = grade(`lab bad --format=${format}`).stdout
    const decoded = format === 'classroom' ? Buffer.from(text, 'base64').toString() : text
    t.match(decoded, 'Says hello', `${format} shows the others`)
    t.notMatch(decoded, /secret|hidden word|hidden output|do not tell/, format)
    t.match(grade(`lab bad --show-hidden --format=${format}`).stdout, /./)
  }
  t.match(grade('lab bad --show-hidden').stdout, /- secret +0\/4\n +needs hello, which did not pass/)
})

t.test('a course keeps its cases as it does', async (t) => {
  const config = (meta: string, steps: string) => ({ 'config.toml': `[meta]\n${meta}\n${steps}` })
  const run = (check: string, args = '') =>
    `[[run]]\nname = "run"\ncommand = "\${root_dir}/tool"\nargs = [${args}]\n${check}\n`
  const course = {
    'grader_config.toml': `[paths]\ncases_dir = "tests/cases"\n[groups]\nfirst = ["0-*"]\n[setup]
steps = [{ type = "check", name = "files", check = { files = ["Makefile"] } },
         { type = "command", name = "build", command = "make", args = ["tool"], timeout = 4 }]\n`,
    tests: {
      common: { word: 'common word' },
      cases: {
        '0-output': {
          ...config(
            'name = "Output"\ndescription = "d"\nscore = 3',
            run('[run.check]\nreturn_code = 0\nstdout = "ans.out"', `"echo", "\${common_dir}/word"`),
          ),
          'ans.out': 'common word\n\n',
        },
        '1-signal': config('name = "Signal"\nscore = 2', run('[run.check]\nreturn_code = -11', '"segv"')),
        '2-judge': {
          ...config(
            'name = "Judge"\nscore = 100',
            `${run('score = 10\n[run.check]\nspecial_judge = "judge"', `"file", "\${build_dir}/x"`)}
             ${run('score = 5\nmust_pass = false\n[run.check]\nstdout_pattern = "(?i)^COUNT: \\\\d+$"', '"count", 3')}`,
          ),
          judge: script(
            `input=$(cat); case "$input" in *'"return_code":0,"test_dir":"/'*'/tests/cases/2-judge","max_score":10}') ;; *) exit 1;; esac
             echo '{"success": false, "message": "half of it", "score": 4}'`,
          ),
        },
        '10-python': {
          ...config('name = "Python"\nscore = 1', run('[run.check]\nspecial_judge = "judge.py"', '"echo", "x"')),
          'judge.py':
            'import json, sys\nquestion = json.load(sys.stdin)\nprint(json.dumps({"success": "max_score" in question}))\n',
        },
      },
    },
  }
  const tool = `case "$1" in echo) cat "$2" 2>/dev/null || :;; segv) kill -SEGV $$;; file) : > "$2";; count) echo "count: $2";; esac`
  const submission = {
    Makefile: `tool: tool.in\n\tcp tool.in tool && chmod +x tool\n`,
    'tool.in': script(tool),
    // What a student changed in the cases does not count.
    tests: { cases: { '0-output': { 'ans.out': 'wrong' } } },
  }
  const { grade } = workshop(t, { course, submission, lazy: {} })
  const { status, stdout, stderr } = grade('course submission lazy')
  t.equal(stderr, '')
  t.equal(status, 1)
  t.equal(
    partOf(stdout, 'submission'),
    `submission
  ✓ 0-output      3/3  Output
  ✓ 1-signal      2/2  Signal
  ✗ 2-judge      4/15  Judge
      step: run
      $ ./tool file tests/cases/2-judge/build/x
      half of it
  ✓ 10-python     1/1  Python
  = 3 of 4 cases, 10/21 points`,
  )
  t.match(partOf(stdout, 'lazy'), 'setup failed: files\n      step: files\n      Makefile was not made')
  t.equal(grade('--list course').stdout.split('\n')[0], '0-output\t3\tfirst\tOutput')
  t.match(grade('course submission --group=first'), { status: 0, stdout: /= 1 of 1 case, 3\/3 points/ })
})

t.test('a journal makes a run go on where it stopped, and a report the same', async (t) => {
  const counting = good.replace('case', 'echo x >> "$FLE_COUNT"; case')
  const { grade, path, cwd } = workshop(t, {
    lab,
    a: { tool: counting },
    b: { tool: good },
    c: { tool: script('exit 1') },
  })
  const first = grade('lab a b c --jobs=1 --journal=run.jsonl --format=json')
  t.equal(first.stdout, grade('lab a b c --format=json').stdout, 'the same inputs, the same report')
  const lines = readFileSync(path('run.jsonl'), 'utf8').trim().split('\n')
  t.equal(lines.length, 9)
  // A run that was killed: the last line is half written. Results are taken over, as this one that never was.
  const forged = lines[0].replace('"outcome":"passed"', '"outcome":"failed"')
  writeFileSync(path('run.jsonl'), `${forged}\n${lines.slice(1, 8).join('\n')}\n${lines[8].slice(0, 40)}`)
  const again = grade('lab a b c --journal=run.jsonl --format=json')
  t.notSame(again.stdout, first.stdout)
  writeFileSync(path('run.jsonl'), `${lines.slice(0, 4).join('\n')}\n`)
  t.equal(grade('lab a b c --journal=run.jsonl --format=json').stdout, first.stdout)
  writeFileSync(path('run.jsonl'), `${forged}\n`)
  writeFileSync(path('a/tool'), `${counting}\n`)
  const changed = runCommand('sh', ['-c', 'wc -l < run.jsonl'], { cwd })
  t.equal(
    grade('lab a b c --journal=run.jsonl --format=json').stdout,
    first.stdout,
    'another submission is graded anew',
  )
  t.equal(changed.stdout.trim(), '1')
  const temporary = mkdtempSync(join(tmpdir(), 'fle-grade-test-'))
  t.teardown(() => rmSync(temporary, { recursive: true }))
  t.match(grade('lab a --journal=none/run.jsonl', { env: { TMPDIR: temporary } }), {
    status: 1,
    stderr: /none\/run.jsonl: cannot be written \(ENOENT\)/,
  })
  t.strictSame(readdirSync(temporary), [], 'no workspace stays behind')
})

t.test('a wrong lab is an error with file, line and key, before anything runs', async (t) => {
  const wrong = {
    'lab.toml': `name = "x"
[limits]
time = "5 parsecs"
[[case]]
id = "a"
point = 3
[[case.step]]
run = ["\${root}/x"]
status = "0"
stdout-file = "missing"
stderr-pattern = "("
[[case]]
id = "a"
needs = ["b"]
`,
  }
  const syntax = { 'lab.toml': 'name = "x"\n[[case]\nid = 3\n' }
  const loop = {
    'lab.toml': ['a', 'b']
      .map((id) => `[[case]]\nid = "${id}"\nneeds = ["${id === 'a' ? 'b' : 'a'}"]\n[[case.step]]\nrun = ["true"]\n`)
      .join(''),
  }
  const course = {
    tests: { cases: { a: { 'config.toml': '[meta]\nscore = "ten"\nweight = 2\n[[run]]\nargs = [1, {}]\n' } } },
  }
  const { grade } = workshop(t, { wrong, syntax, loop, course, empty: {} })
  const errorsOf = (folder: string): string[] => {
    const { status, stdout, stderr } = grade(folder)
    t.equal(status, 2, folder)
    t.equal(stdout, '', 'nothing runs')
    return stderr.split('\n').flatMap((line) => /^fle-grade: (.*)/.exec(line)?.[1] ?? [])
  }
  t.strictSame(errorsOf('wrong'), [
    'error: wrong/lab.toml:3:1: limits.time must be a time like "5s" or "500ms", not "5 parsecs"',
    `error: wrong/lab.toml:8:1: case[0].step[0].run has \${root}, which is no variable`,
    'error: wrong/lab.toml:9:1: case[0].step[0].status must be an integer, not a string',
    'error: wrong/lab.toml:10:1: case[0].step[0].stdout-file names missing, but cases/a has no such file',
    'error: wrong/lab.toml:11:1: case[0].step[0].stderr-pattern is no regular expression: "("',
    'error: wrong/lab.toml:6:1: case[0].point is not a key that is known here',
    'error: wrong/lab.toml:12:3: case[1].step must have at least one step: [[case.step]]',
    'error: wrong/lab.toml:12: case.id: a is also the case of line 4',
  ])
  t.strictSame(errorsOf('syntax'), [
    'error: syntax/lab.toml:3:1: this is no TOML: The key, equals sign, and value must be on the same line',
  ])
  t.strictSame(errorsOf('loop'), ['error: loop/lab.toml:6: this case needs itself: a → b → a'])
  t.strictSame(errorsOf('course'), [
    'error: course/tests/cases/a/config.toml:4:3: run[0].command is missing',
    'error: course/tests/cases/a/config.toml:5:1: run[0].args must be an array of strings, not an array',
    'error: course/tests/cases/a/config.toml:2:1: meta.score must be a number, not a string',
    'warning: course/tests/cases/a/config.toml:3:1: meta.weight is not a key that is known here',
  ])
  t.match(grade('empty'), {
    status: 2,
    stderr: /empty: this lab has no cases\n>>> hint: a lab is a folder with lab.toml/,
  })
  t.match(grade('nowhere'), { status: 2, stderr: 'fle-grade: error: nowhere: there is no such folder' })
  t.match(grade('empty --formt=json'), { status: 2, stderr: /did you mean: --format/ })
  t.match(grade('empty --format=pdf'), { status: 2, stderr: /pdf is not one of table, json/ })
})
