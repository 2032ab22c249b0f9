/* SPDX-License-Identifier: MIT
 *
 * strand_stack.c: captures the calling thread's stack, and what a signal interrupted.
 *
 * A walk goes outwards from where it is called, and keeps what comes from the frame on that was asked for:
 *
 *     the unwinder │ capture │ caller │ …                                     begins at the caller
 *     the unwinder │ capture │ handler │ trampoline │ interrupted │ …         begins at the interrupted instruction
 *
 * After a call through a bad pointer there is nothing to unwind at pc: no code, and no memory perhaps, which the unwinder
 * would read. The call left its return address, so the walk begins there: for its time the context is made to say that
 * the call has returned.
 *
 *     libgcc           tables: sees through libc and all that was compiled with them (which is the default)
 *     frame pointers   -DSTRAND_UNWIND_FRAME_POINTER: no tables; sees what was compiled with -fno-omit-frame-pointer, and
 *                      has the kernel copy the stack, so it never reads where nothing is
 */
#define _GNU_SOURCE
#include "strand_unwind.h"

#include "strand_relay.h"
#include "strand_session.h"
#include "strand_tasks.h"

#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef STRAND_UNWIND_FRAME_POINTER
#include <unwind.h>
#endif

#define STRAND_SMALLEST_PAGE 4096u // of any machine; others' are multiples

struct strand_walk {
    uint64_t *pcs;
    size_t cap;
    size_t count;
    size_t skip;
    uint64_t first; // the pc that the walk begins at
    bool has_begun;
};

// Returns: whether the walk goes on.
static bool strand_walk_step(struct strand_walk *walk, uint64_t pc)
{
    walk->has_begun = walk->has_begun || pc == walk->first;
    if (walk->has_begun && walk->skip > 0) {
        walk->skip--;
    } else if (walk->has_begun && walk->count < walk->cap && pc != 0) {
        walk->pcs[walk->count++] = pc;
    }
    return walk->count < walk->cap;
}

// ---------------------------------------------------------------------------------------------------------------
// Contexts

// Reads as the kernel does: false where there is no memory.
static bool strand_peek(uint64_t address, void *bytes, size_t len)
{
    const struct iovec to = {bytes, len};
    const struct iovec from = {(void *)(uintptr_t)address, len};
    return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)len;
}

#if defined(__x86_64__)
#define STRAND_PC(context) ((context)->uc_mcontext.gregs[REG_RIP])
#define STRAND_SP(context) ((context)->uc_mcontext.gregs[REG_RSP])
#define STRAND_FP(context) ((context)->uc_mcontext.gregs[REG_RBP])
typedef greg_t strand_register;
#elif defined(__aarch64__)
#define STRAND_PC(context) ((context)->uc_mcontext.pc)
#define STRAND_SP(context) ((context)->uc_mcontext.sp)
#define STRAND_FP(context) ((context)->uc_mcontext.regs[29])
typedef unsigned long long strand_register;
#else
#error "stacks are known of x86-64 and aarch64"
#endif

uint64_t strand_context_pc(const void *ucontext)
{
    return (uint64_t)STRAND_PC((const ucontext_t *)ucontext);
}

uint64_t strand_context_sp(const void *ucontext)
{
    return (uint64_t)STRAND_SP((const ucontext_t *)ucontext);
}

// A handler may write to its context, though who hands it here needn't know.
static void strand_context_set(const void *ucontext, uint64_t pc, uint64_t sp)
{
    ucontext_t *context = (ucontext_t *)ucontext;
    STRAND_PC(context) = (strand_register)pc;
    STRAND_SP(context) = (strand_register)sp;
}

// Where the call that has just been made returns to. Out: *ret_sp, the stack pointer after that.
static bool strand_context_return(const void *ucontext, uint64_t *ret_pc, uint64_t *ret_sp)
{
    *ret_sp = strand_context_sp(ucontext);
#if defined(__x86_64__)
    if (!strand_peek(*ret_sp, ret_pc, sizeof *ret_pc)) {
        return false;
    }
    *ret_sp += sizeof *ret_pc;
#else
    *ret_pc = ((const ucontext_t *)ucontext)->uc_mcontext.regs[30];
#endif
    return strand_tasks_is_code(*ret_pc);
}

// ---------------------------------------------------------------------------------------------------------------
// Walks

#ifdef STRAND_UNWIND_FRAME_POINTER

// At a frame pointer stand the caller's frame pointer and the return address.
struct strand_frame_record {
    uint64_t fp;
    uint64_t pc;
};

// A copy of some of the stack. It reaches to the end of a page at most, so it can be had as a whole or not at all.
struct strand_window {
    uint64_t start;
    uint64_t end;
    struct strand_frame_record records[64];
};

static const struct strand_frame_record *strand_window_at(struct strand_window *window, uint64_t fp)
{
    if (fp % sizeof window->records[0] != 0) {
        return NULL; // the ABIs align frames to that
    }
    if (fp < window->start || fp >= window->end) {
        const uint64_t left = STRAND_SMALLEST_PAGE - fp % STRAND_SMALLEST_PAGE;
        const size_t len = left < sizeof window->records ? (size_t)left : sizeof window->records;
        window->start = fp;
        window->end = strand_peek(fp, window->records, len) ? fp + len : fp;
    }
    return window->end > fp ? &window->records[(fp - window->start) / sizeof window->records[0]] : NULL;
}

// Stacks grow down: a frame pointer that does not go up is none.
static void strand_walk_frames(struct strand_walk *walk, uint64_t fp)
{
    struct strand_window window = {.start = 0, .end = 0};
    const struct strand_frame_record *frame = strand_window_at(&window, fp);
    while (frame != NULL && strand_tasks_is_code(frame->pc) && strand_walk_step(walk, frame->pc) && frame->fp > fp) {
        fp = frame->fp;
        frame = strand_window_at(&window, fp);
    }
}

__attribute__((noinline)) static void strand_walk_here(struct strand_walk *walk)
{
    strand_walk_frames(walk, (uint64_t)(uintptr_t)__builtin_frame_address(0));
}

static void strand_walk_context(struct strand_walk *walk, const void *ucontext)
{
    strand_walk_step(walk, walk->first);
    strand_walk_frames(walk, (uint64_t)STRAND_FP((const ucontext_t *)ucontext));
}

#else

static _Unwind_Reason_Code strand_walk_visit(struct _Unwind_Context *context, void *walk)
{
    return strand_walk_step(walk, _Unwind_GetIP(context)) ? _URC_NO_REASON : _URC_NORMAL_STOP;
}

__attribute__((noinline)) static void strand_walk_here(struct strand_walk *walk)
{
    _Unwind_Backtrace(strand_walk_visit, walk);
}

static void strand_walk_context(struct strand_walk *walk, const void *ucontext)
{
    (void)ucontext; // the unwinder finds it at the trampoline
    strand_walk_here(walk);
}

#endif

// Keeps the frames from `first` on, less the first `skip` of them. `first` is in the answer even if the walk did not
// come to it.
static size_t strand_capture_from(uint64_t first, uint64_t *pcs, size_t cap, size_t skip)
{
    struct strand_walk walk = {pcs, cap, 0, skip, first, false};
    if (cap > 0) {
        strand_walk_here(&walk);
    }
    if (cap > 0 && !walk.has_begun && skip == 0) {
        pcs[walk.count++] = first;
    }
    return walk.count;
}

__attribute__((noinline)) size_t strand_stack_capture(uint64_t *pcs, size_t cap, size_t skip)
{
    return strand_capture_from((uint64_t)(uintptr_t)__builtin_return_address(0), pcs, cap, skip);
}

// From the instruction at the context's pc on.
static size_t strand_capture_context(const void *ucontext, uint64_t *pcs, size_t cap)
{
    struct strand_walk walk = {pcs, cap, 0, 0, strand_context_pc(ucontext), false};
    if (cap > 0) {
        strand_walk_context(&walk, ucontext);
    }
    if (cap > 0 && walk.count == 0) {
        pcs[walk.count++] = walk.first;
    }
    return walk.count;
}

// Behind a call to where no code is. The context says for a while that the call is just about to be made: at its last
// byte, so that a call that ends a function is looked up in that function.
static size_t strand_capture_behind_call(const void *ucontext, uint64_t *pcs, size_t cap)
{
    const uint64_t bad_pc = strand_context_pc(ucontext);
    const uint64_t bad_sp = strand_context_sp(ucontext);
    uint64_t pc;
    uint64_t sp;
    if (cap == 0 || !strand_context_return(ucontext, &pc, &sp)) {
        return 0;
    }
    strand_context_set(ucontext, pc - 1, sp);
    const size_t count = strand_capture_context(ucontext, pcs, cap);
    strand_context_set(ucontext, bad_pc, bad_sp);
    pcs[0] = pc;
    return count;
}

size_t strand_stack_capture_context(const void *ucontext, uint64_t *pcs, size_t cap)
{
    const uint64_t pc = strand_context_pc(ucontext);
    if (cap == 0 || strand_tasks_is_code(pc)) {
        return strand_capture_context(ucontext, pcs, cap);
    }
    pcs[0] = pc;
    return 1 + strand_capture_behind_call(ucontext, pcs + 1, cap - 1);
}

void strand_stack_prepare(void)
{
    uint64_t pcs[2];
    strand_stack_capture(pcs, sizeof pcs / sizeof pcs[0], 0);
}

// ---------------------------------------------------------------------------------------------------------------
// Threads

// The calling thread's stack from `first` on.
static void strand_own_stack(uint64_t first, struct strand_thread_stack *stack)
{
    stack->tid = (uint64_t)strand_tid();
    strand_task_name(stack->tid, stack->name, sizeof stack->name);
    stack->how = STRAND_STACK_CAPTURED;
    stack->sp = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    stack->count = strand_capture_from(first, stack->pcs, STRAND_STACK_MAX, 0);
}

struct strand_profile_of_threads {
    struct strand_thread_stack *records;
    size_t cap;
    size_t count;
};

static bool strand_profile_add_thread(void *context, const struct strand_thread_stack *stack)
{
    struct strand_profile_of_threads *profile = context;
    if (profile->count < profile->cap) {
        profile->records[profile->count] = *stack;
    }
    profile->count++;
    return true;
}

__attribute__((noinline)) bool strand_thread_profile(struct strand_thread_stack *records, size_t cap,
                                                     size_t *ret_count)
{
    const size_t expected = strand_tasks_count();
    struct strand_profile_of_threads profile = {records, cap, 1};
    if (cap == 0 || cap < expected) {
        *ret_count = expected > 0 ? expected : 1;
        return false;
    }
    strand_own_stack((uint64_t)(uintptr_t)__builtin_return_address(0), &records[0]);
    strand_relay_ask(UINT64_MAX, false, strand_profile_add_thread, &profile);
    *ret_count = profile.count;
    return profile.count <= cap;
}

static const char *strand_stack_remark(enum strand_stack_how how)
{
    switch (how) {
    case STRAND_STACK_BLOCKED: return " blocks SIGURG";
    case STRAND_STACK_SILENT: return " does not answer";
    case STRAND_STACK_UNKNOWN: return " is not known";
    default: return "";
    }
}

void strand_report_stack(struct strand_report *r, const struct strand_thread_stack *stack)
{
    strand_report_text(r, "thread ");
    strand_report_dec(r, stack->tid);
    strand_report_text(r, " \"");
    strand_report_text(r, stack->name);
    strand_report_text(r, "\"");
    strand_report_text(r, strand_stack_remark(stack->how));
    if (stack->how != STRAND_STACK_CAPTURED && stack->sp != 0) {
        strand_report_text(r, ", sp ");
        strand_report_hex(r, stack->sp);
    }
    strand_report_text(r, ":\n");
    for (size_t i = 0; i < stack->count; i++) {
        strand_report_text(r, "  ");
        strand_report_pc(r, stack->pcs[i]);
        strand_report_text(r, "\n");
    }
}

static bool strand_report_thread(void *report, const struct strand_thread_stack *stack)
{
    strand_report_stack(report, stack);
    return true;
}

__attribute__((noinline)) size_t strand_stack(char *buf, size_t len, bool all)
{
    struct strand_thread_stack own;
    struct strand_report r = {.base = buf, .cap = len > 0 ? len - 1 : 0, .fd = -1};
    strand_own_stack((uint64_t)(uintptr_t)__builtin_return_address(0), &own);
    strand_report_stack(&r, &own);
    if (all) {
        strand_relay_ask(UINT64_MAX, false, strand_report_thread, &r);
    }
    if (len > 0) {
        buf[r.len < r.cap ? r.len : r.cap] = 0;
    }
    return r.len;
}
