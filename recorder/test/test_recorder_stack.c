/* SPDX-License-Identifier: MIT
 *
 * test_recorder_stack.c: the stack of the caller, and of what a signal interrupted.
 */
#define _GNU_SOURCE
#include "stack_test.h"
#include "strand_tasks.h"
#include "strand_unwind.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

// ---------------------------------------------------------------------------------------------------------------
// Functions that call each other

struct caught {
    uint64_t pcs[STRAND_STACK_MAX];
    size_t count;
    size_t skip;
    size_t cap;
};

ALONE static void inner(struct caught *caught)
{
    caught->count = strand_stack_capture(caught->pcs, caught->cap, caught->skip);
    sink++;
}

ALONE static void middle(struct caught *caught)
{
    inner(caught);
    sink++;
}

ALONE static void outer(struct caught *caught)
{
    middle(caught);
    sink++;
}

TEST(recorder_stack, own_stack_begins_at_the_caller)
{
    struct caught caught = {.cap = STRAND_STACK_MAX};
    outer(&caught);
    CHECK(caught.count >= 4);
    CHECK(is_in(caught.pcs[0], (uintptr_t)inner));
    CHECK(is_in(caught.pcs[1], (uintptr_t)middle));
    CHECK(is_in(caught.pcs[2], (uintptr_t)outer));
    Dl_info info;
    CHECK(dladdr((void *)(uintptr_t)caught.pcs[3], &info) != 0); // this function, in the program
    const struct strand_module *module = (strand_modules_note(), strand_modules_find(caught.pcs[3]));
    CHECK(module != NULL && module->base == (uint64_t)(uintptr_t)info.dli_fbase);
}

TEST(recorder_stack, functions_are_skipped_and_the_rest_is_cut)
{
    struct caught caught = {.cap = STRAND_STACK_MAX, .skip = 2};
    outer(&caught);
    CHECK(caught.count >= 2);
    CHECK(is_in(caught.pcs[0], (uintptr_t)outer));
    const size_t all = caught.count;
    caught = (struct caught){.cap = 2, .skip = 1, .pcs = {0, 0, 77}};
    outer(&caught);
    CHECK_EQ(caught.count, 2);
    CHECK(is_in(caught.pcs[0], (uintptr_t)middle));
    CHECK(is_in(caught.pcs[1], (uintptr_t)outer));
    CHECK_EQ(caught.pcs[2], 77);
    caught = (struct caught){.cap = STRAND_STACK_MAX, .skip = all + 2};
    outer(&caught);
    CHECK_EQ(caught.count, 0);
    caught = (struct caught){.cap = 0};
    outer(&caught);
    CHECK_EQ(caught.count, 0);
}

// ---------------------------------------------------------------------------------------------------------------
// What a signal interrupted

static sigjmp_buf back;
static struct caught interrupted;
static uint64_t context_pc_before;
static uint64_t context_pc_after;
static uint64_t context_sp_before;
static uint64_t context_sp_after;

static void handle_fault(int number, siginfo_t *info, void *ucontext)
{
    (void)number;
    (void)info;
    context_pc_before = strand_context_pc(ucontext);
    context_sp_before = strand_context_sp(ucontext);
    interrupted.count = strand_stack_capture_context(ucontext, interrupted.pcs, interrupted.cap);
    context_pc_after = strand_context_pc(ucontext);
    context_sp_after = strand_context_sp(ucontext);
    siglongjmp(back, 1);
}

// Runs it until it faults.
static void catch_fault(void (*faulty)(void), size_t cap)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP};
    struct sigaction former[4];
    struct sigaction ours = {.sa_flags = SA_SIGINFO};
    ours.sa_sigaction = handle_fault;
    interrupted = (struct caught){.cap = cap};
    for (size_t i = 0; i < 4; i++) {
        sigaction(numbers[i], &ours, &former[i]);
    }
    if (sigsetjmp(back, 1) == 0) {
        faulty();
    }
    for (size_t i = 0; i < 4; i++) {
        sigaction(numbers[i], &former[i], NULL);
    }
    CHECK_EQ(context_pc_before, context_pc_after);
    CHECK_EQ(context_sp_before, context_sp_after);
}

ALONE static void trap(void)
{
    sink++;
    __builtin_trap();
}

ALONE static void call_trap(void)
{
    sink++; // so that there is a frame
    trap();
    sink++;
}

TEST(recorder_stack, a_context_begins_at_the_interrupted_instruction)
{
    strand_modules_note();
    catch_fault(call_trap, STRAND_STACK_MAX);
    CHECK(interrupted.count >= 3);
    CHECK_EQ(interrupted.pcs[0], context_pc_before);
    CHECK(is_in(interrupted.pcs[0], (uintptr_t)trap));
#ifdef STRAND_UNWIND_FRAME_POINTER
    // A function without a frame hides its caller.
    CHECK(is_in(interrupted.pcs[1], (uintptr_t)call_trap) || is_in(interrupted.pcs[1], (uintptr_t)catch_fault));
#else
    CHECK(is_in(interrupted.pcs[1], (uintptr_t)call_trap));
    CHECK(is_in(interrupted.pcs[2], (uintptr_t)catch_fault));
#endif
    catch_fault(call_trap, 1);
    CHECK_EQ(interrupted.count, 1);
    CHECK(is_in(interrupted.pcs[0], (uintptr_t)trap));
}

static void (*volatile bad)(void);

ALONE static void call_bad(void)
{
    sink++;
    bad();
    sink++;
}

ALONE static void call_call_bad(void)
{
    call_bad();
    sink++;
}

// Nothing stands behind this call: the return address is another function's.
ALONE static void call_bad_for_good(void)
{
    sink++;
    bad();
    __builtin_unreachable();
}

ALONE static void call_call_bad_for_good(void)
{
    call_bad_for_good();
    sink++;
}

static void check_bad_call(uint64_t address, void (*faulty)(void), uintptr_t caller)
{
    bad = (void (*)(void))(uintptr_t)address;
    catch_fault(faulty, STRAND_STACK_MAX);
    CHECK(interrupted.count >= 3);
    CHECK_EQ(interrupted.pcs[0], address);
    CHECK(is_in(interrupted.pcs[1] - 1, caller));
    CHECK(is_in(interrupted.pcs[2], (uintptr_t)faulty));
    catch_fault(faulty, 2);
    CHECK_EQ(interrupted.count, 2);
    CHECK(is_in(interrupted.pcs[1] - 1, caller));
    catch_fault(faulty, 1);
    CHECK_EQ(interrupted.count, 1);
    CHECK_EQ(interrupted.pcs[0], address);
}

TEST(recorder_stack, a_call_through_a_bad_pointer_shows_the_caller)
{
    static uint64_t data[8];
    strand_modules_note();
    void *gone = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const uint64_t addresses[] = {0, 16, (uint64_t)(uintptr_t)data, (uint64_t)(uintptr_t)gone};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        check_bad_call(addresses[i], call_call_bad, (uintptr_t)call_bad);
        check_bad_call(addresses[i], call_call_bad_for_good, (uintptr_t)call_bad_for_good);
    }
    munmap(gone, 4096);
}

// A stack pointer that leads nowhere, after a jump to nowhere.
TEST(recorder_stack, a_context_of_garbage_is_its_pc)
{
    ucontext_t context;
    uint64_t pcs[8];
    memset(&context, 0, sizeof context);
    CHECK_EQ(strand_stack_capture_context(&context, pcs, 8), 1);
    CHECK_EQ(pcs[0], 0);
}

TEST(recorder_stack, code_is_told_from_what_is_not)
{
    static uint64_t data[8];
    strand_modules_note();
    uint8_t *made = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(strand_tasks_is_code((uint64_t)(uintptr_t)made + 4095)); // of no module
    mprotect(made, 4096, PROT_READ | PROT_WRITE);
    CHECK(!strand_tasks_is_code((uint64_t)(uintptr_t)made));
    munmap(made, 4096);
    CHECK(!strand_tasks_is_code((uint64_t)(uintptr_t)made));
    CHECK(strand_tasks_is_code((uintptr_t)trap));
    CHECK(!strand_tasks_is_code((uint64_t)(uintptr_t)data));
    CHECK(!strand_tasks_is_code((uint64_t)(uintptr_t)&made));
    CHECK(!strand_tasks_is_code(0));
    CHECK(!strand_tasks_is_code(UINT64_MAX));
}

// ---------------------------------------------------------------------------------------------------------------
// As text

TEST(recorder_text, a_buffer_that_cuts_is_told_how_much_there_is)
{
    char full[16384];
    char cut[16384];
    strand_modules_note();
    size_t need = 0;
    for (size_t len = sizeof full; len != 7; len = len == sizeof full ? need + 1 : len == need + 1 ? need : 7) {
        memset(cut, 'x', sizeof cut);
        const size_t got = strand_stack(cut, len, false);
        need = len == sizeof full ? got : need;
        memcpy(full, cut, len == sizeof full ? sizeof full : 0);
        CHECK_EQ(got, need);
        CHECK_EQ(strlen(cut), len > need ? need : len - 1);
        CHECK_BYTES(cut, strlen(cut), full, strlen(cut));
        CHECK(len == sizeof cut || cut[len] == 'x');
    }
    cut[0] = 'x';
    const size_t none = strand_stack(cut, 0, false);
    CHECK(none > 0 && cut[0] == 'x');
    CHECK_EQ(strand_stack(NULL, 0, false), none);
}

TEST(recorder_text, lines_name_thread_address_and_module)
{
    char text[16384];
    char program[32];
    char name[32];
    unsigned long long tid;
    unsigned long long pc;
    unsigned long long off;
    strand_modules_note();
    pthread_setname_np(pthread_self(), "the main one");
    strand_stack(text, sizeof text, false);
    CHECK_EQ(sscanf(text, "thread %llu \"%31[^\"]\":\n  0x%llx %31[^+]+0x%llx\n", &tid, name, &pc, program, &off), 5);
    CHECK_EQ(tid, strand_tid());
    CHECK(strcmp(name, "the main one") == 0);
    const struct strand_module *module = strand_modules_find(pc);
    CHECK(module != NULL && strlen(module->path) >= strlen(program));
    CHECK(strcmp(module->path + strlen(module->path) - strlen(program), program) == 0);
    CHECK_EQ(off, pc - module->base);
    CHECK(text[strlen(text) - 1] == '\n');
}
