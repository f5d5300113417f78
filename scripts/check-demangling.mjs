// `npm run check-demangling [FILE...]`: asks @fle/demangle and c++filt what every C++ name in these archives, objects and
// programs stands for, and prints how many answers are equal, and which are not. Without arguments: libstdc++.a.
import { execFileSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { demangle } from '../packages/demangle/dist/index.js'

const mostShown = 20
const longestShown = 2000
const files = process.argv.length > 2 ? process.argv.slice(2) : [run('gcc', ['-print-file-name=libstdc++.a']).trim()]

function run(command, args, input = '') {
  return execFileSync(command, args, {
    encoding: 'latin1',
    input,
    maxBuffer: 2 ** 30,
    stdio: ['pipe', 'pipe', 'ignore'],
  })
}

/** The mangled names in the symbol tables of a file; shared libraries may have only their dynamic one. */
function namesIn(file) {
  const lists = [[], ['--dynamic']].map((options) => {
    try {
      return run('nm', ['--no-demangle', '--format=just-symbols', ...options, file])
    } catch {
      return ''
    }
  })
  // A versioned name's version is not the compiler's.
  return lists.flatMap((list) => list.split('\n').map((name) => name.replace(/@.*/, '')))
}

const names = [...new Set(files.flatMap(namesIn))].filter((name) => name.startsWith('_Z'))
if (names.length === 0) {
  console.log('There are no C++ names in these files.')
  process.exit(1)
}
const theirs = run('c++filt', [], names.map((name) => `${name}\n`).join('')).split('\n')
const start = performance.now()
const ours = names.map((name) => demangle(name) ?? name)
const milliseconds = performance.now() - start

const different = names.flatMap((_, index) => (ours[index] === theirs[index] ? [] : [index]))
for (const index of different.slice(0, mostShown)) {
  console.log(names[index])
  console.log(`  c++filt: ${theirs[index].slice(0, longestShown)}`)
  console.log(`  here:    ${ours[index].slice(0, longestShown)}`)
}
const equal = names.length - different.length
const share = ((100 * equal) / names.length).toFixed(4)
console.log(`${equal} of ${names.length} names equal (${share} %), in ${milliseconds.toFixed(0)} ms`)
process.exitCode = different.length > 0 ? 1 : 0
