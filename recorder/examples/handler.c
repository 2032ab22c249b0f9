/* SPDX-License-Identifier: MIT
 *
 * handler.c: a signal handler that logs what no handler may printf: where the program was, ten thousand times a second.
 *
 *     STRAND_DIR=logs handler && logcat-merge logs | tail
 */
#define _GNU_SOURCE
#include "strand_recorder.h"
#include "strand_stack.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>

static volatile unsigned long work;
static volatile sig_atomic_t samples;

static void on_profile(int number, siginfo_t *info, void *context)
{
    uint64_t pc = 0;
    (void)number;
    (void)info;
    strand_stack_capture_context(context, &pc, 1);
    strand_log("sample", (const void *)(uintptr_t)pc, work);
    samples++;
}

int main(void)
{
    const struct sigaction action = {.sa_sigaction = on_profile, .sa_flags = SA_SIGINFO | SA_RESTART};
    const struct itimerval often = {{0, 100}, {0, 100}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    while (samples < 1000) {
        strand_log("working", ++work);
    }
    printf("handler: %d samples, %lu records interrupted or not\n", (int)samples, work);
    return 0;
}
