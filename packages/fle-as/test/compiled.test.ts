// What gcc makes of programs, assembled by GNU as and here: the objects must be the same, byte for byte.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runToSuccess } from '@fle/testkit'
import t, { type Test } from 'tap'
import { bothWays } from './same-as-gnu.ts'

const program = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
struct node { struct node *next; const char *name; double weight; long count; };
static struct node *first;
static _Thread_local int depth;
_Thread_local long visible_depth;
extern _Thread_local int foreign_depth;
int table[1000] = { 1, 2, 3 };
static int hidden_counter = 7;
int common_array[64];
extern int unknown(int) __attribute__((weak));
__attribute__((visibility("hidden"))) int secret(void) { return hidden_counter++; }
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static int strange(int n) { switch (n) { case 0: return 5; case 1: return 9; case 2: return -3; case 3: return 70;
  case 4: return 11; case 5: return 12; default: return n * n; } }
static double mean(const double *values, int n) { double sum = 0; for (int i = 0; i < n; i++) sum += sqrt(values[i]);
  return n ? sum / n : 0.0; }
__attribute__((constructor)) static void begin(void) { depth = 3; foreign_depth++; }
__attribute__((cold, noinline)) static void complain(const char *what) { fprintf(stderr, "bad: %s\\n", what); abort(); }
int insert(const char *name, double weight) {
  struct node *made = malloc(sizeof *made);
  if (!made) complain(name);
  *made = (struct node){ first, name, weight, secret() };
  first = made;
  if (unknown) depth += unknown(depth);
  visible_depth += depth;
  return strcmp(name, "long literal that is not merged with another") + strange(depth);
}
int main(int argc, char **argv) {
  double values[8];
  for (int i = 0; i < 8; i++) values[i] = argc * i + 0.5;
  qsort(table, 1000, sizeof *table, compare);
  for (int i = 1; i < argc; i++) printf("%d %f\\n", insert(argv[i], mean(values, i % 8)), values[i % 8]);
  unsigned __int128 wide = (unsigned __int128)argc << 70; long double more = wide; float single = (float)more;
  __atomic_fetch_add(&common_array[3], 2, __ATOMIC_SEQ_CST);
  asm volatile("cpuid" ::: "eax", "ebx", "ecx", "edx");
  return (int)single + common_array[3] + table[argc];
}
`

const objectOriented = `
#include <map>
#include <stdexcept>
#include <string>
#include <vector>
template <class T> struct Shape { virtual ~Shape() {} virtual T area() const = 0; static T count; };
template <class T> T Shape<T>::count = 0;
struct Square : Shape<double> { double side; Square(double s) : side(s) { count += 1; } double area() const override { return side * side; } };
inline int shared(int n) { static int calls = 0; return calls += n; }
static std::map<std::string, std::vector<Square>> shapes;
thread_local std::string last = "none";
double sum(const std::string &name) {
  double total = 0;
  try { for (auto &s : shapes.at(name)) total += s.area(); }
  catch (const std::out_of_range &) { last = name; throw std::runtime_error("no " + name); }
  return total + shared(2);
}
int main() { shapes["a"].push_back(Square(2)); return (int)sum("a") + (int)Shape<double>::count; }
`

t.test('C', async (t) => {
  const flagSets = [
    '-O0',
    '-O0 -g',
    '-O1 -fno-pic',
    '-O2 -fPIC',
    '-O2 -g -ffunction-sections -fdata-sections',
    '-O3 -march=haswell -g -gdwarf-4',
    '-Os -mcmodel=large -fno-pic',
    '-O2 -fcommon -mcmodel=medium -fno-pie',
    '-O2 -fPIC -mtls-dialect=gnu2 -fcf-protection=full',
  ]
  for (const flags of flagSets) await compareProgram(t, program, 'c', flags)
})

t.test('C++', async (t) => {
  for (const flags of ['-O0 -g', '-O2 -fPIC']) await compareProgram(t, objectOriented, 'cc', flags)
})

async function compareProgram(t: Test, text: string, language: 'c' | 'cc', flags: string): Promise<void> {
  await t.test(flags, async (t) => {
    const folder = t.testdir({ [`program.${language}`]: text })
    const compiler = language === 'c' ? 'gcc' : 'g++'
    runToSuccess(compiler, [...flags.split(' '), '-S', `program.${language}`, '-o', 'program.s'], { cwd: folder })
    const assembly = readFileSync(join(folder, 'program.s'), 'utf8')
    const { ours, theirs } = bothWays(assembly)
    t.equal(ours, theirs, 'the objects say the same')
  })
}
