/* Adds steps to a plan. */
#include "front.h"
#include "room.h"
#include <string.h>

/* The image is ours, but a wrong offset must not lead outside it. */
static void check(int is_true) {
    if (!is_true) die(STATUS_DEFECT, "internal error: the plan has no room");
}

static const char failure[] = "elf-loader: error: the program cannot be confined";

struct room open_room(struct program *program) {
    uint64_t size = program->image_size - program->plan_offset;
    check(program->plan_offset < program->image_size && size > (SPARE_SIZE + 1) * sizeof(word));
    word *plan = (word *)(program->image + program->plan_offset);
    check(plan[SPARE] <= size && plan[SPARE_SIZE] <= size - plan[SPARE] && plan[STEPS] <= size &&
          plan[STEP_COUNT] > 0 && plan[STEP_COUNT] <= (size - plan[STEPS]) / sizeof(struct step));
    struct step *steps = (struct step *)((char *)plan + plan[STEPS]);
    struct room room = {.plan = (unsigned char *)plan, .size = plan[SPARE_SIZE]};
    room.jump = room.end = steps + plan[STEP_COUNT] - 1;
    room.next = room.end;
    while (room.next > steps && room.next[-1].operation == NOTHING) room.next--;
    add_bytes(&room, failure, sizeof failure);
    return room;
}

word add_bytes(struct room *room, const void *bytes, size_t size) {
    size_t aligned = (size + 7) & -8UL;
    check(aligned <= room->size - room->used);
    word offset = ((word *)room->plan)[SPARE] + room->used;
    memcpy(room->plan + offset, bytes, size);
    room->used += aligned;
    return offset;
}

void add_step(struct room *room, word operation, word uses, const word arguments[6]) {
    check(room->next < room->end);
    struct step *step = room->next++;
    *step = (struct step){.operation = operation, .uses = uses, .failure = ((word *)room->plan)[SPARE]};
    memcpy(step->arguments, arguments, sizeof step->arguments);
}
