/* SPDX-License-Identifier: MIT
 *
 * crash_child.c: programs that crash, for test_crash.py, which looks at what they tell on the way and how they end.
 *
 *     crash_child MODE [ARGUMENT]
 *
 * Before it crashes a mode logs "about to crash" in the thread that will; other threads log "worker ready". Here are
 * the kinds of crashes, what logs hold, and handlers of the program's own; crash_places.c has the worst moments.
 */
#define _GNU_SOURCE
#include "crash_child.h"

#include "strand_crash.h"
#include "strand_recorder.h"
#include "strand_tracer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

volatile int zero;
int *volatile nowhere;

CRASHES void crash_here(void)
{
    strand_log("about to crash", 4711);
    *nowhere = 1;
    zero++; // so that the call above is none at the end
}

CRASHES static void crash_by(int number)
{
    strand_log("about to crash", number);
    raise(number);
    zero++;
}

// ---------------------------------------------------------------------------------------------------------------
// Other threads

pthread_barrier_t ready;

void sleep_ms(long ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR) {
    }
}

__attribute__((noinline)) void wait_for_ever(void)
{
    for (;;) {
        sleep_ms(1000);
        zero++;
    }
}

void *worker(void *argument)
{
    prctl(PR_SET_NAME, "worker");
    strand_log("worker ready", (uintptr_t)argument);
    pthread_barrier_wait(&ready);
    wait_for_ever();
    return NULL;
}

static void *silent_worker(void *argument) // never logs
{
    prctl(PR_SET_NAME, "silent");
    pthread_barrier_wait(&ready);
    wait_for_ever();
    return argument;
}

// Whether all threads but the caller's wait in the kernel.
static bool all_sleep(void)
{
    struct dirent *entry;
    DIR *tasks = opendir("/proc/self/task");
    bool all = true;
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        char path[64];
        char stat[128] = "";
        const pid_t tid = (pid_t)strtol(entry->d_name, NULL, 10);
        snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)tid);
        const int fd = tid > 0 && tid != gettid() ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        if (fd >= 0) {
            const ssize_t n = read(fd, stat, sizeof stat - 1);
            const char *state = strchr(stat, ')');
            all = all && n > 0 && state != NULL && state[2] != 'R';
            close(fd);
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    return all;
}

void start_threads(void *(*run)(void *), unsigned count)
{
    pthread_t id;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 131072);
    pthread_barrier_init(&ready, NULL, count + 1);
    for (unsigned i = 0; i < count; i++) {
        if (pthread_create(&id, &small, run, (void *)(uintptr_t)i) != 0) {
            fprintf(stderr, "crash_child: no thread\n");
            _exit(99);
        }
    }
    pthread_barrier_wait(&ready);
}

void start_waiting_threads(void *(*run)(void *), unsigned count)
{
    start_threads(run, count);
    for (int i = 0; i < 1000 && !all_sleep(); i++) {
        sleep_ms(1);
    }
}

unsigned number_of(const char *argument, unsigned otherwise)
{
    return argument != NULL ? (unsigned)strtoul(argument, NULL, 10) : otherwise;
}

void crash_in_thread(void *(*run)(void *))
{
    pthread_t id;
    pthread_create(&id, NULL, run, NULL);
    pthread_join(id, NULL);
}

// ---------------------------------------------------------------------------------------------------------------
// Kinds of crashes

static void mode_segv(const char *argument)
{
    start_waiting_threads(worker, number_of(argument, 0));
    crash_here();
}

static void mode_mixed(const char *argument) // stacks of several kinds, for comparison with a debugger
{
    strand_log("before the others", 1);
    start_waiting_threads(worker, 2);
    start_waiting_threads(silent_worker, 1);
    mode_segv(argument);
}

static void mode_raise(const char *argument)
{
    crash_by((int)number_of(argument, SIGABRT));
}

static void mode_abort(const char *argument)
{
    (void)argument;
    strand_log("about to crash", SIGABRT);
    abort();
}

CRASHES static void mode_fpe(const char *argument)
{
    (void)argument;
    strand_log("about to crash", SIGFPE);
#if defined(__x86_64__)
    zero = 4711 / zero;
#else
    raise(SIGFPE);
#endif
}

static void mode_ill(const char *argument)
{
    (void)argument;
    strand_log("about to crash", SIGILL);
#if defined(__x86_64__)
    __asm__ volatile("ud2");
#else
    __asm__ volatile("udf #0");
#endif
}

static void mode_trap(const char *argument)
{
    (void)argument;
    strand_log("about to crash", SIGTRAP);
#if defined(__x86_64__)
    __asm__ volatile("int3");
#else
    __asm__ volatile("brk #0");
#endif
    sleep_ms(5000);
}

CRASHES static void mode_bus(const char *argument)
{
    FILE *file = tmpfile();
    volatile char *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    (void)argument;
    strand_log("about to crash", SIGBUS);
    *at = 1;
}

// SIGSYS: the system call getppid is refused.
static void mode_sys(const char *argument)
{
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof rules / sizeof rules[0], rules};
    (void)argument;
    strand_log("about to crash", SIGSYS);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
        _exit(98);
    }
    syscall(SYS_getppid);
    sleep_ms(5000);
}

static void mode_quit(const char *argument) // SIGQUIT comes from outside
{
    (void)argument;
    strand_log("about to crash", SIGQUIT);
    puts("ready");
    fflush(stdout);
    sleep_ms(20000);
}

// A jump to where no code is, and to memory that is none.
CRASHES static void mode_jump(const char *argument)
{
    void (*volatile function)(void) = NULL;
    (void)argument;
    strand_log("about to crash", SIGSEGV);
    function();
    zero++;
}

static void mode_clean(const char *argument)
{
    (void)argument;
    strand_log("all is well", 0);
}

// ---------------------------------------------------------------------------------------------------------------
// Logs

static void mode_many(const char *argument)
{
    const unsigned count = number_of(argument, 1000);
    start_waiting_threads(worker, 1);
    for (unsigned i = 0; i < count; i++) {
        strand_log("one of many", i);
    }
    crash_here();
}

static uint32_t ticks;

static void *busy_worker(void *argument)
{
    pthread_barrier_wait(&ready);
    for (unsigned i = 0;; i++) {
        strand_log("busy", (uintptr_t)argument, i);
        if (i == 2000) {
            __atomic_fetch_add(&ticks, 1, __ATOMIC_RELAXED);
        }
    }
    return NULL;
}

static void *busy_blocked_worker(void *argument)
{
    sigset_t mask;
    sigfillset(&mask);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    return busy_worker(argument);
}

// Others log all the time: until they stand still, or even while their logs are printed.
static void mode_busy(const char *argument)
{
    start_threads(argument != NULL ? busy_blocked_worker : busy_worker, 3);
    while (__atomic_load_n(&ticks, __ATOMIC_RELAXED) < 3) {
        sleep_ms(1);
    }
    crash_here();
}

static void mode_in_record(const char *argument) // a string that is none: the record is open
{
    const char *volatile no_string = (const char *)(uintptr_t)16;
    (void)argument;
    strand_log("about to crash", 0);
    strand_log("never written", no_string);
}

static void mode_trace(const char *argument)
{
    struct strand_trace_options options = {.crash_fd = STDOUT_FILENO};
    const struct strand_event_schema schema = {.name = "request", .arg_count = 1, .args = {{"id", ""}}};
    uint64_t request = 0;
    (void)argument;
    if (strand_trace_declare(&schema, &request) != STRAND_OK || strand_trace_start(&options) != STRAND_OK) {
        _exit(96);
    }
    strand_trace(request, 4711);
    crash_here();
}

// ---------------------------------------------------------------------------------------------------------------
// Handlers

static void say(const char *text)
{
    const ssize_t n = write(STDOUT_FILENO, text, strlen(text));
    (void)n;
}

static void mode_lost_siginfo(const char *argument) // ARGUMENT: a signal that is sent
{
    const int number = (int)number_of(argument, SIGSEGV);
    void (*ours)(int) = signal(number, SIG_DFL);
    signal(number, ours);
    if (argument != NULL) {
        crash_by(number);
    }
    crash_here();
}

// The handler that was there first: it is told the same as without the recorder, and ends the process its own way.
static void earlier_handler(int number, siginfo_t *info, void *ucontext)
{
    char text[96];
    const int len = snprintf(text, sizeof text, "earlier handler: signal %d code %d address %p context %d\n", number,
                             info->si_code, info->si_addr, ucontext != NULL);
    say(len > 0 ? text : "");
    _exit(42);
}

static void earlier_queued(int number, siginfo_t *info, void *ucontext)
{
    char text[96];
    const int len = snprintf(text, sizeof text, "earlier handler: signal %d code %d value %d context %d\n", number,
                             info->si_code, info->si_value.sival_int, ucontext != NULL);
    say(len > 0 ? text : "");
    _exit(43);
}

static void put_beneath(int number, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    action.sa_sigaction = handler;
    strand_crash_uninstall();
    sigaction(number, &action, NULL);
    strand_crash_install(STRAND_CRASH_DEFAULT);
}

CRASHES static void mode_earlier_handler(const char *argument)
{
    (void)argument;
    put_beneath(SIGSEGV, earlier_handler);
    strand_log("about to crash", 0);
    *(int *volatile)0x1230 = 1;
}

static void mode_earlier_queued(const char *argument)
{
    const union sigval value = {.sival_int = 4711};
    (void)argument;
    put_beneath(SIGQUIT, earlier_queued);
    strand_log("about to crash", 0);
    sigqueue(getpid(), SIGQUIT, value);
    sleep_ms(5000);
}

static struct sigaction beneath;
static volatile sig_atomic_t chained;

static void chaining_handler(int number, siginfo_t *info, void *ucontext)
{
    if (++chained > 100) {
        _exit(95);
    }
    beneath.sa_sigaction(number, info, ucontext);
}

// A handler that calls the one before it, which is ours, and ours over it again. ARGUMENT: signal, if not by a fault.
static void mode_chained(const char *argument)
{
    const struct strand_recorder_options options = {.crash = STRAND_CRASH_STACKS};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    const int number = (int)number_of(argument, SIGSEGV);
    action.sa_sigaction = chaining_handler;
    sigaction(number, &action, &beneath);
    strand_recorder_start(&options);
    if (argument != NULL) {
        crash_by(number);
    }
    crash_here();
}

static void *install_on_and_on(void *argument)
{
    pthread_barrier_wait(&ready);
    for (;;) {
        strand_crash_install(STRAND_CRASH_ALL);
        strand_crash_uninstall();
    }
    return argument;
}

// Forks while another thread is installing the handlers. The children install them, too.
static void mode_fork_install(const char *argument)
{
    int failed = 0;
    (void)argument;
    start_threads(install_on_and_on, 1);
    for (int i = 0; i < 100 && failed == 0; i++) {
        int status = 0;
        if (fork() == 0) {
            alarm(2);
            strand_crash_install(STRAND_CRASH_LOG);
            _exit(0);
        }
        wait(&status);
        failed += status != 0;
    }
    printf("%d hang\n", failed);
    fflush(stdout);
    _exit(0);
}

static void *ticker(void *argument)
{
    strand_log("worker ready", (uintptr_t)argument);
    pthread_barrier_wait(&ready);
    for (;;) {
        __atomic_fetch_add(&ticks, 1, __ATOMIC_RELAXED);
        sleep_ms(1);
    }
    return NULL;
}

// Whether the ticker, which stood still, goes on within a second.
static bool goes_on(void)
{
    const uint32_t before = __atomic_load_n(&ticks, __ATOMIC_RELAXED);
    for (int i = 0; i < 200 && __atomic_load_n(&ticks, __ATOMIC_RELAXED) - before < 10; i++) {
        sleep_ms(5);
    }
    return __atomic_load_n(&ticks, __ATOMIC_RELAXED) - before >= 10;
}

static sigjmp_buf recovered;

static void telling_handler(int number, siginfo_t *info, void *ucontext)
{
    strand_crash_tell(number, info, ucontext);
    strand_crash_tell(number, info, ucontext);
    siglongjmp(recovered, 1);
}

// ARGUMENT: other threads. A handler of the program's own tells, and the program goes on as if nothing had been.
static void mode_tell(const char *argument)
{
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    struct itimerval timer = {.it_value = {100, 0}};
    sigset_t mask;
    start_waiting_threads(worker, number_of(argument, 1));
    start_waiting_threads(ticker, 1);
    action.sa_sigaction = telling_handler;
    sigaction(SIGSEGV, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
    const uint32_t before = __atomic_load_n(&ticks, __ATOMIC_RELAXED);
    if (sigsetjmp(recovered, 0) == 0) {
        crash_here();
    }
    printf("%u ticks\n", __atomic_load_n(&ticks, __ATOMIC_RELAXED) - before);
    getitimer(ITIMER_REAL, &timer);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    sigaction(SIGPIPE, NULL, &action);
    printf("alive, threads %s, timer %s, SIGPIPE %s, SIGTERM %s\n", goes_on() ? "run" : "stand",
           timer.it_value.tv_sec > 90 ? "kept" : "lost", action.sa_handler == SIG_DFL ? "kept" : "lost",
           sigismember(&mask, SIGTERM) == 0 ? "kept" : "lost");
    fflush(stdout);
}

static void mode_ignored(const char *argument) // the parent ignored SIGQUIT
{
    (void)argument;
    raise(SIGQUIT);
    puts("alive");
    fflush(stdout);
}

static void on_alarm(int number)
{
    (void)number;
}

// The program's own timer fires all the time, dump or not.
static void mode_own_timer(const char *argument)
{
    const struct itimerval often = {.it_value = {0, 1000}, .it_interval = {0, 1000}};
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    const struct itimerspec every = {.it_interval = {0, 500000}, .it_value = {0, 500000}};
    (void)argument;
    signal(SIGALRM, on_alarm);
    start_waiting_threads(worker, 3);
    setitimer(ITIMER_REAL, &often, NULL);
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    timer_settime(timer, 0, &every, NULL);
    sleep_ms(20);
    crash_here();
}

// ---------------------------------------------------------------------------------------------------------------

static const struct mode modes[] = {
    {"segv", mode_segv},
    {"mixed", mode_mixed},
    {"raise", mode_raise},
    {"abort", mode_abort},
    {"fpe", mode_fpe},
    {"ill", mode_ill},
    {"trap", mode_trap},
    {"bus", mode_bus},
    {"sys", mode_sys},
    {"quit", mode_quit},
    {"jump", mode_jump},
    {"clean", mode_clean},
    {"many", mode_many},
    {"busy", mode_busy},
    {"in-record", mode_in_record},
    {"trace", mode_trace},
    {"lost-siginfo", mode_lost_siginfo},
    {"earlier-handler", mode_earlier_handler},
    {"earlier-queued", mode_earlier_queued},
    {"chained", mode_chained},
    {"fork-install", mode_fork_install},
    {"tell", mode_tell},
    {"ignored", mode_ignored},
    {"own-timer", mode_own_timer},
    {NULL, NULL},
};

static void run_mode(const struct mode *of, const char *name, const char *argument)
{
    for (; of->name != NULL; of++) {
        if (strcmp(of->name, name) == 0) {
            of->run(argument);
            exit(0);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        run_mode(modes, argv[1], argc > 2 ? argv[2] : NULL);
        run_mode(modes_of_places, argv[1], argc > 2 ? argv[2] : NULL);
    }
    fprintf(stderr, "usage: crash_child MODE [ARGUMENT]\n");
    return 2;
}
