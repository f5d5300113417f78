// Grades the labs' tools with fixtures/linker-lab: as they are, which must give the full score, and with one tool broken
// at a time, which must fail the cases that are about it and no others. `npm run check-linker-lab`.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const lab = join(root, 'fixtures/linker-lab')
const commands = join(root, 'node_modules/.bin')

/** Each: the tool, what a shell script in its place does (see breakTool), and the cases that must fail. */
const defects = [
  ['nm', '"$real" "$@" | sed "s/ [WV] / T /"', /^02/],
  ['ld', 'for w; do case $w in *.fa|-l*) ;; *) words="$words $w";; esac; done; "$real" $words', /^(7[1-5]|8[13-6])/],
  ['ld', 'if [ "$1" = -e ]; then shift 2; fi; "$real" "$@"', /^14/],
  ['ld', '"$real" "$@" || true', /^(34|35|75|86)/],
  ['ld', String.raw`"$real" "$@" && sed -i 's/\("vaddr".*"flags": \)[0-9]/\17/' "$last"`, /^(41|5[123])/],
  ['cc', '"$real" "$@" && sed -i "s/📎/📤/" "$(echo "$last" | sed "s/[.]o$/.fo/")"', /^(02|31|32)/],
  ['readfle', 'true', /^4[12]/],
  ['ar', 'for w; do words="$words $previous"; previous=$w; done; "$real" $words', /^(73|74|85)/],
  ['exec', '"$real" "$@"; exit 0', /^(?!01|02|03|34|35|75)/],
]

const folder = mkdtempSync(join(tmpdir(), 'linker-lab-'))
try {
  const places = ['sound', ...defects.map(([tool], i) => `${i + 1}-${tool}`)]
  for (const place of places) run('fle', ['lab', 'init', join(folder, place), '--course=linklab'], [0])
  for (const [i, [tool, script]] of defects.entries()) breakTool(join(folder, places[i + 1]), tool, script)
  const report = run('fle-grade', [lab, ...places.map((place) => join(folder, place)), '--format=json'], [0, 1])
  const wrong = JSON.parse(report).submissions.filter((submission, i) => !isAsExpected(submission, defects[i - 1]))
  process.exitCode = wrong.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Puts a script in the place of a tool, `$real` for it, whose last argument is `$last`. */
function breakTool(place, tool, script) {
  run('fle', ['lab', 'init', join(place, 'real'), '--course=linklab'], [0])
  const path = join(place, tool)
  rmSync(path)
  writeFileSync(path, `#!/bin/sh\nreal=$(dirname "$0")/real/${tool}\nfor last; do :; done\n${script}\n`)
  chmodSync(path, 0o755)
}

function isAsExpected({ name, results: cases }, defect) {
  const failed = cases.filter(({ outcome }) => outcome !== 'passed').map(({ id }) => id)
  const expected = defect === undefined ? [] : cases.map(({ id }) => id).filter((id) => defect[2].test(id))
  const isRight = failed.join() === expected.join()
  console.log(
    `${isRight ? 'as it must be' : 'NOT AS IT MUST BE'}: ${name}: ${cases.length - failed.length} of ${cases.length} passed`,
  )
  if (failed.length > 0) console.log(`  failed: ${failed.join(' ')}`)
  if (!isRight) console.log(`  must fail: ${expected.join(' ')}`)
  const first = cases.find(({ outcome }) => outcome !== 'passed')
  if (first) console.log(`  the first says: ${JSON.stringify(first.steps.find(({ passed }) => !passed)?.failures)}`)
  return isRight
}

function run(command, words, statuses) {
  const { status, stdout, stderr } = spawnSync(join(commands, command), words, { encoding: 'utf8', maxBuffer: 1 << 28 })
  if (!statuses.includes(status)) throw new Error(`${command} ended with ${status}: ${stderr}`)
  return stdout
}
