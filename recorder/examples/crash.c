/* SPDX-License-Identifier: MIT
 *
 * crash.c: eight threads, of which one divides by zero. Standard error gets every thread's stack and the merged log of
 * all of them; the exit status is that of the signal.
 *
 *     crash; echo $?
 */
#define _GNU_SOURCE
#include "strand_recorder.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#define THREADS 8

static volatile int parts = THREADS; // volatile: compilers know that nobody divides by 0

static __attribute__((noinline)) int share(int whole)
{
    return whole / parts;
}

static void *work(void *argument)
{
    const long number = (long)(intptr_t)argument;
    char name[16];
    snprintf(name, sizeof name, "thread %ld", number);
    pthread_setname_np(pthread_self(), name);
    for (int round = 0; round < 5; round++) {
        strand_log("round", round, number);
        usleep(1000);
    }
    if (number == THREADS - 1) {
        parts = 0;
        strand_log("dividing", parts);
        strand_log("divided", share(100));
    }
    pause();
    return NULL;
}

int main(void)
{
    pthread_t ids[THREADS];
    for (long i = 0; i < THREADS; i++) {
        pthread_create(&ids[i], NULL, work, (void *)(intptr_t)i);
    }
    pthread_join(ids[0], NULL);
    return 0;
}
