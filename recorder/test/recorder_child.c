/* SPDX-License-Identifier: MIT
 *
 * recorder_child.c: programs that log by the recorder, for test_recorder.py, which looks at what they leave behind.
 *
 *     recorder_child MODE [ARGUMENT]
 */
#define _GNU_SOURCE
#include "strand_recorder.h"
#include "strand_recorder_clock.h"
#include "strand_tracer.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

// ---------------------------------------------------------------------------------------------------------------
// malloc that logs: `logging_malloc` asks for it

static bool logging_malloc;
static unsigned mallocs;

extern void *__libc_malloc(size_t size);
extern void __libc_free(void *at);

#if !defined(__SANITIZE_ADDRESS__)

void *malloc(size_t size);
void free(void *at);

void *malloc(size_t size)
{
    void *at = __libc_malloc(size);
    if (logging_malloc) {
        strand_log("malloc", size);
        mallocs++;
    }
    return at;
}

void free(void *at)
{
    if (logging_malloc) {
        strand_log("free", (const void *)at);
        mallocs++;
    }
    __libc_free(at);
}

#endif

// ---------------------------------------------------------------------------------------------------------------
// System calls that are counted, or go wrong as they sometimes do

static unsigned msyncs;
static unsigned fsyncs;
static bool folder_comes_meanwhile;
static bool signals_come_meanwhile;
static volatile sig_atomic_t signals_that_came;

int msync(void *at, size_t len, int flags)
{
    msyncs++;
    return (int)syscall(SYS_msync, at, len, flags);
}

int fsync(int fd)
{
    fsyncs++;
    return (int)syscall(SYS_fsync, fd);
}

int mkdir(const char *path, mode_t mode)
{
    const int made = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (made == 0 && folder_comes_meanwhile) {
        errno = EEXIST;
        return -1;
    }
    return made;
}

static void count_signal(int number)
{
    (void)number;
    signals_that_came++;
}

int fallocate(int fd, int mode, off_t offset, off_t len)
{
    const sig_atomic_t before = signals_that_came;
    if (signals_come_meanwhile) {
        raise(SIGUSR1);
    }
    if (signals_that_came != before) {
        errno = EINTR;
        return -1;
    }
    return (int)syscall(SYS_fallocate, fd, mode, offset, len);
}

// ---------------------------------------------------------------------------------------------------------------
// Modes

static void *log_three(void *argument)
{
    for (int i = 0; i < 3; i++) {
        strand_log("thread", i, (const char *)argument);
    }
    return NULL;
}

static void in_thread(void *(*run)(void *), const char *argument)
{
    pthread_t id;
    if (pthread_create(&id, NULL, run, (void *)(uintptr_t)argument) != 0 || pthread_join(id, NULL) != 0) {
        abort();
    }
}

static void mode_threads(const char *argument)
{
    (void)argument;
    pthread_t ids[8];
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (int i = 0; i < 8; i++) {
        pthread_create(&ids[i], NULL, log_three, (void *)(uintptr_t)names[i]);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(ids[i], NULL);
    }
}

static void mode_churn(const char *argument)
{
    for (int i = 0; i < atoi(argument); i++) {
        in_thread(log_three, "churn");
    }
    printf("%d\n", (int)strand_recorder_strands());
}

static void mode_fork(const char *argument)
{
    (void)argument;
    strand_log("parent before");
    for (int child = 0; child < 2; child++) {
        if (fork() == 0) {
            strand_log("child", child, (int)getpid());
            in_thread(log_three, "child's");
            kill(getpid(), SIGKILL);
        }
    }
    if (fork() == 0) {
        _exit(0); // logs nothing, leaves nothing
    }
    while (wait(NULL) > 0) {
    }
    strand_log("parent after");
}

// A fork inside a record, as in a handler that interrupts one: the child finishes it, the parent never does.
static void mode_fork_inside(const char *argument)
{
    struct strand_encoder *e;
    struct strand_writer *w = strand_logger_own(); // the child's is another one
    (void)argument;
    strand_writer_begin(w, strand_clock_tick(), strand_clock_monotonic(), -1, &e);
    strand_encode_string(e, "inside", 6);
    if (fork() == 0) {
        strand_writer_end(w);
        strand_log("child", 0, (int)getpid());
        _exit(0);
    }
    wait(NULL);
    kill(getpid(), SIGKILL);
}

static void mode_vfork(const char *argument)
{
    (void)argument;
    const pid_t parent = getpid();
    if (vfork() == 0) {
        strand_log("vforked", parent != getpid());
        _exit(0);
    }
    strand_log("parent");
}

static pthread_barrier_t both_have_logged;

static void *vfork_and_log(void *argument)
{
    if (vfork() == 0) {
        strand_log("vforked", 1); // would be the thread's first
        _exit(0);
    }
    strand_log("parent");
    pthread_barrier_wait(&both_have_logged); // the other one takes a logger while this thread is there
    pthread_barrier_wait(&both_have_logged);
    return argument;
}

// What a vfork child would take is not taken over by others while the thread that it shares with its parent has it.
static void mode_vfork_first(const char *argument)
{
    pthread_t id;
    (void)argument;
    pthread_barrier_init(&both_have_logged, NULL, 2);
    pthread_create(&id, NULL, vfork_and_log, NULL);
    pthread_barrier_wait(&both_have_logged);
    in_thread(log_three, "other");
    pthread_barrier_wait(&both_have_logged);
    pthread_join(id, NULL);
    printf("%d %d\n", (int)strand_recorder_strands(), (int)strand_recorder_refused());
}

// The child of a fork has no session yet when it vforks.
static void mode_fork_and_vfork(const char *argument)
{
    (void)argument;
    if (fork() == 0) {
        if (vfork() == 0) {
            strand_log("vforked", 1);
            _exit(0);
        }
        strand_log("child", 0, (int)getpid());
        _exit((int)strand_recorder_refused());
    }
    int status;
    wait(&status);
    printf("%d\n", WEXITSTATUS(status));
}

static uint32_t declares;
static bool is_enough;

static void *declare_on_and_on(void *argument)
{
    const struct strand_event_schema schema = {
        .name = "event", .arg_count = 2, .args = {{"a", "bytes"}, {"b", "ns"}}};
    uint64_t number;
    while (!__atomic_load_n(&is_enough, __ATOMIC_ACQUIRE) && strand_trace_declare(&schema, &number) == STRAND_OK) {
        __atomic_fetch_add(&declares, 1, __ATOMIC_RELAXED);
    }
    return argument;
}

// Forks while another thread is writing definitions.
static void mode_fork_and_declare(const char *argument)
{
    const struct strand_event_schema schema = {.name = "the child's"};
    uint64_t number;
    pthread_t id;
    int status;
    int failed = 0;
    (void)argument;
    pthread_create(&id, NULL, declare_on_and_on, NULL);
    while (__atomic_load_n(&declares, __ATOMIC_RELAXED) == 0) {
    }
    for (int i = 0; i < 20; i++) {
        if (fork() == 0) {
            _exit(strand_trace_declare(&schema, &number) == STRAND_OK ? 0 : 1);
        }
        wait(&status);
        failed += status != 0;
    }
    __atomic_store_n(&is_enough, true, __ATOMIC_RELEASE);
    pthread_join(id, NULL);
    printf("%d %d\n", failed, strand_trace_declare(&schema, &number) == STRAND_OK);
}

static void *log_while_cancelled(void *argument)
{
    pthread_barrier_wait(&both_have_logged);
    strand_log("cancelled");
    *(int *)argument = 1;
    return NULL;
}

// A cancellation is pending when the thread logs for the first time.
static void mode_cancel(const char *argument)
{
    pthread_t id;
    int has_logged = 0;
    (void)argument;
    pthread_barrier_init(&both_have_logged, NULL, 2);
    pthread_create(&id, NULL, log_while_cancelled, &has_logged);
    pthread_cancel(id);
    pthread_barrier_wait(&both_have_logged);
    pthread_join(id, NULL);
    printf("%d\n", has_logged);
}

static void on_small_stack(int number)
{
    strand_log("on a small stack", number);
}

static void *log_on_small_stack(void *argument)
{
    const size_t guard = 65536;
    const size_t size = 8192;
    uint8_t *at = mmap(NULL, guard + size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const stack_t stack = {.ss_sp = at + guard, .ss_size = size};
    const struct sigaction action = {.sa_handler = on_small_stack, .sa_flags = SA_ONSTACK};
    mprotect(at + guard, size, PROT_READ | PROT_WRITE);
    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    return argument;
}

// A thread's first record is on a signal stack of SIGSTKSZ.
static void mode_small_stack(const char *argument)
{
    in_thread(log_on_small_stack, argument);
}

static void mode_malloc(const char *argument)
{
    (void)argument;
    logging_malloc = true;
    void *volatile at = malloc(100);
    free(at);
    in_thread(log_three, "malloc's"); // the thread's first record is inside malloc
    logging_malloc = false;
    printf("%u\n", mallocs);
}

static void on_signal(int number)
{
    strand_log("handler", number);
    if (number == SIGUSR1) {
        raise(SIGUSR2);
    }
}

// Handlers inside a record, and a handler inside a handler's.
static void mode_handler(const char *argument)
{
    (void)argument;
    struct strand_encoder *e;
    signal(SIGUSR1, on_signal);
    signal(SIGUSR2, on_signal);
    raise(SIGUSR2);
    strand_writer_begin(strand_logger_own(), strand_clock_tick(), strand_clock_monotonic(), -1, &e);
    raise(SIGUSR1);
    strand_encode_string(e, "interrupted", 11);
    strand_writer_end(strand_logger_own());
    printf("%d\n", (int)strand_recorder_strands());
}

static void *log_in_handler_first(void *argument)
{
    raise(SIGUSR2);
    return argument;
}

static void mode_handler_first(const char *argument)
{
    signal(SIGUSR2, on_signal);
    in_thread(log_in_handler_first, argument);
}

static pthread_barrier_t memory_is_short;

static void *log_without_memory(void *argument)
{
    pthread_barrier_wait(&memory_is_short);
    if (argument != NULL) {
        pthread_join(*(const pthread_t *)argument, NULL); // one after the other
    }
    return log_three((void *)(uintptr_t) "short");
}

// No memory for a ring: the spare logger takes one thread's records; the next takes it over from that.
static void mode_no_memory(const char *argument)
{
    pthread_t ids[3];
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    pthread_barrier_init(&memory_is_short, NULL, 3);
    pthread_create(&ids[0], NULL, log_without_memory, NULL);
    pthread_create(&ids[1], NULL, log_without_memory, strcmp(argument, "both") == 0 ? NULL : &ids[0]);
    setrlimit(RLIMIT_AS, &(struct rlimit){1, limit.rlim_max});
    pthread_barrier_wait(&memory_is_short);
    if (strcmp(argument, "both") == 0) {
        pthread_join(ids[0], NULL);
    }
    pthread_join(ids[1], NULL);
    setrlimit(RLIMIT_AS, &limit);
    printf("%d %d\n", (int)strand_recorder_strands(), (int)strand_recorder_refused());
}

static void mode_long(const char *argument)
{
    for (int i = 0; i < atoi(argument); i++) {
        strand_log("filling the ring with text of some length", i);
    }
}

static void mode_levels(const char *argument)
{
    strand_log("plain");
    strand_log_level(17, "level", argument);
    strand_log_fixed("fixed", 7, 1ull << 40);
}

static void mode_start(const char *argument)
{
    const struct strand_recorder_options options = {.dir = argument, .ring_size = 65536};
    strand_log("before the start");
    const enum strand_status status = strand_recorder_start(&options);
    printf("%d %s\n", (int)status, strand_recorder_dir() != NULL ? "dir" : "none");
    strand_log("after the start");
    in_thread(log_three, "later");
    printf("%d\n", (int)strand_recorder_sync());
}

static void mode_start_with_defaults(const char *argument)
{
    (void)argument;
    printf("%d\n", (int)strand_recorder_start(NULL));
}

static void mode_start_meanwhile(const char *argument) // another process makes the folder, and signals come
{
    const struct strand_recorder_options options = {.dir = argument};
    signal(SIGUSR1, count_signal);
    folder_comes_meanwhile = true;
    signals_come_meanwhile = true;
    printf("%d\n", (int)strand_recorder_start(&options));
}

static void mode_sync(const char *argument)
{
    (void)argument;
    in_thread(log_three, "synced");
    printf("%d", (int)strand_recorder_sync());
    printf(" %u %u\n", msyncs, fsyncs);
}

static void mode_chdir(const char *argument)
{
    printf("%s\n", strand_recorder_dir());
    if (chdir(argument) != 0) {
        exit(1);
    }
    in_thread(log_three, "elsewhere");
    printf("%d\n", (int)strand_recorder_in_memory());
}

static void set_file_limit(rlim_t size)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = size;
    setrlimit(RLIMIT_FSIZE, &limit);
}

// A child that can't have a file for its definitions, and then can.
static void mode_definitions_late(const char *argument)
{
    (void)argument;
    if (fork() == 0) {
        set_file_limit(300000); // a ring is smaller
        strand_log("child", 0, (int)getpid());
        printf("%d\n", (int)strand_recorder_in_memory());
        set_file_limit(RLIM_INFINITY);
        in_thread(log_three, "late");
        printf("%d\n", (int)strand_recorder_in_memory());
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

static void mode_core_filter(const char *argument)
{
    char text[32] = "";
    FILE *file = fopen("/proc/self/coredump_filter", "r");
    (void)argument;
    printf("%s", file != NULL && fgets(text, sizeof text, file) != NULL ? text : "none");
}

static void mode_secure(const char *argument)
{
    (void)argument;
    printf("%lu\n", getauxval(AT_SECURE));
}

static void mode_bad_options(const char *argument)
{
    const struct strand_recorder_options small = {.ring_size = 1000};
    const struct strand_recorder_options crash = {.crash = (enum strand_crash_level)9};
    (void)argument;
    printf("%d %d\n", (int)strand_recorder_start(&small), (int)strand_recorder_start(&crash));
}

static void mode_dlopen(const char *argument)
{
    void *module = dlopen(argument, RTLD_NOW);
    if (module == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(1);
    }
    void (*log_in_module)(int) = NULL;
    void *symbol = dlsym(module, "log_in_module");
    memcpy(&log_in_module, &symbol, sizeof symbol);
    log_in_module(1);
    dlclose(module);
    module = dlopen(argument, RTLD_NOW);
    symbol = module != NULL ? dlsym(module, "log_in_module") : NULL;
    memcpy(&log_in_module, &symbol, sizeof symbol);
    log_in_module(2);
}

static void mode_full_table(const char *argument)
{
    (void)argument;
    int last = 0;
    for (int fd = dup(0); fd >= 0; fd = dup(0)) {
        last = fd;
    }
    in_thread(log_three, "full");
    strand_log("main");
    printf("%d\n", (int)strand_recorder_in_memory());
    close(last); // sanitizers want one at exit
    close(last - 1);
}

static void mode_nothing(const char *argument)
{
    (void)argument;
}

__attribute__((constructor)) static void before_main(void)
{
    strand_log("before main");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(const char *argument);
    } modes[] = {{"threads", mode_threads},
                 {"churn", mode_churn},
                 {"fork", mode_fork},
                 {"fork-inside", mode_fork_inside},
                 {"vfork", mode_vfork},
                 {"vfork-first", mode_vfork_first},
                 {"fork-and-vfork", mode_fork_and_vfork},
                 {"fork-and-declare", mode_fork_and_declare},
                 {"cancel", mode_cancel},
                 {"small-stack", mode_small_stack},
                 {"malloc", mode_malloc},
                 {"handler", mode_handler},
                 {"handler-first", mode_handler_first},
                 {"no-memory", mode_no_memory},
                 {"long", mode_long},
                 {"levels", mode_levels},
                 {"start", mode_start},
                 {"start-with-defaults", mode_start_with_defaults},
                 {"start-meanwhile", mode_start_meanwhile},
                 {"sync", mode_sync},
                 {"chdir", mode_chdir},
                 {"definitions-late", mode_definitions_late},
                 {"core-filter", mode_core_filter},
                 {"secure", mode_secure},
                 {"bad-options", mode_bad_options},
                 {"dlopen", mode_dlopen},
                 {"full-table", mode_full_table},
                 {"nothing", mode_nothing}};
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (argc > 1 && strcmp(argv[1], modes[i].name) == 0) {
            modes[i].run(argc > 2 ? argv[2] : "");
            return 0;
        }
    }
    fprintf(stderr, "recorder_child: no mode %s\n", argc > 1 ? argv[1] : "given");
    return 2;
}
