// The lab of fixtures/linker-lab, graded with our commands in the place of a student's: all of them, and with each one broken.
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand, runToSuccess } from '@fle/testkit'
import t, { type Test } from 'tap'

const root = join(import.meta.dirname, '../../..')
const commands = join(root, 'node_modules/.bin')
const lab = join(root, 'fixtures/linker-lab')

interface StepReport {
  readonly name: string
  readonly passed: boolean
  readonly command: string
  readonly failures: readonly { readonly message: string; readonly details: readonly string[] }[]
}

interface Report {
  readonly submissions: readonly {
    readonly passed: number
    readonly cases: number
    readonly score: number
    readonly maxScore: number
    readonly results: readonly {
      readonly id: string
      readonly outcome: string
      readonly steps: readonly StepReport[]
    }[]
  }[]
}

/** A submission that is our commands; some of them may be scripts, which find the real ones in the folder `real`. */
function solution(t: Test, scripts: Readonly<Record<string, string>> = {}): string {
  const folder = t.testdir({ solution: { real: {} } })
  const place = join(folder, 'solution')
  for (const path of [place, join(place, 'real')])
    runToSuccess(join(commands, 'fle'), ['lab', 'init', path, '--course=linklab'])
  for (const [name, text] of Object.entries(scripts)) {
    rmSync(join(place, name))
    writeFileSync(join(place, name), `#!/bin/sh\ntool=$(dirname "$0")/real/${name}\n${text}\n`)
    chmodSync(join(place, name), 0o755)
  }
  return place
}

function grade(place: string, options: readonly string[] = []): Report['submissions'][number] {
  const { stdout, stderr } = runCommand(join(commands, 'fle-grade'), [lab, place, '--format=json', ...options], {
    timeout: 120_000,
  })
  if (stderr !== '') throw new Error(stderr)
  const report: Report = JSON.parse(stdout)
  return report.submissions[0]
}

t.test('our commands have the full score', async (t) => {
  const { passed, cases, score, maxScore, results } = grade(solution(t))
  const failed = results.filter(({ outcome }) => outcome !== 'passed')
  t.strictSame(failed, [])
  t.ok(cases >= 16, `${cases} cases`)
  t.equal(passed, cases)
  t.equal(score, maxScore)
})

/** A defect: the command that has it, a script with it, the groups that are graded, and for each case that it fails the message. */
interface Defect {
  readonly what: string
  readonly command: string
  readonly script: string
  readonly groups: readonly string[]
  readonly fails: Readonly<Record<string, RegExp>>
}

const defects: readonly Defect[] = [
  {
    what: 'takes weak symbols for strong ones',
    command: 'nm',
    script: '"$tool" "$@" | sed "s/ W / T /; s/ V / D /"',
    groups: ['nm'],
    fails: { '02-nm-weak': /expected: .* W get[\s\S]* T get/ },
  },
  {
    what: 'writes weak symbols as strong ones',
    command: 'cc',
    script: `"$tool" "$@" && sed -i "s/📎/📤/" "\${4%.o}.fo"`,
    groups: ['resolution'],
    fails: {
      '31-strong-over-weak': /^\.\/ld .*\nexit status is 1, expected exit status 0/,
      '32-first-weak': /^\.\/ld .*\nexit status is 1, expected exit status 0/,
    },
  },
  {
    what: 'forgets its errors',
    command: 'ld',
    script: '"$tool" "$@" || exit 0',
    groups: ['resolution'],
    fails: {
      '34-duplicate': /again\.fo .*\nexit status is 0, expected exit status 1/,
      '35-undefined': /^\.\/ld .*\nexit status is 0, expected exit status 1/,
    },
  },
  {
    what: 'lets everything be written and executed',
    command: 'ld',
    script: '"$tool" "$@" || exit; for last; do :; done; sed -i "s/\\"flags\\": [45]/\\"flags\\": 7/" "$last"',
    groups: ['segments', 'permissions'],
    fails: {
      '41-segments': /^\.\/readfle .*\nstdout does not match\nexpected: .*R\[\|\]X/,
      '51-constants': /^\.\/exec .*\nexit status is 5, expected end by SIGSEGV/,
      '52-code': /^\.\/exec .*\nexit status is 0, expected end by SIGSEGV/,
    },
  },
  {
    what: 'does not die of the signal that its program dies of',
    command: 'exec',
    script: '"$tool" "$@"; exit $?',
    groups: ['permissions'],
    fails: {
      '51-constants': /exit status is 139, expected end by SIGSEGV/,
      '52-code': /exit status is 139, expected end by SIGSEGV/,
      '53-data': /exit status is 139, expected end by SIGSEGV/,
    },
  },
  {
    what: 'leaves a permission out',
    command: 'readfle',
    script: '"$tool" "$@" | sed "s/R|X/X/"',
    groups: ['segments'],
    fails: { '41-segments': /^\.\/readfle .*\nstdout does not match\nexpected: .*R\[\|\]X/ },
  },
  {
    what: 'takes the first object only',
    command: 'ar',
    script: '"$tool" "$1" "$2"',
    groups: ['archives'],
    fails: { '73-chain': /^\.\/ld .*\.fa .*\nexit status is 1, expected exit status 0/ },
  },
]

for (const { what, command, script, groups, fails } of defects) {
  t.test(`${command} ${what}`, async (t) => {
    const options = groups.map((group) => `--group=${group}`)
    const { results } = grade(solution(t, { [command]: script }), options)
    const failed = results.filter(({ outcome }) => outcome !== 'passed')
    t.strictSame(
      failed.map(({ id }) => id),
      Object.keys(fails),
      'these cases fail, and no others',
    )
    for (const { id, steps } of failed) {
      const step = steps.find(({ passed }) => !passed)
      const text = [step?.command, ...(step?.failures ?? []).flatMap(({ message, details }) => [message, ...details])]
      t.match(text.join('\n'), fails[id], `${id}: the message leads to the defect`)
    }
  })
}
