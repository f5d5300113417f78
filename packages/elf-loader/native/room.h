/* The room that the planner left in a plan for what the front adds: steps just before the jump, and bytes. */
#include "plan.h"
#include <stddef.h>

struct room {
    unsigned char *plan;
    struct step *next, *end, *jump; /* the step that enters the program */
    size_t used, size; /* of the bytes */
};

struct room open_room(struct program *program);
/* Copies bytes into the plan; their address as the argument of a step is the variable PLAN plus what this returns. */
word add_bytes(struct room *room, const void *bytes, size_t size);
/* Adds a step that must succeed. Argument i is arguments[i] plus the variable in byte i of `uses`. */
void add_step(struct room *room, word operation, word uses, const word arguments[6]);
