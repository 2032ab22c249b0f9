/* SPDX-License-Identifier: MIT
 *
 * kill_test.c: a process that logs is killed with SIGKILL at a random instant, again and again, and its ring files are
 * read.
 *
 *     kill_test COUNT [SEED]
 *
 * Each child has three threads that log, and a timer whose handler logs in whichever of them it interrupts. Behind each
 * log call the child counts it in memory that it shares with its parent: that many calls had returned. So of each
 * writer the newest record that is read must have that number at least; those before it must be there in one row, as
 * far back as the rings go; none may be torn; and what the rings say was overwritten must be what is missing.
 */
#define _GNU_SOURCE
#include "strand_recorder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 3
#define WRITERS (2 * THREADS) // each thread, and the handler in it
#define TEXT 48

struct shared {
    atomic_uint_fast64_t returned[WRITERS]; // log calls that have returned
    atomic_uint_fast64_t started;
};

struct sum {
    uint64_t records;
    uint64_t overwritten;
    uint64_t in_handlers;
    uint64_t files;
    uint64_t early; // killed before anything was logged
};

static struct shared *shared;
static _Thread_local unsigned self __attribute__((tls_model("initial-exec"))); // 1 …; 0: a thread that starts
static char folder[] = "/tmp/strandline-kill-XXXXXX";
static uint64_t seed = 1;

static void fail(const char *what, uint64_t got, uint64_t want)
{
    fprintf(stderr, "kill_test: %s: %llu, want %llu (files in %s)\n", what, (unsigned long long)got,
            (unsigned long long)want, folder);
    exit(1);
}

static uint64_t random_below(uint64_t end)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % end;
}

// ---------------------------------------------------------------------------------------------------------------
// The child

// Text of a length and content that follow from the number.
static size_t text_of(uint64_t number, char *text)
{
    const size_t len = number % TEXT;
    memset(text, 'a' + (int)(number % 26), len);
    return len;
}

static void log_one(unsigned writer)
{
    char text[TEXT];
    const uint64_t number = atomic_load_explicit(&shared->returned[writer], memory_order_relaxed) + 1;
    const size_t len = text_of(number, text);
    strand_log("killed", writer, number, strand_str(text, len));
    atomic_store_explicit(&shared->returned[writer], number, memory_order_release);
}

static void on_timer(int signal_number)
{
    (void)signal_number;
    if (self != 0) {
        log_one(THREADS + self - 1);
    }
}

static void *run(void *argument)
{
    self = (unsigned)(uintptr_t)argument;
    atomic_fetch_add(&shared->started, 1);
    for (;;) {
        log_one(self - 1);
    }
    return NULL;
}

static void be_killed(void)
{
    pthread_t id;
    const struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    const struct itimerval often = {{0, 100}, {0, 100}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    for (uintptr_t i = 2; i <= THREADS; i++) {
        pthread_create(&id, NULL, run, (void *)i);
    }
    run((void *)1);
}

// ---------------------------------------------------------------------------------------------------------------
// What it left behind

struct seen {
    uint64_t last[WRITERS]; // in this file
    uint64_t most[WRITERS]; // in all
    uint64_t records;
    uint64_t in_handlers;
    uint64_t lost;
};

static uint64_t field_uint(struct strand_fields *fields)
{
    struct strand_field field;
    if (strand_decode_field(fields, &field) != STRAND_OK || field.type != STRAND_WIRE_UINT) {
        fail("a record is torn: field", field.type, STRAND_WIRE_UINT);
    }
    return field.value;
}

static void see_record(const struct strand_frame *record, struct seen *seen)
{
    struct strand_fields fields;
    struct strand_field field;
    char text[TEXT];
    strand_fields_init(&fields, record->body, STRAND_DIALECT_NATIVE);
    if (strand_decode_field(&fields, &field) != STRAND_OK || field.type != STRAND_WIRE_SITE_ID) {
        fail("a record is torn: site", field.type, STRAND_WIRE_SITE_ID);
    }
    const uint64_t writer = field_uint(&fields);
    const uint64_t number = field_uint(&fields);
    if (writer >= WRITERS) {
        fail("a record is torn: writer", writer, WRITERS);
    }
    const size_t len = text_of(number, text);
    if (strand_decode_field(&fields, &field) != STRAND_OK || field.data.len != len ||
        memcmp(field.data.data, text, len) != 0) {
        fail("a record is torn: text of number", number, len);
    }
    const bool in_handler = writer >= THREADS; // whose records are in this ring or in that, as it interrupts
    if (seen->last[writer] != 0 && (in_handler ? number <= seen->last[writer] : number != seen->last[writer] + 1)) {
        fail("the next number in a ring", number, seen->last[writer] + 1);
    }
    seen->last[writer] = number;
    seen->most[writer] = number > seen->most[writer] ? number : seen->most[writer];
    seen->in_handlers += in_handler;
    seen->records++;
}

static void see_diag(const struct strand_diag *diag, const char *path, struct seen *seen)
{
    if (diag->code != STRAND_OVERWRITTEN && diag->code != STRAND_REFUSED) {
        fprintf(stderr, "kill_test: %s: offset %llu\n", path, (unsigned long long)diag->off);
        fail("a ring is damaged", diag->code, STRAND_OVERWRITTEN);
    }
    if (diag->code == STRAND_REFUSED) {
        fail("records refused", diag->records, 0);
    }
    seen->lost += diag->records;
}

static void see_file(const char *path, struct seen *seen)
{
    struct strand_reader r;
    struct strand_item item;
    struct stat status;
    const int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &status) != 0) {
        fail("open", (uint64_t)errno, 0);
    }
    const size_t len = (size_t)status.st_size;
    const uint8_t *bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    enum strand_status read;
    memset(seen->last, 0, sizeof seen->last);
    strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, len);
    while ((read = strand_reader_next(&r, &item)) != STRAND_END) {
        if (read == STRAND_MORE) {
            strand_reader_supply(&r, bytes + strand_reader_want(&r).off);
        } else if (read != STRAND_OK) {
            fail("a file can't be read", read, STRAND_OK);
        } else if (item.kind == STRAND_ITEM_RECORD) {
            see_record(&item.frame, seen);
        } else if (item.kind == STRAND_ITEM_DIAG) {
            see_diag(&item.diag, path, seen);
        }
    }
    munmap((void *)(uintptr_t)bytes, len);
    close(fd);
}

// Reads and removes the files of the child, which are all whose names hold its pid.
static void see_files(pid_t pid, struct seen *seen, struct sum *sum)
{
    char mark[32];
    char path[sizeof folder + 256];
    DIR *dir = opendir(folder);
    snprintf(mark, sizeof mark, "-%d-", (int)pid);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strstr(entry->d_name, mark) != NULL) {
            const size_t end = strlen(entry->d_name);
            snprintf(path, sizeof path, "%s/%.250s", folder, entry->d_name);
            if (entry->d_name[end - 1] != '~') { // one that was not finished has no records yet
                see_file(path, seen);
                sum->files++;
            }
            unlink(path);
        }
    }
    closedir(dir);
}

// The one call that had not returned may have written its record or not.
static void check(const struct seen *seen)
{
    uint64_t returned = 0;
    for (unsigned i = 0; i < WRITERS; i++) {
        const uint64_t own = atomic_load(&shared->returned[i]);
        if (i < THREADS && seen->most[i] < own) { // its ring is its own, but for few records of the handler
            fail("the newest record of a thread", seen->most[i], own);
        }
        if (seen->most[i] > own + 1) {
            fail("a record that nobody wrote", seen->most[i], own);
        }
        returned += own;
    }
    const uint64_t told = seen->records + seen->lost;
    if (told < returned || told > returned + WRITERS) {
        fail("records read and overwritten", told, returned);
    }
}

static void kill_one(struct sum *sum)
{
    struct seen seen = {.records = 0};
    memset(shared, 0, sizeof *shared);
    const pid_t pid = fork();
    if (pid == 0) {
        be_killed();
    }
    const bool early = random_below(8) == 0; // while it sets itself up
    while (!early && atomic_load(&shared->started) < THREADS) {
        sched_yield();
    }
    const struct timespec pause = {0, (long)random_below(early ? 1000000 : 3000000)};
    nanosleep(&pause, NULL);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    see_files(pid, &seen, sum);
    check(&seen);
    sum->records += seen.records;
    sum->overwritten += seen.lost;
    sum->early += seen.records == 0;
    sum->in_handlers += seen.in_handlers;
}

int main(int argc, char **argv)
{
    const int count = argc > 1 ? atoi(argv[1]) : 200;
    const struct strand_recorder_options options = {.dir = folder, .ring_size = 16384, .crash = STRAND_CRASH_NONE};
    struct sum sum = {0};
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    if (mkdtemp(folder) == NULL || strand_recorder_start(&options) != STRAND_OK) {
        fail("no folder: errno", (uint64_t)errno, 0);
    }
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < count; i++) {
        const uint64_t began = seed;
        kill_one(&sum);
        if (getenv("VERBOSE") != NULL) {
            printf("seed %llu\n", (unsigned long long)began);
        }
    }
    struct seen own = {.records = 0};
    see_files(getpid(), &own, &sum);
    rmdir(folder);
    if (sum.in_handlers == 0 || sum.overwritten == 0) {
        fail("records of handlers, or overwritten", 0, 1);
    }
    printf("kill_test: %d kills; %llu records read back of %llu files, %llu of them of handlers; %llu overwritten; "
           "%llu killed before the first record; none torn, none missing\n",
           count, (unsigned long long)sum.records, (unsigned long long)sum.files, (unsigned long long)sum.in_handlers,
           (unsigned long long)sum.overwritten, (unsigned long long)sum.early);
    return 0;
}
