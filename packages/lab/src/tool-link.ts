// ld: the labs' command line, and the link.

import { type Diagnostics, type FileSystem, fileExists } from '@fle/diagnostics'
import { type LinkInput, link } from '@fle/fle-ld'
import { type Tool, type Workplace, writeFile } from './tool.ts'

/** What the command line says. */
interface LinkWords {
  output: string
  entry: string
  isStatic: boolean
  isShared: boolean
  readonly folders: string[]
  /** Files, and libraries as `-lNAME`, in order. */
  readonly inputs: string[]
}

/** Options with an argument, which may be joined to the letter or be the next word. */
const withArgument: Readonly<Record<string, (words: LinkWords, value: string) => void>> = {
  '-o': (words, value) => {
    words.output = value
  },
  '-e': (words, value) => {
    words.entry = value
  },
  '-L': (words, value) => {
    words.folders.push(value)
  },
  '-l': (words, value) => {
    words.inputs.push(`-l${value}`)
  },
}
const longNames: Readonly<Record<string, string>> = { '--output': '-o', '--entry': '-e' }

export const linkTool: Tool = {
  usage: '[-o FILE] [-e SYMBOL] [-shared] [-static] [-L FOLDER] [-l NAME] INPUT...',
  run(words, workplace) {
    const { course, io, diagnostics } = workplace
    const said = course.dialect === 'linklab2024' ? parse2024(words) : parse(words, diagnostics)
    if (!said) return
    if (said.inputs.length === 0) {
      diagnostics.error('no-inputs', 'No inputs')
      return
    }
    const inputs = inputsOf(said, workplace)
    if (diagnostics.hasErrors) return
    const { dialect } = course
    const { output, entry } = said
    const options = {
      inputs,
      output,
      entry,
      format: 'fle',
      dialect,
      shared: said.isShared,
      libraryPaths: [],
      relocatable: false,
      map: false,
    } as const
    const { output: text } = link(options, io.files, diagnostics, io)
    if (text && !diagnostics.hasErrors) writeFile(output, text, workplace, !said.isShared)
  },
}

function parse(words: readonly string[], diagnostics: Diagnostics): LinkWords | undefined {
  const said = emptyWords()
  for (let at = 0; at < words.length; at++) {
    const word = words[at]
    const letter = longNames[word] ?? word.slice(0, 2)
    if (!word.startsWith('-') || word === '-') said.inputs.push(word)
    else if (word === '-static') said.isStatic = true
    else if (word === '-shared') said.isShared = true
    else if (Object.hasOwn(withArgument, letter) && (word in longNames || !word.startsWith('--'))) {
      const isJoined = word.length > 2 && !(word in longNames)
      const value = isJoined ? word.slice(2) : words[++at]
      if (value === undefined) return diagnostics.error('usage', `${word} needs a value`)
      withArgument[letter](said, value)
    } else return diagnostics.error('unknown-option', `Unknown option: ${word}`)
  }
  return said
}

/** In 2024 there is `-o` alone, and everything else is a file. */
function parse2024(words: readonly string[]): LinkWords {
  const said = emptyWords()
  for (let at = 0; at < words.length; at++) {
    if (words[at] === '-o' && at + 1 < words.length) said.output = words[++at]
    else said.inputs.push(words[at])
  }
  return said
}

function emptyWords(): LinkWords {
  return { output: 'a.out', entry: '_start', isStatic: false, isShared: false, folders: [], inputs: [] }
}

/** The link's inputs: archives give what is wanted wherever they stand, as those of one group do. */
function inputsOf({ inputs, folders, isStatic }: LinkWords, { io, diagnostics }: Workplace): LinkInput[] {
  const files = inputs.flatMap((input): LinkInput[] => {
    const path = input.startsWith('-l') ? findLibrary(input.slice(2), [...folders, '.'], isStatic, io.files) : input
    if (path !== undefined) return [{ kind: 'file', path, wholeArchive: false }]
    diagnostics.error('library-not-found', `cannot find ${input}`)
    return []
  })
  return [{ kind: 'start-group' }, ...files, { kind: 'end-group' }]
}

/** `libNAME.fso`, or else `libNAME.fa`, in the first folder that has one. */
function findLibrary(
  name: string,
  folders: readonly string[],
  isStatic: boolean,
  files: FileSystem,
): string | undefined {
  const endings = isStatic ? ['.fa'] : ['.fso', '.fa']
  const candidates = folders.flatMap((folder) => endings.map((ending) => `${folder}/lib${name}${ending}`))
  return candidates.find((path) => fileExists(files, path))
}
