// Lets the installed commands be the native front where it was built and runs: node_modules/.bin/elf-loader and
// fle-exec (or those of a global install) then lead to it, not to the Node form, which they led to before.
import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, realpathSync, renameSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('..', import.meta.url))
const front = join(folder, 'dist/native/elf-loader')

/** Where npm puts the links to the commands of a package: beside it, above it (workspaces), or globally. */
function* linkFolders() {
  for (let parent = dirname(folder); dirname(parent) !== parent; parent = dirname(parent)) {
    yield join(parent, 'node_modules/.bin')
    if (parent.endsWith('lib/node_modules')) yield join(parent, '../../bin')
  }
}

function leadsTo(link, target) {
  try {
    return lstatSync(link).isSymbolicLink() && realpathSync(link) === realpathSync(target)
  } catch {
    return false
  }
}

if (existsSync(front) && spawnSync(front, ['--version']).status === 0) {
  for (const links of linkFolders()) {
    for (const name of ['elf-loader', 'fle-exec']) {
      const link = join(links, name)
      if (!leadsTo(link, join(folder, 'bin', `${name}.cjs`))) continue
      const temporary = `${link}.${process.pid}`
      symlinkSync(relative(links, front), temporary)
      renameSync(temporary, link)
    }
  }
}
