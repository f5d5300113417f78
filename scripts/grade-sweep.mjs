// Grades 200 copies of a submission, each tenth of them hostile, and the same steps by a plain shell loop: wall time for each
// case, memory, and whether anything was lost. `npm run grade-sweep [COPIES [JOBS]]`.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const copies = Number(process.argv[2] ?? 200)
const jobs = Number(process.argv[3] ?? availableParallelism())
const command = fileURLToPath(new URL('../node_modules/.bin/fle-grade', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'fle-sweep-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const caseCount = 10
const cases = Array.from(
  { length: caseCount },
  (_, i) => `
[[case]]
id = "case-${i}"
[[case.step]]
run = ["./cc", "\${test_dir}/in", "\${build_dir}/out"]
files = ["\${build_dir}/out"]
[[case.step]]
run = ["./show", "\${build_dir}/out"]
stdout = "case ${i}"
`,
)
const lab = join(folder, 'lab')
for (let i = 0; i < caseCount; i++) {
  mkdirSync(join(lab, 'cases', `case-${i}`), { recursive: true })
  writeFileSync(join(lab, 'cases', `case-${i}`, 'in'), `case ${i}\n`)
}
writeFileSync(join(lab, 'lab.toml'), `name = "Sweep"\n[limits]\ntime = "1s"\noutput = "256 KiB"\n${cases.join('')}`)

const attacks = {
  hang: 'sleep 60',
  flood: 'while :; do echo hello; done',
  fork: 'bomb() { bomb & bomb & sleep 5; }; bomb',
  daemon: 'setsid sleep 60 > /dev/null 2>&1 & exit 1',
  kill: 'kill -KILL -1',
  write: `rm -rf ${folder}; : > /tmp/fle-sweep-stray; exit 0`,
  binary: "printf '\\377\\0\\033'",
}
const script = (text) => `#!/bin/sh\n${text}\n`
const names = Array.from({ length: copies }, (_, i) => `student-${String(i).padStart(3, '0')}`)
const hostile = new Map()
for (const [i, name] of names.entries()) {
  const place = join(folder, 'submissions', name)
  mkdirSync(place, { recursive: true })
  writeFileSync(join(place, 'cc'), script('cat "$1" > "$2"'), { mode: 0o755 })
  writeFileSync(join(place, 'show'), script('cat "$1"'), { mode: 0o755 })
  if (i % 10 !== 9) continue
  const [attack, text] = Object.entries(attacks)[Math.floor(i / 10) % Object.keys(attacks).length]
  hostile.set(name, attack)
  // One case of each is enough to do harm.
  writeFileSync(join(place, 'show'), script(`case "$1" in *case-3*) ${text};; *) cat "$1";; esac`), { mode: 0o755 })
}

/** Runs a command and tells how long it took and how much memory its largest process had. */
function measure(words, cwd) {
  const start = process.hrtime.bigint()
  const { status, stdout } = spawnSync('/usr/bin/env', ['time', '-f', '%M', '-o', join(folder, 'peak'), ...words], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const seconds = Number(process.hrtime.bigint() - start) / 1e9
  return {
    status,
    stdout,
    seconds,
    mebibytes: Number(readFileSync(join(folder, 'peak'), 'utf8').trim().split('\n').at(-1)) / 1024,
  }
}

const graded = measure(
  [command, 'lab', '--all=submissions', `--jobs=${jobs}`, '--format=json', '--format=html:report.html'],
  folder,
)
const report = JSON.parse(graded.stdout)

// The same steps without limits, checks or copies. Hostile ones would not come back from it.
cpSync(join(lab, 'cases'), join(folder, 'plain'), { recursive: true })
const loop = `for s in submissions/*; do for i in ${Array.from({ length: caseCount }, (_, i) => i).join(' ')}; do
  submissions/student-000/cc plain/case-$i/in plain/out; [ "$(submissions/student-000/show plain/out)" = "case $i" ] || exit 1
done; done`
const plain = measure(['sh', '-c', loop], folder)

let wrong = 0
for (const { name, passed, results } of report.submissions) {
  const expected = hostile.has(name) ? caseCount - 1 : caseCount
  if (passed === expected && (!hostile.has(name) || results[3].outcome === 'failed')) continue
  wrong++
  console.log(`${name} (${hostile.get(name) ?? 'honest'}): ${passed} of ${caseCount} passed, expected ${expected}`)
}
const total = copies * caseCount
const row = (label, { seconds, mebibytes }) =>
  console.log(
    `${label.padEnd(28)} ${seconds.toFixed(1).padStart(7)} s  ${((seconds * 1000) / total).toFixed(2).padStart(7)} ms a case  ${mebibytes.toFixed(0).padStart(5)} MiB at most`,
  )
console.log(`${copies} submissions (${hostile.size} hostile) of ${caseCount} cases of 2 steps, ${jobs} at a time`)
row('fle-grade', graded)
row('a plain shell loop', plain)
console.log(`submissions in the report: ${report.submissions.length}; with another result than expected: ${wrong}`)
process.exitCode = wrong === 0 && report.submissions.length === copies && plain.status === 0 ? 0 : 1
