// What the variables in a lab's commands stand for.

/** The folders that variables name, absolute or within the submission's folder. */
export interface Folders {
  readonly root: string
  readonly test: string
  readonly common: string
}

/** Replaces `${root_dir}`, `${test_dir}`, `${build_dir}` and `${common_dir}`. */
export function expand(word: string, { root, test, common }: Folders): string {
  const values: Readonly<Record<string, string>> = {
    root_dir: root,
    test_dir: test,
    build_dir: `${test}/build`,
    common_dir: common,
  }
  return word.replace(/\$\{(\w+)\}/g, (variable, name: string) => values[name] ?? variable)
}

/** The folders as a step's process gets them. */
export function absoluteFolders(root: string, caseFolder: string, commonFolder: string): Folders {
  return { root, test: `${root}/${caseFolder}`, common: `${root}/${commonFolder}` }
}

/** The folders as one types them in the submission's folder. */
export function typedFolders(caseFolder: string, commonFolder: string): Folders {
  return { root: '.', test: caseFolder, common: commonFolder }
}
