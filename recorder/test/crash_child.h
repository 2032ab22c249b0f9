/* SPDX-License-Identifier: MIT
 *
 * crash_child.h: what the modes of crash_child share.
 */
#ifndef CRASH_CHILD_H
#define CRASH_CHILD_H

#include <pthread.h>
#include <stdint.h>

/* For functions that do what a sanitizer would see coming. */
#define CRASHES __attribute__((noinline, no_sanitize("undefined")))

struct mode {
    const char *name; /* NULL: the end of a table */
    void (*run)(const char *argument);
};

extern const struct mode modes_of_places[];

extern volatile int zero;
extern int *volatile nowhere;
extern pthread_barrier_t ready; /* a thread's function waits at it once */

void crash_here(void);
void sleep_ms(long ms);
void wait_for_ever(void);

/* Says that it is ready, and waits for ever. */
void *worker(void *argument);

/* Starts that many threads; the second returns when all threads sleep. */
void start_threads(void *(*run)(void *), unsigned count);
void start_waiting_threads(void *(*run)(void *), unsigned count);

void crash_in_thread(void *(*run)(void *));
unsigned number_of(const char *argument, unsigned otherwise);

#endif
