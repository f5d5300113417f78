/*
 * The language of plans, as src/plan-writer.ts writes it: the stub carries plans out, the front adds the steps that
 * confine a program.
 */
typedef unsigned long word;

/* A step of the plan; src/plan-words.ts writes them. */
struct step {
    word operation;     /* the number of a system call, or one of the operations below */
    word uses;          /* byte i: the number of the variable that is added to argument i; variable 0 is 0 */
    word result;        /* the number of the variable that takes the result; 0 for none */
    word failure;       /* offset in the plan of the text that says what failed; 0 if the step may fail */
    word trace;         /* offset in the plan of the call as text, to be printed before it; 0 for none */
    word arguments[6];
};

/* Operations that are no system calls. */
enum {
    SET = 4096,         /* *address = value */
    ZERO,               /* length bytes at address; the kernel's padzero(), which may fail on memory that is not writable */
    COPY,               /* address, from, length */
    MASK,               /* result = value & mask */
    DRAW,               /* result = base + (a random number below count) * unit */
    BUILD_STACK,        /* name of the program, changes to auxv, bytes to leave free */
    ENTER,              /* entry */
    NOTHING,            /* room for a step that the front may add */
};

/* Variables that the stub itself sets; all others are results of steps. */
enum {
    NONE, PLAN, VDSO, STACK_POINTER, STACK_TOP, ARGUMENTS, ARGUMENTS_END, ENVIRONMENT, ENVIRONMENT_END, AUXV,
    AUXV_SIZE, VARIABLES = 32,
};

/* The plan's first words; all offsets are from the plan's start. */
enum {
    COPY_SIZE,          /* bytes to copy for stage two, from "start" to the end of the plan */
    COPY_DISTANCE,
    WORK_STACK,         /* address where our own stack begins, and our memory ends */
    SCRATCH,            /* address of memory for the tables of the old stack */
    STEPS,
    STEP_COUNT,
    REASONS,            /* pairs (errno, offset of its meaning), ended by errno 0, whose text is for all others */
    SPARE,              /* bytes for what the front adds */
    SPARE_SIZE,
};
