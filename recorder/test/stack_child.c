/* SPDX-License-Identifier: MIT
 *
 * stack_child.c: a program of which others take the stacks, too: threads that wait at known depths, in libc, in a signal
 * handler, behind a callback.
 *
 *     stack_child     prints  DEPTH tid NAME depth  of each thread, then strand_stack of all, then  END;
 *                     stays as it is until its input ends
 */
#define _GNU_SOURCE
#include "strand_modules.h"
#include "strand_stack.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOR_EVER 1000000000 // s, or ms: until the program ends

struct thread {
    const char *name;
    int depth; // calls of `deep`
    void (*wait)(void);
};

static sem_t ready;
static long tids[16];
static size_t tid_count;
static volatile int sink; // keeps a call from being the last thing that a function does

static void wait_semaphore(void)
{
    sem_t never;
    sem_init(&never, 0, 0);
    sem_post(&ready);
    while (sem_wait(&never) != 0) {
    }
}

static void wait_poll(void)
{
    sem_post(&ready);
    while (poll(NULL, 0, FOR_EVER) != 0) {
    }
}

static void handle(int number)
{
    (void)number;
    wait_semaphore();
    sink++;
}

static void wait_in_handler(void)
{
    const struct sigaction action = {.sa_handler = handle};
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    sink++;
}

static int compare(const void *a, const void *b)
{
    wait_semaphore();
    return a < b ? -1 : 1;
}

static void wait_in_callback(void)
{
    int numbers[2] = {2, 1};
    qsort(numbers, 2, sizeof numbers[0], compare);
    sink++;
}

static void wait_blocked(void)
{
    sigset_t urgent;
    sigemptyset(&urgent);
    sigaddset(&urgent, SIGURG);
    pthread_sigmask(SIG_BLOCK, &urgent, NULL);
    wait_semaphore();
    sink++;
}

__attribute__((noinline)) static void deep(const struct thread *thread, int depth)
{
    char room[64]; // of another size than its neighbours' frames
    memset(room, depth, sizeof room);
    if (depth > 1) {
        deep(thread, depth - 1);
    } else {
        thread->wait();
    }
    sink += room[depth % 64];
}

static void *run(void *argument)
{
    const struct thread *thread = argument;
    prctl(PR_SET_NAME, thread->name);
    tids[tid_count++] = syscall(SYS_gettid); // one thread is started after the other
    printf("DEPTH %ld %s %d\n", syscall(SYS_gettid), thread->name, thread->depth);
    deep(thread, thread->depth);
    return NULL;
}

// Whether a thread has come to where it waits; main's place is a read.
static bool waits(long tid)
{
    char path[64];
    long number = -1;
    snprintf(path, sizeof path, "/proc/self/task/%ld/syscall", tid);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        number = fscanf(file, "%ld", &number) == 1 ? number : -1;
        fclose(file);
    }
    return number >= 0 && (tid != getpid() || number == SYS_read);
}

static void *tell(void *argument)
{
    static char text[262144];
    for (size_t i = 0; i < tid_count; i++) {
        while (!waits(tids[i])) {
            usleep(1000);
        }
    }
    strand_modules_note();
    const size_t len = strand_stack(text, sizeof text, true);
    printf("%sEND %d\n", text, len < sizeof text);
    fflush(stdout);
    return argument;
}

int main(void)
{
    static const struct thread threads[] = {
        {"shallow", 1, wait_semaphore},  {"deep", 20, wait_semaphore},      {"deeper", 80, wait_semaphore},
        {"handler", 3, wait_in_handler}, {"callback", 5, wait_in_callback}, {"polls", 2, wait_poll},
        {"blocked", 4, wait_blocked},
    };
    const size_t count = sizeof threads / sizeof threads[0];
    pthread_t thread;
    char byte;
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); // where only a parent might look otherwise
    sem_init(&ready, 0, 0);
    tids[tid_count++] = getpid();
    for (size_t i = 0; i < count; i++) {
        pthread_create(&thread, NULL, run, (void *)(uintptr_t)&threads[i]);
        while (sem_wait(&ready) != 0) {
        }
    }
    pthread_create(&thread, NULL, tell, NULL);
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
    return 0;
}
