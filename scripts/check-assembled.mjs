// Builds real programs through fle-as and fle-ld, runs them under elf-loader, and compares what they do with the same programs
// built by gcc: `npm run check-assembled -- FOLDER`. FOLDER has the unpacked Debian sources (apt-get source zlib lua5.4 sqlite3);
// sqlite3.c and shell.c are made there by `./configure && make sqlite3.c shell.c`, which needs tclsh.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const [folder] = process.argv.slice(2)
if (!folder) {
  console.error('usage: npm run check-assembled -- FOLDER')
  process.exit(2)
}
const commands = fileURLToPath(new URL('../node_modules/.bin', import.meta.url))
const sources = resolve(folder)
const place = mkdtempSync(join(tmpdir(), 'check-assembled-'))
/** What tells a folder of sources from the package's other files. */
const readmes = ['README', 'README.md']
let passed = 0
let failed = 0

/** The C files of a folder but for some. */
function files(of, ...without) {
  return readdirSync(of)
    .filter((name) => name.endsWith('.c') && !without.includes(name))
    .map((name) => join(of, name))
}

const luaScript = `
local parts = {}
for i = 1, 2000 do parts[#parts + 1] = string.format("%d:%x:%.3f", i, i * 7919, math.sqrt(i)) end
print(#table.concat(parts, ","), parts[77])
table.sort(parts); print(parts[1], parts[#parts])
print(select("#", table.unpack(parts, 1, 200)), ("x"):rep(3, "-"), ("%a+"):len())
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
print(fib(24), 7 // 2, -7 // 2, 7 % -3, 2 ^ 0.5, 1 << 62, 3 | 8, ~5, 1e308 * 10, 0 / 0 ~= 0 / 0)
local co = coroutine.wrap(function(a) while true do a = coroutine.yield(a * 2) end end)
print(co(1), co(21), pcall(error, { code = 7 }), pcall(function() local x = nil; return x.y end))
print(string.gsub("hello world from lua", "(%w+)", "<%1>"), ("%5s|%-5s|%q"):format("a", "b", 'c"'))
print(string.pack("<i4d", 77, 1.5):byte(1, -1))
local meta = setmetatable({}, { __index = function(_, k) return k .. "!" end, __call = function(_, ...) return ... end })
print(meta.key, meta(1, 2, 3), utf8.char(228, 8364), utf8.len("äö€"))
collectgarbage(); goto done
::done:: print(load("return 1 + 1")(), os.time { year = 2020, month = 1, day = 1, hour = 12 }, math.maxinteger + 1)
local weak = setmetatable({}, { __mode = "k" }); for i = 1, 10000 do weak[{}] = i end; collectgarbage(); print(next(weak))
`

const sqlScript = `
create table t(a integer primary key, b text, c real); create index i on t(b, c);
with recursive n(x) as (select 1 union all select x + 1 from n where x < 20000)
insert into t select x, printf('%05d', (x * 7919) % 20011), x / 7.0 from n;
select count(*), sum(a), round(avg(c), 6), min(b), max(b) from t;
select b, count(*) over (order by b rows 3 preceding), lag(a) over (order by b) from t limit 5 offset 9000;
explain query plan select * from t where b between '00100' and '00200';
update t set c = -c where a % 3 = 0; delete from t where a % 5 = 0;
select total(c), group_concat(a) from (select a, c from t where a > 19980);
select json_extract('{"a":[1,2,{"b":"x"}]}', '$.a[2].b'), hex(zeroblob(2)), typeof(1.5), date('2020-02-28', '+2 days');
create virtual table f using fts5(body); insert into f values ('the quick brown fox'), ('lazy dogs'), ('quick dogs');
select body from f where f match 'quick' order by rank; create view v as select a from t where b like '000%'; select count(*) from v;
begin; insert into t values (100001, 'x', 1); select count(*) from t; rollback; select count(*) from t;
pragma integrity_check; vacuum; pragma page_count;
.tables
.mode csv
select 1, 'a,b', null;
.dump f_config
`

/** The programs: what they are made of, and how they are run: command lines with standard input. */
const programs = [
  {
    name: 'zlib: example',
    of: 'zlib',
    build: (at) => [...files(at), join(at, 'test/example.c'), `-I${at}`],
    runs: [[[]]],
  },
  {
    name: 'zlib: minigzip',
    of: 'zlib',
    build: (at) => [...files(at), join(at, 'test/minigzip.c'), `-I${at}`],
    runs: [
      [['-9'], 'hello world '.repeat(100_000)],
      [['-d'], (before) => before],
    ],
  },
  {
    name: 'lua',
    of: 'lua',
    build: (at) => [...files(join(at, 'src'), 'luac.c'), '-DLUA_USE_POSIX', '-lm'],
    runs: [[['-'], luaScript], [['-e', 'error("out")']], [['-v']]],
  },
  {
    name: 'luac',
    of: 'lua',
    build: (at) => [...files(join(at, 'src'), 'lua.c'), '-lm'],
    runs: [[['-o', '/dev/stdout', '-'], luaScript]],
  },
  {
    name: 'sqlite3 shell',
    of: 'sqlite3',
    build: (at) => [
      join(at, 'sqlite3.c'),
      join(at, 'shell.c'),
      '-DSQLITE_THREADSAFE=0',
      '-DSQLITE_OMIT_LOAD_EXTENSION',
      '-DSQLITE_ENABLE_FTS5',
      '-lm',
    ],
    runs: [
      [[], sqlScript],
      [['-json', ':memory:', 'select 1 as one, 2.5 as two'], ''],
    ],
  },
]

try {
  for (const program of programs) check(program)
} finally {
  rmSync(place, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

function check({ name, of, build, runs }) {
  const source = readdirSync(sources).find(
    (entry) => entry.startsWith(of) && readmes.some((readme) => existsSync(join(sources, entry, readme))),
  )
  if (!source) {
    tell(name, false, `no folder ${of}* in ${folder}`)
    return
  }
  const words = ['-w', '-O2', ...build(join(sources, source))]
  const [theirs, ours] = [join(place, 'theirs'), join(place, 'ours')]
  const made = [
    spawnSync('gcc', ['-static', '-o', theirs, ...words], { encoding: 'utf8' }),
    spawnSync(join(commands, 'fle-cc'), ['--hosted', '--as=fle', '-o', ours, ...words], { encoding: 'utf8' }),
  ]
  const wrong = made.find(({ status }) => status !== 0)
  if (wrong) {
    tell(name, false, wrong.stderr.slice(0, 500))
    return
  }
  let before
  for (const [argv, input = ''] of runs) {
    const options = { input: typeof input === 'string' ? input : input(before), maxBuffer: 2 ** 30 }
    const want = spawnSync(theirs, argv, options)
    const got = spawnSync(join(commands, 'elf-loader'), [ours, ...argv], options)
    before = want.stdout
    const isSame = want.status === got.status && want.stdout.equals(got.stdout)
    const said = `status ${got.status}, not ${want.status}; ${got.stdout.length} bytes, not ${want.stdout.length}: ${got.stderr}`
    tell(
      `${name} ${argv.join(' ')}: status ${want.status}, ${want.stdout.length} bytes as from gcc's build`,
      isSame,
      said,
    )
  }
}

function tell(what, isGood, said) {
  if (isGood) passed++
  else failed++
  console.log(`${isGood ? 'ok' : 'NOT OK'} ${what}${isGood ? '' : `: ${said}`}`)
}
