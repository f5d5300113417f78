// Fails if the lockfile lacks a platform package that another entry lists as optional: npm drops such
// entries silently where a registry lags behind, and `npm ci` then refuses the lockfile elsewhere.
import { readFileSync } from 'node:fs'

const { packages } = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
const names = new Set(Object.keys(packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13)))
const missing = Object.values(packages).flatMap((entry) =>
  Object.keys(entry.optionalDependencies ?? {}).filter((name) => !names.has(name)),
)
for (const name of missing) console.error(`package-lock.json: ${name} is listed as optional but has no entry`)
process.exitCode = missing.length > 0 ? 1 : 0
