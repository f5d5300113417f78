// Every thread has its own copy of a thread-local variable; the lock-protected sum is shared by all.
#include <pthread.h>
#include <stdio.h>

static __thread int mine = 100;      // .tdata: each copy begins with 100
static __thread int zeroed[64];      // .tbss: each copy begins with zeros
static int shared;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct result { int mine; int zeroed; };

static void *work(void *argument) {
  struct result *result = argument;
  int number = result->mine;
  for (int i = 0; i < 1000; i++) {
    mine += number;
    zeroed[i % 64] += number;
    pthread_mutex_lock(&lock);
    shared++;
    pthread_mutex_unlock(&lock);
  }
  result->mine = mine;
  result->zeroed = zeroed[0];
  return NULL;
}

int main(void) {
  pthread_t threads[4];
  struct result results[4];
  for (int i = 0; i < 4; i++) {
    results[i].mine = i + 1;
    pthread_create(&threads[i], NULL, work, &results[i]);
  }
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 4; i++) printf("thread %d: mine %d, zeroed[0] %d\n", i + 1, results[i].mine, results[i].zeroed);
  printf("main: mine %d, zeroed[0] %d, shared %d\n", mine, zeroed[0], shared);
  return 0;
}
