/* SPDX-License-Identifier: MIT
 *
 * traced.c: a thread pool that is traced: spans for its jobs, a counter for the queue, a flow from who asks to who
 * answers, and the stack where a job was too slow. The trace goes to standard output.
 *
 *     traced > trace.strand && logcat-merge trace.strand | less
 */
#define _GNU_SOURCE
#include "strand_tracer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORKERS 3
#define JOBS 300
#define SLOW 95 // of a hundred jobs those from here on

static uint64_t job_event;   // a span
static uint64_t queue_event; // a counter
static uint64_t slow_event;  // declared with its own arguments
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t more = PTHREAD_COND_INITIALIZER;
static int queue[JOBS];
static int queued;
static int taken;

static void declare(void)
{
    const struct strand_event_schema job = {.name = "job"};
    const struct strand_event_schema length = {.name = "queue length"};
    const struct strand_event_schema slow = {
        .name = "slow", .has_stack = true, .arg_count = 1, .args = {{"cost", "percent"}}};
    if (strand_trace_declare(&job, &job_event) != STRAND_OK ||
        strand_trace_declare(&length, &queue_event) != STRAND_OK ||
        strand_trace_declare(&slow, &slow_event) != STRAND_OK) {
        fprintf(stderr, "traced: an event can't be declared\n");
        exit(1);
    }
}

static void put(int job)
{
    pthread_mutex_lock(&lock);
    queue[queued++] = job;
    strand_trace_kind(STRAND_TRACE_FLOW_BEGIN, job_event, job);
    strand_trace_kind(STRAND_TRACE_COUNT, queue_event, queued - taken);
    pthread_cond_signal(&more);
    pthread_mutex_unlock(&lock);
}

// Returns: -1: there are no more.
static int take(void)
{
    pthread_mutex_lock(&lock);
    while (taken == queued && queued < JOBS) {
        pthread_cond_wait(&more, &lock);
    }
    const int job = taken < queued ? queue[taken++] : -1;
    pthread_cond_broadcast(&more);
    pthread_mutex_unlock(&lock);
    return job;
}

static void do_job(int job)
{
    const uint64_t cost = (uint64_t)job * 37 % 100;
    strand_trace_kind(STRAND_TRACE_BEGIN, job_event);
    strand_trace_kind(STRAND_TRACE_FLOW_END, job_event, job);
    usleep((useconds_t)cost);
    if (cost >= SLOW) {
        strand_trace_here(slow_event, &cost, 1);
    }
    strand_trace_kind(STRAND_TRACE_END, job_event);
}

static void *work(void *argument)
{
    pthread_setname_np(pthread_self(), "worker");
    for (int job = take(); job >= 0; job = take()) {
        do_job(job);
    }
    return argument;
}

// Reads the trace as it is written, and on to its end when it is stopped.
static void *drain(void *argument)
{
    static uint8_t buf[1u << 20];
    size_t len = 0;
    enum strand_status status;
    while ((status = strand_trace_read(buf, sizeof buf, 100000000, &len)) == STRAND_OK || status == STRAND_MORE) {
        if (status == STRAND_OK && fwrite(buf, 1, len, stdout) != len) {
            perror("traced");
            exit(1);
        }
    }
    return argument;
}

int main(void)
{
    pthread_t ids[WORKERS + 1];
    declare();
    if (strand_trace_start(NULL) != STRAND_OK) {
        return 1;
    }
    pthread_create(&ids[WORKERS], NULL, drain, NULL);
    for (int i = 0; i < WORKERS; i++) {
        pthread_create(&ids[i], NULL, work, NULL);
    }
    for (int job = 0; job < JOBS; job++) {
        put(job);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(ids[i], NULL);
    }
    strand_trace_stop();
    pthread_join(ids[WORKERS], NULL);
    return fflush(stdout) == 0 ? 0 : 1;
}
