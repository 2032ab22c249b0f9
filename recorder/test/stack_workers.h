/* SPDX-License-Identifier: MIT
 *
 * stack_workers.h: threads to be asked: that wait, block the signal, are suspended, count, or spin; and a profile of them
 * all, with what is to be found in it.
 *
 * The unwinder's way into the recorder leads through here, where it can be made slow for one thread: that is how an
 * answer comes late. For the one file of a test program.
 */
#ifndef STACK_WORKERS_H
#define STACK_WORKERS_H

#include "stack_test.h"
#include "strand_relay.h"
#include "strand_tasks.h"
#include "strand_unwind.h"

#include <dlfcn.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef STRAND_UNWIND_FRAME_POINTER
#include <unwind.h>
#endif

#define WORKERS_MAX 64

// A slow unwinder

static volatile pid_t slow_tid;
static volatile uint64_t slow_ns;

static inline void be_slow(void)
{
    if (slow_ns > 0 && strand_tid() == slow_tid) {
        pause_ns(slow_ns);
    }
}

#ifdef STRAND_UNWIND_FRAME_POINTER
ssize_t process_vm_readv(pid_t pid, const struct iovec *to, unsigned long to_count, const struct iovec *from,
                         unsigned long from_count, unsigned long flags)
{
    be_slow();
    return syscall(SYS_process_vm_readv, pid, to, to_count, from, from_count, flags);
}
#else
typedef _Unwind_Reason_Code backtrace(_Unwind_Trace_Fn, void *);

static backtrace *real_backtrace;

__attribute__((constructor)) static void find_backtrace(void)
{
    *(void **)&real_backtrace = dlsym(RTLD_NEXT, "_Unwind_Backtrace");
}

_Unwind_Reason_Code _Unwind_Backtrace(_Unwind_Trace_Fn visit, void *context)
{
    be_slow();
    return real_backtrace(visit, context);
}
#endif

// ---------------------------------------------------------------------------------------------------------------
// Threads

enum worker_kind { WAITS, BLOCKS, FORKS, COUNTS, SPINS };

struct worker {
    pthread_t id;
    enum worker_kind kind;
    volatile pid_t tid;
    uint64_t stack_address; // within its stack
    volatile uint64_t counted;
    volatile int handled; // foreign SIGURGs
    sem_t ready;
    uint32_t stop;
};

static struct worker workers[WORKERS_MAX];
static _Thread_local struct worker *self;
static volatile bool stop_counting;

static inline void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0) {
    }
}

// With a frame of its own, of which the system call has none: so worker_waits is seen by frame pointers, too.
__attribute__((noinline)) static void wait_for_stop(uint32_t *stop)
{
    while (__atomic_load_n(stop, __ATOMIC_ACQUIRE) == 0) {
        syscall(SYS_futex, stop, FUTEX_WAIT_PRIVATE, 0, NULL);
    }
    sink++;
}

ALONE static void worker_waits(struct worker *worker)
{
    sem_post(&worker->ready);
    wait_for_stop(&worker->stop);
    sink++;
}

// Suspends the thread, and no signal wakes it.
__attribute__((noinline)) static void suspend_by_vfork(void)
{
    const struct timespec pause = {0, 400 * MS};
    const pid_t child = vfork();
    if (child == 0) {
        syscall(SYS_nanosleep, &pause, NULL);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

// As pthread_create does, though not for so long.
static inline void spin_with_signals_blocked(sem_t *ready)
{
    sigset_t all;
    sigset_t mask;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &mask);
    sem_post(ready);
    const uint64_t until = strand_clock_monotonic() + 40 * MS;
    while (strand_clock_monotonic() < until) {
    }
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
}

static inline void *work(void *argument)
{
    struct worker *worker = argument;
    char name[16];
    sigset_t urgent;
    self = worker;
    snprintf(name, sizeof name, "worker %d", (int)(worker - workers));
    pthread_setname_np(pthread_self(), name);
    worker->stack_address = (uint64_t)(uintptr_t)name;
    if (worker->kind == BLOCKS) {
        sigemptyset(&urgent);
        sigaddset(&urgent, SIGURG);
        pthread_sigmask(SIG_BLOCK, &urgent, NULL);
    }
    worker->tid = strand_tid();
    if (worker->kind == FORKS) {
        sem_post(&worker->ready);
        suspend_by_vfork();
    }
    if (worker->kind == SPINS) {
        spin_with_signals_blocked(&worker->ready);
    }
    while (worker->kind == COUNTS && !stop_counting) {
        worker->counted++;
        pause_ns(MS / 10);
    }
    worker_waits(worker);
    return NULL;
}

// Until it has come to where it waits, or to its vfork.
static inline void wait_until_still(struct worker *worker)
{
    uint64_t pc;
    uint64_t sp;
    wait_for(&worker->ready);
    while (!strand_task_where((uint64_t)worker->tid, &pc, &sp)) {
        pause_ns(MS / 10);
    }
}

static inline void start(struct worker *worker, enum worker_kind kind)
{
    pthread_attr_t attributes;
    *worker = (struct worker){.kind = kind};
    sem_init(&worker->ready, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 262144);
    CHECK_EQ(pthread_create(&worker->id, &attributes, work, worker), 0);
    pthread_attr_destroy(&attributes);
    if (kind == SPINS) {
        wait_for(&worker->ready);
    } else if (kind != COUNTS) {
        wait_until_still(worker);
    }
}

static inline void start_all(int count)
{
    for (int i = 0; i < count; i++) {
        start(&workers[i], WAITS);
    }
}

static inline void stop_all(int count)
{
    stop_counting = true;
    for (int i = 0; i < count; i++) {
        __atomic_store_n(&workers[i].stop, 1, __ATOMIC_RELEASE);
        syscall(SYS_futex, &workers[i].stop, FUTEX_WAKE_PRIVATE, 1);
        CHECK_EQ(pthread_join(workers[i].id, NULL), 0);
        while (syscall(SYS_tgkill, getpid(), workers[i].tid, 0) == 0) {
            sched_yield(); // joined a moment before its entry is gone
        }
    }
    stop_counting = false;
}

static struct strand_thread_stack records[WORKERS_MAX + 8];
static size_t record_count;
static uint64_t profile_ns; // that the last profile took

ALONE static void take_profile(void)
{
    const uint64_t before = strand_clock_monotonic();
    memset(records, 0, sizeof records);
    CHECK(strand_thread_profile(records, WORKERS_MAX + 8, &record_count));
    profile_ns = strand_clock_monotonic() - before;
}

static inline size_t fill_descriptors(int *fds, size_t cap)
{
    size_t count = 0;
    while (count < cap && (fds[count] = dup(STDOUT_FILENO)) >= 0) {
        count++;
    }
    return count;
}

static inline void take_profile_without_signal_memory(void)
{
    struct rlimit limit;
    CHECK_EQ(getrlimit(RLIMIT_SIGPENDING, &limit), 0);
    const struct rlimit none = {0, limit.rlim_max};
    CHECK_EQ(setrlimit(RLIMIT_SIGPENDING, &none), 0);
    take_profile();
    setrlimit(RLIMIT_SIGPENDING, &limit);
}

// The one record of a thread.
static inline const struct strand_thread_stack *record_of(pid_t tid)
{
    const struct strand_thread_stack *found = NULL;
    for (size_t i = 0; i < record_count; i++) {
        if (records[i].tid == (uint64_t)tid) {
            CHECK(found == NULL);
            found = &records[i];
        }
    }
    CHECK(found != NULL);
    return found;
}

static inline bool has(const struct strand_thread_stack *record, uintptr_t function)
{
    for (size_t i = 0; i < record->count; i++) {
        if (is_in(record->pcs[i], function)) {
            return true;
        }
    }
    return false;
}

static inline bool is_near(uint64_t a, uint64_t b)
{
    return (a > b ? a - b : b - a) < 65536;
}

static inline void check_captured(const struct worker *worker)
{
    const struct strand_thread_stack *record = record_of(worker->tid);
    char name[16];
    snprintf(name, sizeof name, "worker %d", (int)(worker - workers));
    CHECK_EQ(record->how, STRAND_STACK_CAPTURED);
    CHECK(strcmp(record->name, name) == 0);
    CHECK(is_near(record->sp, worker->stack_address));
    CHECK(record->count >= 1 && record->count <= STRAND_STACK_MAX);
    CHECK(has(record, (uintptr_t)worker_waits));
}

static inline void check_told(const struct worker *worker, enum strand_stack_how how)
{
    const struct strand_thread_stack *record = record_of(worker->tid);
    CHECK_EQ(record->how, how);
    CHECK_EQ(record->count, 1);
    CHECK(strand_tasks_is_code(record->pcs[0]));
    CHECK(is_near(record->sp, worker->stack_address));
}

static inline void slow_down(const struct worker *worker, uint64_t ns)
{
    slow_tid = worker->tid;
    slow_ns = ns;
}

// Until it has left our handler.
static inline void wait_until_over(const struct worker *worker)
{
    while (strand_task_state((uint64_t)worker->tid, SIGURG) != STRAND_TASK_HEARS) {
        pause_ns(MS);
    }
}

#endif
