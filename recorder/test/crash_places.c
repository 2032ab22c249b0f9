/* SPDX-License-Identifier: MIT
 *
 * crash_places.c: the modes of crash_child that crash at the worst moments: inside malloc, at the end of a stack,
 * while others hold what a careless handler would wait for, inside the dump itself, around fork and vfork, where
 * something that a dump needs has run out.
 */
#define _GNU_SOURCE
#include "crash_child.h"

#include "strand_recorder.h"
#include "strand_stack.h"

#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1 // since Linux 5.11
#endif

// ---------------------------------------------------------------------------------------------------------------
// malloc

static bool malloc_aborts;

extern void *__libc_malloc(size_t size);

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#if !defined(__SANITIZE_ADDRESS__)

void *malloc(size_t size);

static pthread_mutex_t malloc_lock = PTHREAD_MUTEX_INITIALIZER;

void *malloc(size_t size)
{
    pthread_mutex_lock(&malloc_lock);
    if (malloc_aborts) {
        abort(); // whoever calls malloc from now on waits for ever
    }
    pthread_mutex_unlock(&malloc_lock);
    return __libc_malloc(size);
}

#endif

static void mode_malloc(const char *argument)
{
    (void)argument;
    strand_log("about to crash", SIGABRT);
    malloc_aborts = true;
    char *volatile at = malloc(10);
    free(at);
}

// What glibc finds wrong with its heap, inside of its own lock.
static void mode_heap(const char *argument)
{
    char *volatile at = malloc(2000);
    char *volatile next = malloc(2000);
    (void)argument;
    strand_log("about to crash", SIGABRT);
    for (volatile char *beyond = at + 2000; beyond < at + 2016; beyond++) {
        *beyond = 'x'; // the size of the next one is among it
    }
    free(next);
    free(at);
}

// ---------------------------------------------------------------------------------------------------------------
// Stack overflow

__attribute__((noinline)) static int overflow(int depth)
{
    volatile char room[4096];
    room[0] = (char)depth;
    return depth + zero < INT_MAX ? overflow(depth + 1) + room[0] : 0;
}

static void *overflow_thread(void *argument)
{
    prctl(PR_SET_NAME, "overflower");
    strand_log("about to crash", SIGSEGV);
    zero = overflow(0);
    return argument;
}

static void mode_overflow(const char *argument)
{
    (void)argument;
    overflow_thread(NULL);
}

static void mode_overflow_thread(const char *argument)
{
    (void)argument;
    crash_in_thread(overflow_thread);
}

// ---------------------------------------------------------------------------------------------------------------
// What others hold

static int hold_loader_lock(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)info;
    (void)size;
    (void)context;
    prctl(PR_SET_NAME, "loader");
    pthread_barrier_wait(&ready);
    wait_for_ever();
    return 1;
}

static void *loader_thread(void *argument)
{
    dl_iterate_phdr(hold_loader_lock, NULL);
    return argument;
}

static void mode_loader(const char *argument)
{
    (void)argument;
    start_waiting_threads(loader_thread, 1);
    crash_here();
}

static void *blocked_worker(void *argument)
{
    sigset_t mask;
    sigfillset(&mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return worker(argument);
}

static void mode_blocked(const char *argument)
{
    start_waiting_threads(blocked_worker, number_of(argument, 5));
    start_waiting_threads(worker, 2);
    crash_here();
}

static void *crasher(void *argument)
{
    prctl(PR_SET_NAME, "crasher");
    strand_log("worker ready", (uintptr_t)argument);
    pthread_barrier_wait(&ready);
    crash_here();
    return argument;
}

static void mode_all_at_once(const char *argument)
{
    start_threads(crasher, number_of(argument, 16));
    wait_for_ever();
}

static void *short_lived(void *argument)
{
    strand_log("short", 1);
    return argument;
}

static sig_atomic_t volatile go;

// Starts threads that end at once, for as long as the process lives.
static void *churner(void *argument)
{
    pthread_t id;
    for (unsigned i = 0;; i++) {
        if (i == 200) {
            go = 1;
        }
        if (pthread_create(&id, NULL, short_lived, NULL) == 0) {
            pthread_join(id, NULL);
        }
    }
    return argument;
}

static void mode_churn(const char *argument)
{
    pthread_t id;
    (void)argument;
    for (int i = 0; i < 3; i++) {
        pthread_create(&id, NULL, churner, NULL);
    }
    while (!go) {
        sleep_ms(1);
    }
    crash_here();
}

static void *asker(void *argument)
{
    char text[8192];
    strand_log("worker ready", (uintptr_t)argument);
    pthread_barrier_wait(&ready);
    for (;;) {
        strand_stack(text, sizeof text, true);
        sleep_ms(1);
    }
    return NULL;
}

// Another thread asks for stacks, too, all the time.
static void mode_asked(const char *argument)
{
    (void)argument;
    start_waiting_threads(worker, 20);
    start_threads(asker, 1);
    sleep_ms(5);
    crash_here();
}

// A thread that was cancelled and hasn't come to where it ends by it.
static void *cancelled(void *argument)
{
    pthread_cancel(pthread_self());
    crash_here();
    return argument;
}

static void mode_cancelled(const char *argument)
{
    (void)argument;
    crash_in_thread(cancelled);
}

// ---------------------------------------------------------------------------------------------------------------
// Inside the dump. A ring that can't be read is met by the steps that print logs, a stack that can't by the unwinder.

// The page of the calling thread's ring that holds its first block's records.
static uint8_t *own_ring_page(void)
{
    const uintptr_t block = (uintptr_t)strand_logger()->priv_block;
    return (uint8_t *)(block / 4096 * 4096);
}

static void *lock_ring(void *argument)
{
    prctl(PR_SET_NAME, "locked");
    strand_log("worker ready", 1);
    mprotect(own_ring_page(), 4096, PROT_NONE);
    pthread_barrier_wait(&ready);
    wait_for_ever();
    return argument;
}

static void mode_bad_ring(const char *argument) // of other threads
{
    start_waiting_threads(worker, 1);
    start_waiting_threads(lock_ring, number_of(argument, 1));
    crash_here();
}

CRASHES static void mode_bad_own_ring(const char *argument)
{
    (void)argument;
    start_waiting_threads(worker, 1);
    strand_log("about to crash", 0);
    mprotect(own_ring_page(), 4096, PROT_NONE);
    *nowhere = 1;
}

// The frame's caller is nowhere, so that the unwinder reads there: the crash comes in the step "own stack".
static void mode_bad_stack(const char *argument)
{
    (void)argument;
    start_waiting_threads(worker, 1);
    strand_log("about to crash", 0);
#if defined(__x86_64__)
    __asm__ volatile("mov $16, %%rbp\n\tmov $16, %%rsp\n\tmovl $0, 0" ::: "memory");
#else
    __asm__ volatile("mov x29, #16\n\tmov sp, x29\n\tmov x0, #0\n\tstr x0, [x0]" ::: "x0", "memory");
#endif
}

// Whoever touches the ring waits for a page that nobody brings.
CRASHES static void mode_hang(const char *argument)
{
    struct uffdio_api api = {.api = UFFD_API};
    struct uffdio_register pages = {.mode = UFFDIO_REGISTER_MODE_MISSING};
    const int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    (void)argument;
    if (fd < 0 || ioctl(fd, UFFDIO_API, &api) != 0) {
        _exit(77);
    }
    start_waiting_threads(worker, 1);
    strand_log("about to crash", 0);
    pages.range.start = (uintptr_t)own_ring_page();
    pages.range.len = 4096;
    mmap(own_ring_page(), 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (ioctl(fd, UFFDIO_REGISTER, &pages) != 0) {
        _exit(77);
    }
    *nowhere = 1;
}

// ---------------------------------------------------------------------------------------------------------------
// Processes

// A vfork child that crashes; the parent lives and says so.
CRASHES static void mode_vfork_child(const char *argument)
{
    int status = 0;
    (void)argument;
    start_waiting_threads(worker, 2);
    const pid_t child = vfork();
    if (child == 0) {
        *nowhere = 1;
        _exit(97);
    }
    waitpid(child, &status, 0);
    printf("child %d\n", (int)child);
    printf("child got signal %d\n", WTERMSIG(status));
    fflush(stdout);
    crash_here(); // the parent's own crash is told as any other
}

// A thread is inside vfork, where no signal reaches it, while another one crashes.
static void *in_long_vfork(void *argument)
{
    prctl(PR_SET_NAME, "vforker");
    strand_log("worker ready", 1);
    const pid_t child = vfork();
    if (child == 0) {
        pthread_barrier_wait(&ready);
        poll(NULL, 0, 2000);
        _exit(0);
    }
    wait_for_ever();
    return argument;
}

static void mode_vfork_parent(const char *argument)
{
    (void)argument;
    start_waiting_threads(in_long_vfork, 1);
    crash_here();
}

CRASHES static void mode_fork_child(const char *argument) // ARGUMENT: the child logs nothing
{
    int status = 0;
    start_waiting_threads(worker, 2);
    strand_log("in the parent", 1);
    const pid_t child = fork();
    if (child == 0 && argument != NULL) {
        *nowhere = 1;
    }
    if (child == 0) {
        strand_log("in the child", 1);
        crash_here();
    }
    waitpid(child, &status, 0);
    printf("child %d\n", (int)child);
    printf("child got signal %d\n", WTERMSIG(status));
    fflush(stdout);
}

// ---------------------------------------------------------------------------------------------------------------
// What is scarce

static void mode_no_signal_memory(const char *argument)
{
    const struct rlimit none = {0, 0};
    start_waiting_threads(worker, number_of(argument, 5));
    setrlimit(RLIMIT_SIGPENDING, &none);
    crash_here();
}

static void fill_descriptors(rlim_t hard)
{
    const struct rlimit few = {64, hard};
    setrlimit(RLIMIT_NOFILE, &few);
    while (dup(STDERR_FILENO) >= 0) {
    }
}

static void mode_full_table(const char *argument) // ARGUMENT: the hard limit
{
    start_waiting_threads(worker, 3);
    fill_descriptors((rlim_t)number_of(argument, 1000));
    crash_here();
}

// Writes to standard error, open or not, whatever signal comes.
static void *complainer(void *argument)
{
    sigset_t mask;
    sigfillset(&mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    pthread_barrier_wait(&ready);
    for (;;) {
        const ssize_t n = write(STDERR_FILENO, "complaint\n", 10);
        zero += n == 0;
    }
    return argument;
}

static void mode_closed_stderr(const char *argument)
{
    (void)argument;
    start_waiting_threads(worker, 1);
    close(STDERR_FILENO);
    start_threads(complainer, 1);
    crash_here();
}

// ---------------------------------------------------------------------------------------------------------------

const struct mode modes_of_places[] = {
    {"malloc", mode_malloc},
    {"heap", mode_heap},
    {"overflow", mode_overflow},
    {"overflow-thread", mode_overflow_thread},
    {"loader", mode_loader},
    {"blocked", mode_blocked},
    {"all-at-once", mode_all_at_once},
    {"churn", mode_churn},
    {"asked", mode_asked},
    {"cancelled", mode_cancelled},
    {"bad-ring", mode_bad_ring},
    {"bad-own-ring", mode_bad_own_ring},
    {"bad-stack", mode_bad_stack},
    {"hang", mode_hang},
    {"vfork-child", mode_vfork_child},
    {"vfork-parent", mode_vfork_parent},
    {"fork-child", mode_fork_child},
    {"no-signal-memory", mode_no_signal_memory},
    {"full-table", mode_full_table},
    {"closed-stderr", mode_closed_stderr},
    {NULL, NULL},
};
