// The options of GNU ld that nothing needs to be done for in a static link, so that whatever gcc, build systems and
// people pass is known; and those that ask for something that is not done here, so that nobody believes it was.

import type { OptionSpec } from '@fle/options'

type Style = NonNullable<OptionSpec['style']> | 'flag'

/** Names by how they take their argument, separated by blanks. */
type Names = Readonly<Partial<Record<Style, readonly string[]>>>

/** Ask for what a static link is or does anyway, or have no meaning in one. */
const withoutEffect: Names = {
  flag: [
    '-static -Bstatic -dn -non_shared -Bdynamic -dy -call_shared',
    '--as-needed --no-as-needed --add-needed --no-add-needed --copy-dt-needed-entries --no-copy-dt-needed-entries',
    '--allow-shlib-undefined --no-allow-shlib-undefined --undefined-version --no-undefined-version',
    '-E --export-dynamic --no-export-dynamic --enable-new-dtags --disable-new-dtags',
    '-Bsymbolic -Bsymbolic-functions -Bno-symbolic -Bgroup --default-symver --default-imported-symver',
    '--dynamic-list-data --dynamic-list-cpp-new --dynamic-list-cpp-typeinfo --warn-textrel --warn-shared-textrel',
    '-g -EL -Qy -qmagic --no-define-common',
    '--no-ld-generated-unwind-info --ld-generated-unwind-info',
    '--print-map-discarded --no-print-map-discarded --strip-discarded',
    '--no-strip-discarded --ctf-variables --no-ctf-variables --traditional-format --force-exe-suffix',
    '--no-keep-memory --keep-memory --reduce-memory-overheads --map-whole-files --no-map-whole-files --no-threads',
    '--accept-unknown-input-arch --no-accept-unknown-input-arch --no-warn-mismatch --no-warn-search-mismatch',
    '--warn-constructors --warn-multiple-gp --warn-once --warn-section-align --warn-alternate-em',
    '--disable-multiple-abs-defs --enable-non-contiguous-regions-warnings',
  ],
  separate: [
    '-plugin -plugin-opt --hash-style -dynamic-linker -rpath -rpath-link -soname -fini -init -assert -fuse-ld',
    '--version-script --dynamic-list --export-dynamic-symbol --export-dynamic-symbol-list --exclude-libs --audit',
    '--depaudit --auxiliary --filter --hash-size --max-cache-size --spare-dynamic-tags --ctf-share-types',
    '--version-exports-section --thread-count -f -F -G --gpsize -P -Y -a --architecture --task-link',
  ],
  joined: ['-flto'],
  both: ['-A -I'],
  equals: ['--threads'],
}

/** Would change the output. */
const unsupported: Names = {
  flag: ['--embedded-relocs --print-memory-usage', '--force-group-allocation --enable-non-contiguous-regions'],
  separate: ['--out-implib --error-handling-script'],
  equals: ['--split-by-file --split-by-reloc'],
}

function hidden(id: string, names: Names): OptionSpec[] {
  return Object.entries(names).flatMap(([style, lists]) =>
    lists.flatMap((list) => list.split(' ').map((name) => spec(id, name, style))),
  )
}

function spec(id: string, name: string, style: string): OptionSpec {
  const known = { id, names: [name], help: '', group: '', hidden: true }
  switch (style) {
    case 'separate':
    case 'joined':
    case 'both':
    case 'equals':
      return { ...known, argument: 'VALUE', style }
    default:
      return known
  }
}

/** Options that are only known, with the ids `ignored` (silently) and `unsupported` (with a warning). */
export const acceptedOptions: readonly OptionSpec[] = [
  ...hidden('ignored', withoutEffect),
  ...hidden('unsupported', unsupported),
]

/** The options that mean nothing in a static link, for --help. */
export function namesWithoutEffect(): string[] {
  return Object.values(withoutEffect)
    .flat()
    .flatMap((list) => list.split(' '))
}
