/* SPDX-License-Identifier: MIT
 *
 * log_stress.c: eight threads log while SIGALRM interrupts each of them ten thousand times a second, and the handler logs
 * too.
 *
 *     log_stress SECONDS
 *
 * Each thread has a ring and a spare; a handler takes the spare where it interrupts a record. Every record says who
 * wrote it and the how manieth it is. After some hundred records a thread reads both rings back and starts anew: no byte
 * may be bad, the records of a ring are those that its writers counted less those that were overwritten, and no number
 * goes back or comes twice. Every other round is short enough for the ring, so nothing may be overwritten in it.
 */
#define _GNU_SOURCE
#include "strand.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid // glibc before 2.38 has the field and not the name
#endif

#define THREADS 8
#define BLOCKS 8
#define BLOCK 4096
#define RING_LEN (STRAND_FILE_HEADER_RING + BLOCKS * BLOCK)
#define SIGNALS_PER_S 10000
#define SHORT_ROUND 200 // fits the ring, handlers' records and all
#define LONG_ROUND 600  // wraps it once or twice

struct thread {
    _Alignas(8) uint8_t ring[RING_LEN];
    _Alignas(8) uint8_t spare_ring[RING_LEN];
    struct strand_writer writer;
    struct strand_writer spare;
    uint64_t written;          // in this round, by the thread itself
    volatile uint64_t handled; // by its handler
    uint64_t records;          // in all rounds
    uint64_t read;             // of them, read back
    uint64_t spared;           // by handlers that interrupted a record
    pthread_t id;
};

static struct thread threads[THREADS];
static _Thread_local struct thread *self __attribute__((tls_model("initial-exec")));
static atomic_bool stop;
static atomic_uint_fast64_t signals;

static void fail(const char *what, uint64_t got, uint64_t want)
{
    fprintf(stderr, "log_stress: %s: %llu, want %llu\n", what, (unsigned long long)got, (unsigned long long)want);
    exit(1);
}

static void on_alarm(int number)
{
    (void)number;
    atomic_fetch_add(&signals, 1);
    if (self != NULL) {
        STRAND_LOG(&self->writer, "handler", self->handled, "in the handler");
        self->handled++;
    }
}

static void start_ring(struct strand_writer *w, uint8_t *ring)
{
    const struct strand_file_header header = {.kind = STRAND_KIND_RECORDS,
                                              .block_size = BLOCK,
                                              .block_count = BLOCKS,
                                              .tick_num = 6,
                                              .tick_den = 1,
                                              .incompat = STRAND_INCOMPAT_NANO_DERIVED};
    if (strand_writer_init(w, sizeof *w, STRAND_ABI_VERSION, ring, RING_LEN, &header, NULL, NULL) != STRAND_OK) {
        fail("a ring did not start", 0, 1);
    }
}

// Inline records, long ones that aren't, and calls: a handler meets each of them at every instruction.
static void log_one(struct thread *t)
{
    char text[200];
    const size_t len = t->written % sizeof text;
    memset(text, 'x', len);
    if (t->written % 16 == 7) {
        struct strand_encoder *e;
        do {
            const uint64_t tick = strand_tick();
            if (strand_writer_begin(&t->writer, tick, tick * 6, -1, &e) != STRAND_OK) {
                fail("begin was refused", 0, 1);
            }
            strand_encode_site(e, 2);
            strand_encode_uint(e, t->written);
            strand_encode_string(e, text, len);
        } while (strand_writer_end(&t->writer) == STRAND_AGAIN);
    } else {
        STRAND_LOG(&t->writer, "thread", t->written, strand_str(text, len));
    }
    t->written++;
}

// A timer of this thread's own: one of the process would lose signals, of which only one can be pending.
static timer_t start_timer(void)
{
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
    const long every_ns = 1000000000 / SIGNALS_PER_S; // while it runs: those that come meanwhile are one
    const struct itimerspec every = {.it_interval = {0, every_ns}, .it_value = {0, every_ns}};
    event.sigev_notify_thread_id = gettid();
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 || timer_settime(timer, 0, &every, NULL) != 0) {
        fail("a timer did not start", 0, 1);
    }
    return timer;
}

// ---------------------------------------------------------------------------------------------------------------
// Reading back

struct seen {
    uint64_t records;
    uint64_t lost;
    uint64_t next[2]; // number that comes next at the earliest: of the thread, of its handler
};

static void see_record(const struct strand_frame *record, struct seen *seen)
{
    struct strand_fields fields;
    struct strand_field site;
    struct strand_field number;
    struct strand_field text;
    strand_fields_init(&fields, record->body, STRAND_DIALECT_NATIVE);
    if (strand_decode_field(&fields, &site) != STRAND_OK || strand_decode_field(&fields, &number) != STRAND_OK ||
        strand_decode_field(&fields, &text) != STRAND_OK || text.type != STRAND_WIRE_STRING) {
        fail("a record is not whole", record->off, 0);
    }
    const unsigned handler = text.data.len == 14 && memcmp(text.data.data, "in the handler", 14) == 0;
    const size_t len = handler != 0 ? 14 : number.value % 200;
    if (text.data.len != len || (handler == 0 && len > 0 && text.data.data[len - 1] != 'x')) {
        fail("a record is torn", number.value, text.data.len);
    }
    if (number.value < seen->next[handler]) {
        fail("a number goes back", number.value, seen->next[handler]);
    }
    seen->next[handler] = number.value + 1;
    seen->records++;
}

static void read_ring(const uint8_t *ring, const struct strand_writer *w, struct seen *seen)
{
    struct strand_reader r;
    struct strand_item item;
    enum strand_status status;
    const uint64_t before = seen->records + seen->lost;
    strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, RING_LEN);
    while ((status = strand_reader_next(&r, &item)) != STRAND_END) {
        if (status == STRAND_MORE) {
            strand_reader_supply(&r, ring + strand_reader_want(&r).off);
        } else if (status != STRAND_OK) {
            fail("a ring can't be read", status, STRAND_OK);
        } else if (item.kind == STRAND_ITEM_RECORD) {
            see_record(&item.frame, seen);
        } else if (item.kind == STRAND_ITEM_DIAG) {
            if (item.diag.code != STRAND_OVERWRITTEN) {
                fail("a bad record, or a refused one", item.diag.code, STRAND_OVERWRITTEN);
            }
            seen->lost += item.diag.records;
        }
    }
    if (seen->records + seen->lost - before != strand_writer_records(w)) {
        fail("records read and overwritten", seen->records + seen->lost - before, strand_writer_records(w));
    }
    seen->next[0] = 0; // the spare's numbers begin anew
    seen->next[1] = 0;
}

// ---------------------------------------------------------------------------------------------------------------
// Rounds

static void start_round(struct thread *t)
{
    start_ring(&t->writer, t->ring);
    start_ring(&t->spare, t->spare_ring);
    strand_writer_set_spare(&t->writer, &t->spare);
    t->written = 0;
    t->handled = 0;
}

static void end_round(struct thread *t, bool fits)
{
    struct seen seen = {0};
    read_ring(t->ring, &t->writer, &seen);
    read_ring(t->spare_ring, &t->spare, &seen);
    if (seen.records + seen.lost != t->written + t->handled) {
        fail("records in a round", seen.records + seen.lost, t->written + t->handled);
    }
    if (fits && seen.lost > 0) {
        fail("records lost in a round that fits", seen.lost, 0);
    }
    t->records += t->written + t->handled;
    t->read += seen.records;
    t->spared += strand_writer_records(&t->spare);
}

static void *run(void *argument)
{
    struct thread *t = argument;
    sigset_t alarm_only;
    sigset_t before;
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm_only, &before);
    self = t;
    const timer_t timer = start_timer();
    for (bool fits = true; !atomic_load(&stop); fits = !fits) {
        start_round(t);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        while (t->written < (fits ? SHORT_ROUND : LONG_ROUND)) {
            log_one(t);
        }
        pthread_sigmask(SIG_BLOCK, &alarm_only, NULL);
        end_round(t, fits);
    }
    timer_delete(timer);
    return NULL;
}

static void define_sites(void)
{
    static _Alignas(8) uint8_t definitions[1024 + 65536];
    const struct strand_file_header header = {
        .kind = STRAND_KIND_DEFINITIONS, .block_size = 65536, .tick_num = 6, .tick_den = 1};
    struct strand_writer w;
    uint64_t id = STRAND_SITE_FIRST;
    strand_writer_init(&w, sizeof w, STRAND_ABI_VERSION, definitions, sizeof definitions, &header, NULL, NULL);
    if (STRAND_DEFINE_SITES(&w, 1, 1, &id) != STRAND_OK) {
        fail("sites", 0, 1);
    }
}

int main(int argc, char **argv)
{
    const struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    const struct timespec duration = {argc > 1 ? atoi(argv[1]) : 5, 0};
    define_sites();
    sigaction(SIGALRM, &action, NULL);
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i].id, NULL, run, &threads[i]);
    }
    nanosleep(&duration, NULL);
    atomic_store(&stop, true);
    uint64_t records = 0;
    uint64_t read = 0;
    uint64_t spared = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i].id, NULL);
        records += threads[i].records;
        read += threads[i].read;
        spared += threads[i].spared;
    }
    if (spared == 0) {
        fail("handlers that interrupted a record", spared, 1);
    }
    printf("log_stress: %llu records, %llu signals, %llu of them inside a record; %llu read back, none bad\n",
           (unsigned long long)records, (unsigned long long)atomic_load(&signals), (unsigned long long)spared,
           (unsigned long long)read);
    return 0;
}
