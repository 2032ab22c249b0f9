/* SPDX-License-Identifier: MIT
 *
 * recorder_child.c: programs that log by the recorder, for test_recorder.py, which looks at what they leave behind.
 *
 *     recorder_child MODE [ARGUMENT]
 */
#define _GNU_SOURCE
#include "strand_recorder.h"
#include "strand_recorder_clock.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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
                 {"malloc", mode_malloc},
                 {"handler", mode_handler},
                 {"handler-first", mode_handler_first},
                 {"no-memory", mode_no_memory},
                 {"long", mode_long},
                 {"levels", mode_levels},
                 {"start", mode_start},
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
