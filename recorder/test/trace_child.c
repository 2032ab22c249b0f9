/* SPDX-License-Identifier: MIT
 *
 * trace_child.c: a program that traces to its standard output and crashes; test_trace_crash.py looks at what is left.
 *
 *     trace_child reader      a thread of its own reads the trace and writes it out; main crashes
 *     trace_child busy        the same while four threads trace as fast as they can
 *     trace_child slow        the same where the reader gives out its bytes slowly: it is in the middle of some
 *     trace_child kept        the reader itself crashes, with bytes that it was given and hasn't written
 *     trace_child alone       nobody reads
 *     trace_child handler     crashes in a signal handler that interrupted an event
 *     trace_child here        crashes where the last event has its stack
 *
 * The events before the crash are MARK 1, i. The last one is MARK 2, 4242.
 */
#define _GNU_SOURCE
#include "strand_recorder_clock.h"
#include "strand_tracer.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EVENTS 20000

static const char *mode;
static volatile int *volatile nowhere = (volatile int *)16; // not NULL, which a sanitizer looks for

static bool is(const char *name)
{
    return strcmp(mode, name) == 0;
}

static void pause_ms(long ms)
{
    const struct timespec pause = {0, ms * 1000000};
    nanosleep(&pause, NULL);
}

static void write_all(const uint8_t *bytes, size_t len)
{
    const bool slow = is("slow");
    for (size_t done = 0; done < len;) {
        const size_t piece = slow && len - done > 1000 ? 1000 : len - done;
        const ssize_t n = write(STDOUT_FILENO, bytes + done, piece);
        done += n > 0 ? (size_t)n : 0;
        if (slow) {
            pause_ms(1);
        }
    }
}

static void *read_trace(void *argument)
{
    static uint8_t buf[STRAND_TRACE_READ_MIN];
    size_t len = 0;
    (void)argument;
    while (strand_trace_read(buf, sizeof buf, 100000000, &len) != STRAND_END) {
        if (is("kept") && len > 0) {
            strand_trace_kind(STRAND_TRACE_MARK, 2, 4242);
            *nowhere = 1;
        }
        write_all(buf, len);
    }
    return NULL;
}

static void *trace_on(void *argument)
{
    (void)argument;
    for (uint64_t i = 0;; i++) {
        strand_trace_kind(STRAND_TRACE_COUNT, 3, i);
    }
    return NULL;
}

static void on_signal(int number)
{
    (void)number;
    strand_trace_kind(STRAND_TRACE_MARK, 2, 4242);
    *nowhere = 1;
}

static void crash(void)
{
    const uint64_t last[] = {2, 4242};
    if (is("handler")) {
        struct strand_encoder *e;
        strand_writer_begin_frame(strand_tracer(strand_trace_generation), strand_clock_tick(), 0, &e);
        raise(SIGUSR1);
    }
    if (is("here")) {
        strand_trace_here(STRAND_TRACE_MARK, last, 2);
    } else {
        strand_trace_kind(STRAND_TRACE_MARK, 2, 4242);
    }
    *nowhere = 1;
}

int main(int argc, char **argv)
{
    const struct strand_trace_options options = {.crash_fd = STDOUT_FILENO};
    pthread_t reader;
    pthread_t busy;
    mode = argc > 1 ? argv[1] : "";
    if (strand_trace_start(&options) != STRAND_OK) {
        return 1;
    }
    signal(SIGUSR1, on_signal);
    if (!is("alone") && !is("kept")) {
        pthread_create(&reader, NULL, read_trace, NULL);
    }
    for (int i = 0; is("busy") && i < 4; i++) {
        pthread_create(&busy, NULL, trace_on, NULL);
    }
    for (uint64_t i = 0; i < EVENTS; i++) {
        strand_trace_kind(STRAND_TRACE_MARK, 1, i);
    }
    if (is("kept")) {
        pthread_create(&reader, NULL, read_trace, NULL);
        while (true) {
            pause(); // the dump's signals end it, too
        }
    }
    pause_ms(50);
    crash();
    return 1;
}
