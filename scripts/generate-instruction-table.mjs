// Writes packages/fle-as/src/encoder/vector-table.ts, the forms of the MMX, SSE, AVX, AVX-512, BMI and XOP instructions, from the
// instruction database asmdb, which is in the public domain:
//   npm pack asmdb@0.0.3 && tar xf asmdb-0.0.3.tgz && node scripts/generate-instruction-table.mjs package
// form.ts describes the lines. Forms that differ in nothing but the vector length become one line.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const folder = process.argv[2]
if (folder === undefined) {
  console.error('usage: generate-instruction-table ASMDB_FOLDER')
  process.exit(2)
}
const { x86data } = createRequire(import.meta.url)(resolve(folder))
const target = new URL('../packages/fle-as/src/encoder/vector-table.ts', import.meta.url)

/** Instructions whose rows in the database are wrong, or which the hand-written tables hold in more detail. */
const excluded =
  /^(bnd.*|v?movd|v?movq|v?p?(gather|scatter).*|vp?(gather|scatter).*|vcvtpd2ps|extrq|insertq|v?pextr[bwdq]|v?pinsr[bwdq]|v?mov(l|h|hl|lh)p[sd]|maskmov.*|kmov[bwdq]|v?pcmp.str.|v?sha.*|enc.*|emms|f?emms|crc32|lzcnt|tzcnt|popcnt)$/

const lengths = { 128: 0, 256: 1, 512: 2 }
const suffixOfLengths = { 0: '128', 1: '256', 2: '512', '0,1': 'xy', '0,1,2': 'xyz', '1,2': 'yz', '0,2': 'xz' }
const vectors = ['x', 'y', 'z']
const parts = ['v', 'h', 'q', 'e']

/** One operand of the database as the token of the tables that means the same. */
function token(operand) {
  return operand
    .trim()
    .replace(/^[RWX](\[[^\]]*\])?:/, '')
    .replaceAll(' ', '')
    .replace(/[xyz]mm/g, (name) => name[0])
    .replace('mib', 'm')
    .replace('mem', 'm')
    .replace(/^ib/, 'i8')
    .replace(/^r(\d+)\/m\1/, 'rm$1')
    .replace(/^(vm\d\d)([xyz])/, '$1$2')
}

/** The rows of the database as { name, operands, places, scheme, length, rest }. */
function* rows() {
  for (const [names, operandText, encoding, opcodeText] of x86data.instructions) {
    const isVector = /mm|\bk\b|bnd/.test(operandText) || /VEX|XOP/.test(opcodeText)
    if (!isVector || names.split('/').some((name) => excluded.test(name))) continue
    const implied = operandText.includes('<xmm0>')
    const operands = operandText
      .split(',')
      .filter((operand) => operand !== '' && !operand.includes('<'))
      .map(token)
    let places = encoding.split('-')[0].replace('NONE', '-')
    if (encoding === 'RM-DUP') continue
    if (operands.length === 0) places = '-'
    if (operands.length === places.length + 1 && operands.at(-1)?.startsWith('i8')) places += 'I'
    const opcode = parseOpcode(opcodeText)
    for (const name of names.split('/')) {
      yield { name, operands, places, ...opcode }
      if (implied) yield { name, operands: [...operands, 'xmm0'], places: `${places}-`, ...opcode }
    }
  }
}

function parseOpcode(text) {
  const words = text.split(' ')
  const digit = words.find((word) => /^\/\d$/.test(word)) ?? ''
  if (!/^(VEX|EVEX|XOP)\./.test(text)) {
    const bytes = words.filter((word) => /^[0-9A-F]{2}$/.test(word)).join('')
    return { scheme: 'legacy', rest: `${words.includes('REX.W') ? 'W' : ''}${bytes.toLowerCase()}${digit}` }
  }
  const parts = words[0].split('.')
  const scheme = parts[0].toLowerCase()
  const length = parts.find((part) => part in lengths)
  const lengthName = parts.includes('LIG') ? 'lig' : parts.includes('L1') ? 'l1' : 'lz'
  const prefix = parts.find((part) => /^(66|F2|F3)$/.test(part))?.toLowerCase() ?? 'np'
  const map = parts.find((part) => /^(0F|0F38|0F3A|M[89A])$/.test(part))?.toLowerCase()
  const w = (parts.find((part) => /^W([01]|IG)$/.test(part)) ?? 'WIG').toLowerCase()
  const behind = `${prefix}.${map}.${w}.${words[1].toLowerCase()}${digit}`
  return length === undefined ? { scheme, rest: behind, lengthName } : { scheme, rest: behind, length: lengths[length] }
}

/** An operand's token with vectors and memory named relative to the vector length, in all ways that are true. */
function relative(operand, length) {
  const alternatives = operand.split('/').map((alternative) => {
    const [bare, ...decorations] = alternative.split('{')
    const found = [bare]
    const vector = vectors.indexOf(bare)
    const memory = bare.match(/^m(\d+)$/)
    const indexed = bare.match(/^(vm\d\d)([xyz])$/)
    for (const [shift, part] of parts.entries()) {
      if (vector >= 0 && vector === Math.max(0, length - shift)) found.push(part)
      if (memory && Number(memory[1]) === (128 << length) >> shift) found.push(`m${part}`)
      if (indexed && vectors.indexOf(indexed[2]) === Math.max(0, length - shift)) found.push(`${indexed[1]}${part}`)
    }
    return { found, decorations: decorations.filter((word) => !/^(er|sae)/.test(word)), last: decorations }
  })
  return alternatives
}

/** The tokens that name the operands of all rows of a group, or undefined if there are none. */
function common(group) {
  const first = group[0].operands.map((operand) => relative(operand, group[0].length))
  const rest = group.slice(1).map((row) => row.operands.map((operand) => relative(operand, row.length)))
  const tokens = []
  for (const [i, alternatives] of first.entries()) {
    const names = []
    for (const [j, { found }] of alternatives.entries()) {
      const shared = found.filter((name) => rest.every((row) => row[i]?.[j]?.found.includes(name)))
      if (shared.length === 0) return undefined
      names.push(shared.find((name) => name === 'v' || name === 'mv') ?? shared[0])
    }
    const decorations = new Set(
      group.flatMap((row) => [...row.operands[i].matchAll(/\{(\w+)\}/g)].map((match) => match[0])),
    )
    tokens.push(names.join('/') + [...decorations].join(''))
  }
  return tokens
}

const groups = new Map()
for (const row of rows()) {
  const shape = row.operands.map((operand) => operand.replace(/\{(er|sae)\}/g, '').replace(/\d+|[xyz](?![a-z])/g, '#'))
  const key =
    row.length === undefined
      ? `${row.name} ${row.scheme} ${row.lengthName ?? ''} ${row.rest} ${row.operands} ${row.places}`
      : `${row.name} ${row.scheme} ${row.rest} ${row.places} ${shape}`
  const group = groups.get(key)
  if (group && row.length !== undefined && !group.some((other) => other.length === row.length)) group.push(row)
  else if (!group) groups.set(key, [row])
}

const lines = new Map()
function addForm({ name, scheme, places, rest, lengthName }, operands, lengthsName) {
  const opcode = scheme === 'legacy' ? rest : `${scheme}.${lengthsName ?? lengthName}.${rest}`
  const form = `${operands.join(',') || '-'} ${places} ${opcode}`
  const forms = lines.get(name) ?? []
  if (!forms.includes(form)) forms.push(form)
  lines.set(name, forms)
}
for (const group of groups.values()) {
  if (group[0].length === undefined) {
    addForm(group[0], group[0].operands)
    continue
  }
  const tokens = common(group)
  const names =
    suffixOfLengths[
      group
        .map((row) => row.length)
        .sort()
        .join()
    ]
  if (tokens && names) addForm(group[0], tokens, names)
  else for (const row of group) addForm(row, common([row]) ?? row.operands, suffixOfLengths[row.length])
}

// Mnemonics that differ in nothing but their name share a line.
const namesOfForms = new Map()
for (const [name, forms] of lines) {
  const key = forms.join(';')
  namesOfForms.set(key, [...(namesOfForms.get(key) ?? []), name])
}
const text = [...namesOfForms].map(([forms, names]) => `${names.join('/')} ${forms}`).join('\n')
writeFileSync(
  target,
  `// Generated by scripts/generate-instruction-table.mjs from asmdb (public domain). Do not edit; form.ts describes the lines.
/** MMX, SSE, AVX, AVX-512, BMI and XOP instructions, one mnemonic a line. */
export const vectorTable = \`
${text}
\`
`,
)
