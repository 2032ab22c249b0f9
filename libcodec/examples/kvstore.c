/* SPDX-License-Identifier: MIT
 *
 * kvstore.c: a key-value store in memory that logs all it does: eight threads get, put, delete and scan under a load
 * whose keys are distributed as real ones are, few of them hot; a timer's signal handler ages the entries. Every
 * thread, and the handler, has a strand of its own:
 *
 *     DIR/worker-0.strand … worker-7.strand   mapped files: what was logged survives a kill -9
 *     DIR/timer.strand                        written in a signal handler, through a sink
 *     DIR/sites.strand                        definitions: what the call sites' ids stand for
 *
 *     kvstore DIR [OPERATIONS]       each thread does so many; then: kvstore: N records, S strands, R refused, start T
 *
 * Call sites are static data, collected by the linker and written once, at the start: logging costs a site's id.
 */
#include "strand.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define WORKERS 8
#define SHARDS 16
#define SHARD_ENTRIES 400 /* a fuller shard evicts */
#define SHARD_BUCKETS_MIN 32
#define KEYS 16384       /* distinct keys */
#define OPERATIONS 20000 /* of each worker, unless the command line says so */
#define LIFETIME 40      /* of an entry, in ticks of the timer */
#define TIMER_NS 1000000
#define RECORD_MAX 96 /* bytes of our largest record */
#define BLOCK 65536u
#define HEADER_MAX 4096u

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "kvstore: %s: %s\n", what, strerror(errno));
    exit(1);
}

// ---------------------------------------------------------------------------------------------------------------
// Time: the cheapest counter of the machine, and what it means

static uint64_t clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t clock_tick(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return clock_ns(CLOCK_MONOTONIC);
#endif
}

static struct strand_clock clock_start; // one moment as all clocks tell it
static struct strand_file_header clock_header;

static struct strand_clock clock_read(void)
{
    uint64_t before = clock_ns(CLOCK_MONOTONIC);
    uint64_t tick = clock_tick();
    uint64_t realtime = clock_ns(CLOCK_REALTIME);
    uint64_t after = clock_ns(CLOCK_MONOTONIC);
    return (struct strand_clock){
        .tick = tick, .monotonic_ns = before, .realtime_ns = realtime, .bracket_ns = after - before};
}

// The tick's frequency, measured over 20 ms.
static void clock_calibrate(void)
{
    struct timespec pause = {.tv_nsec = 20000000};
    struct strand_clock first = clock_read();
    nanosleep(&pause, NULL);
    clock_start = clock_read();
    clock_header.tick_num = (uint32_t)(clock_start.monotonic_ns - first.monotonic_ns);
    clock_header.tick_den = (uint32_t)(clock_start.tick - first.tick);
}

static uint64_t clock_realtime(uint64_t tick)
{
    return clock_start.realtime_ns + strand_ticks_to_ns(&clock_header, tick - clock_start.tick);
}

// ---------------------------------------------------------------------------------------------------------------
// Logs: one strand each

enum level { DEBUG = 5, INFO = 9, WARN = 13, ERROR = 17 };

struct site {
    uint64_t level;
    uint64_t line;
    const char *function;
    const char *message;
    const char *keys[4];
};

// A call site. The linker gathers all of them between __start_kv_sites and __stop_kv_sites.
#define SITE(name, level_, message_, ...)                                                                            \
    static const struct site name                                                                                    \
        __attribute__((section("kv_sites"), used)) = {level_, __LINE__, __func__, message_, {__VA_ARGS__}}

extern const struct site __start_kv_sites[];
extern const struct site __stop_kv_sites[];

struct log {
    struct strand_writer writer;
    uint8_t *mem;
    size_t mem_len;
    int fd;
};

static const char *log_folder;
static uint8_t log_session[16];
static uint8_t log_boot[16];

static void log_read_boot(void)
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "r");
    for (size_t i = 0; file != NULL && i < sizeof log_boot; i++) {
        unsigned byte = 0;
        if (fscanf(file, "%2x%*[-]", &byte) != 1) {
            break;
        }
        log_boot[i] = (uint8_t)byte;
    }
    if (file != NULL) {
        fclose(file);
    }
}

static bool log_sink(void *context, const uint8_t *bytes, size_t len)
{
    const struct log *log = context;
    while (len > 0) {
        ssize_t n = write(log->fd, bytes, len);
        if (n <= 0) {
            return false;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static void log_create(struct log *log, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.strand", log_folder, name);
    log->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (log->fd < 0) {
        die(path);
    }
}

static void log_start(struct log *log, uint8_t kind, uint32_t ordinal, const char *name, strand_sink *sink)
{
    uint8_t clock[STRAND_CLOCK_LEN];
    struct strand_file_header header = clock_header;
    memcpy(header.session, log_session, sizeof header.session);
    memcpy(header.boot, log_boot, sizeof header.boot);
    strand_clock_encode(&clock_start, clock);
    header.incompat = STRAND_INCOMPAT_NANO_DERIVED;
    header.kind = kind;
    header.ordinal = ordinal;
    header.pid = (uint64_t)getpid();
    header.start_ns = clock_start.realtime_ns;
    header.block_size = BLOCK;
    header.clock_count = 1;
    header.clocks = (struct strand_span){clock, sizeof clock};
    header.name = (struct strand_span){(const uint8_t *)name, strlen(name)};
    header.writer = (struct strand_span){(const uint8_t *)"kvstore", strlen("kvstore")};
    if (strand_writer_init(&log->writer, sizeof log->writer, STRAND_ABI_VERSION, log->mem, log->mem_len, &header,
                           sink, log) != STRAND_OK) {
        errno = EINVAL;
        die(name);
    }
}

// A log in a mapped file that has room for so many records.
static void log_open_mapped(struct log *log, uint32_t ordinal, const char *name, size_t records)
{
    log_create(log, name);
    log->mem_len = HEADER_MAX + (records * RECORD_MAX / BLOCK + 2) * BLOCK;
    if (ftruncate(log->fd, (off_t)log->mem_len) != 0) {
        die(name);
    }
    log->mem = mmap(NULL, log->mem_len, PROT_READ | PROT_WRITE, MAP_SHARED, log->fd, 0);
    if (log->mem == MAP_FAILED) {
        die(name);
    }
    log_start(log, STRAND_KIND_RECORDS, ordinal, name, NULL);
}

// A log that writes each block when it is full. write(2) may be called in a signal handler.
static void log_open_sink(struct log *log, uint8_t kind, uint32_t ordinal, const char *name)
{
    log_create(log, name);
    log->mem_len = HEADER_MAX + BLOCK;
    log->mem = mmap(NULL, log->mem_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (log->mem == MAP_FAILED) {
        die(name);
    }
    log_start(log, kind, ordinal, name, log_sink);
}

static void log_close(struct log *log, bool mapped)
{
    uint64_t tick = clock_tick();
    strand_writer_close(&log->writer, tick, clock_realtime(tick));
    if (mapped && ftruncate(log->fd, (off_t)strand_writer_len(&log->writer)) != 0) {
        die("ftruncate");
    }
    munmap(log->mem, log->mem_len);
    close(log->fd);
}

static uint64_t log_site_id(const struct site *site)
{
    return 2 * (uint64_t)(site - __start_kv_sites) + 2;
}

// One record: where, which key (or NULL), and numbers, which the site names.
static void log_write(struct log *log, const struct site *site, const char *key, const uint64_t *values, size_t count)
{
    struct strand_encoder *e;
    uint64_t tick = clock_tick();
    do {
        if (strand_writer_begin(&log->writer, tick, clock_realtime(tick), -1, &e) != STRAND_OK) {
            return;
        }
        strand_encode_site(e, log_site_id(site));
        if (key != NULL) {
            strand_encode_string(e, key, strlen(key));
        }
        for (size_t i = 0; i < count; i++) {
            strand_encode_uint(e, values[i]);
        }
    } while (strand_writer_end(&log->writer) == STRAND_AGAIN);
}

#define LOG(log, site, key, ...)                                                                                     \
    log_write(log, &(site), key, (const uint64_t[]){__VA_ARGS__}, sizeof(uint64_t[]){__VA_ARGS__} / sizeof(uint64_t))

static void log_string(struct strand_encoder *e, const char *string)
{
    strand_encode_string(e, string, strlen(string));
}

static void log_define_site(struct log *log, const struct site *site)
{
    struct strand_encoder *e;
    do {
        if (strand_writer_begin_frame(&log->writer, clock_start.tick, clock_start.realtime_ns, &e) != STRAND_OK) {
            return;
        }
        strand_encode_begin_def(e, STRAND_DEF_SITE, log_site_id(site));
        strand_encode_level(e, (unsigned)site->level);
        log_string(e, "kvstore.c");
        strand_encode_uint(e, site->line);
        log_string(e, site->function);
        log_string(e, site->message);
        for (size_t i = 0; i < sizeof site->keys / sizeof site->keys[0] && site->keys[i] != NULL; i++) {
            log_string(e, site->keys[i]);
        }
    } while (strand_writer_end(&log->writer) == STRAND_AGAIN);
}

static void log_define_sites(uint32_t ordinal)
{
    struct log sites;
    log_open_sink(&sites, STRAND_KIND_DEFINITIONS, ordinal, "sites");
    for (const struct site *site = __start_kv_sites; site < __stop_kv_sites; site++) {
        log_define_site(&sites, site);
    }
    log_close(&sites, false);
}

// ---------------------------------------------------------------------------------------------------------------
// The store: shards of chained hash tables

struct entry {
    struct entry *next;
    uint64_t hash;
    uint64_t expires; /* tick of the timer */
    uint64_t used;    /* tick of the timer when it was last used */
    size_t value_len;
    char key[32];
};

struct shard {
    pthread_mutex_t lock;
    struct entry **buckets;
    size_t bucket_count;
    size_t entry_count;
};

static struct shard shards[SHARDS];
static atomic_uint_fast64_t timer_ticks;
static atomic_uint_fast64_t operations_done;

static uint64_t hash_of(const char *key)
{
    uint64_t hash = 14695981039346656037u;
    for (; *key != '\0'; key++) {
        hash = (hash ^ (uint8_t)*key) * 1099511628211u;
    }
    return hash ^ (hash >> 32);
}

static struct shard *shard_of(uint64_t hash)
{
    return &shards[hash % SHARDS];
}

// Where the entry hangs, or would hang.
static struct entry **shard_find(struct shard *shard, uint64_t hash, const char *key)
{
    struct entry **at = &shard->buckets[hash / SHARDS % shard->bucket_count];
    while (*at != NULL && ((*at)->hash != hash || strcmp((*at)->key, key) != 0)) {
        at = &(*at)->next;
    }
    return at;
}

static void shard_unlink(struct shard *shard, struct entry **at)
{
    struct entry *entry = *at;
    *at = entry->next;
    free(entry);
    shard->entry_count--;
}

static void shard_resize(struct log *log, struct shard *shard, size_t bucket_count)
{
    SITE(resized, INFO, "shard resized", "shard", "buckets", "entries");
    struct entry **old = shard->buckets;
    size_t old_count = shard->bucket_count;
    shard->buckets = calloc(bucket_count, sizeof *shard->buckets);
    if (shard->buckets == NULL) {
        die("calloc");
    }
    shard->bucket_count = bucket_count;
    for (size_t i = 0; i < old_count; i++) {
        while (old[i] != NULL) {
            struct entry *entry = old[i];
            struct entry **to = &shard->buckets[entry->hash / SHARDS % bucket_count];
            old[i] = entry->next;
            entry->next = *to;
            *to = entry;
        }
    }
    free(old);
    LOG(log, resized, NULL, (uint64_t)(shard - shards), bucket_count, shard->entry_count);
}

// The entry that was not used for the longest time makes room.
static void shard_evict(struct log *log, struct shard *shard)
{
    SITE(evicted, WARN, "evicted", "key", "idle_ticks", "bytes");
    struct entry **oldest = NULL;
    for (size_t i = 0; i < shard->bucket_count; i++) {
        for (struct entry **at = &shard->buckets[i]; *at != NULL; at = &(*at)->next) {
            if (oldest == NULL || (*at)->used < (*oldest)->used) {
                oldest = at;
            }
        }
    }
    LOG(log, evicted, (*oldest)->key, atomic_load(&timer_ticks) - (*oldest)->used, (*oldest)->value_len);
    shard_unlink(shard, oldest);
}

static void store_get(struct log *log, const char *key)
{
    SITE(hit, DEBUG, "get", "key", "bytes", "ns");
    SITE(missed, INFO, "cache miss", "key", "ns");
    SITE(expired, INFO, "expired", "key", "late_ticks");
    uint64_t began = clock_tick(), now = atomic_load(&timer_ticks), hash = hash_of(key);
    struct shard *shard = shard_of(hash);
    pthread_mutex_lock(&shard->lock);
    struct entry **at = shard_find(shard, hash, key);
    if (*at != NULL && (*at)->expires < now) {
        LOG(log, expired, key, now - (*at)->expires);
        shard_unlink(shard, at);
        at = shard_find(shard, hash, key);
    }
    bool found = *at != NULL;
    size_t len = found ? (*at)->value_len : 0;
    if (found) {
        (*at)->used = now;
    }
    pthread_mutex_unlock(&shard->lock);
    uint64_t ns = strand_ticks_to_ns(&clock_header, clock_tick() - began);
    if (found) {
        LOG(log, hit, key, len, ns);
    } else {
        LOG(log, missed, key, ns);
    }
}

static void store_put(struct log *log, const char *key, size_t value_len)
{
    SITE(stored, DEBUG, "put", "key", "bytes", "ns");
    uint64_t began = clock_tick(), now = atomic_load(&timer_ticks), hash = hash_of(key);
    struct shard *shard = shard_of(hash);
    pthread_mutex_lock(&shard->lock);
    if (*shard_find(shard, hash, key) == NULL) {
        if (shard->entry_count == SHARD_ENTRIES) {
            shard_evict(log, shard);
        } else if (shard->entry_count == 2 * shard->bucket_count) {
            shard_resize(log, shard, 2 * shard->bucket_count);
        }
        struct entry *entry = calloc(1, sizeof *entry);
        if (entry == NULL) {
            die("calloc");
        }
        snprintf(entry->key, sizeof entry->key, "%s", key);
        entry->hash = hash;
        *shard_find(shard, hash, key) = entry;
        shard->entry_count++;
    }
    struct entry *entry = *shard_find(shard, hash, key);
    entry->value_len = value_len;
    entry->used = now;
    entry->expires = now + LIFETIME;
    pthread_mutex_unlock(&shard->lock);
    LOG(log, stored, key, value_len, strand_ticks_to_ns(&clock_header, clock_tick() - began));
}

static void store_delete(struct log *log, const char *key)
{
    SITE(deleted, DEBUG, "delete", "key", "found");
    uint64_t hash = hash_of(key);
    struct shard *shard = shard_of(hash);
    pthread_mutex_lock(&shard->lock);
    struct entry **at = shard_find(shard, hash, key);
    bool found = *at != NULL;
    if (found) {
        shard_unlink(shard, at);
    }
    pthread_mutex_unlock(&shard->lock);
    LOG(log, deleted, key, found);
}

static void store_scan(struct log *log, size_t index)
{
    SITE(scanned, INFO, "scan", "shard", "entries", "bytes", "ns");
    uint64_t began = clock_tick(), bytes = 0;
    struct shard *shard = &shards[index];
    pthread_mutex_lock(&shard->lock);
    for (size_t i = 0; i < shard->bucket_count; i++) {
        for (const struct entry *entry = shard->buckets[i]; entry != NULL; entry = entry->next) {
            bytes += entry->value_len;
        }
    }
    size_t count = shard->entry_count;
    pthread_mutex_unlock(&shard->lock);
    LOG(log, scanned, NULL, index, count, bytes, strand_ticks_to_ns(&clock_header, clock_tick() - began));
}

static void store_open(void)
{
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&shards[i].lock, NULL);
        shards[i].bucket_count = SHARD_BUCKETS_MIN;
        shards[i].buckets = calloc(SHARD_BUCKETS_MIN, sizeof *shards[i].buckets);
        if (shards[i].buckets == NULL) {
            die("calloc");
        }
    }
}

static void store_close(void)
{
    for (size_t i = 0; i < SHARDS; i++) {
        for (size_t j = 0; j < shards[i].bucket_count; j++) {
            while (shards[i].buckets[j] != NULL) {
                shard_unlink(&shards[i], &shards[i].buckets[j]);
            }
        }
        free(shards[i].buckets);
        pthread_mutex_destroy(&shards[i].lock);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// The timer: a signal that may interrupt a worker anywhere, also in the middle of logging

static struct log timer_log;
static atomic_flag timer_busy = ATOMIC_FLAG_INIT;

static void timer_handle(int signal_number)
{
    SITE(ticked, DEBUG, "tick", "tick", "operations");
    int error = errno;
    (void)signal_number;
    uint64_t tick = atomic_fetch_add(&timer_ticks, 1) + 1;
    // The handler may run on two threads at once; the log takes one.
    if (!atomic_flag_test_and_set(&timer_busy)) {
        LOG(&timer_log, ticked, NULL, tick, atomic_load(&operations_done));
        atomic_flag_clear(&timer_busy);
    }
    errno = error;
}

static timer_t timer_start(void)
{
    timer_t timer;
    struct sigaction action = {.sa_handler = timer_handle, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    struct itimerspec period = {.it_interval = {.tv_nsec = TIMER_NS}, .it_value = {.tv_nsec = TIMER_NS}};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGALRM, &action, NULL) != 0 || timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
        timer_settime(timer, 0, &period, NULL) != 0) {
        die("timer");
    }
    return timer;
}

// ---------------------------------------------------------------------------------------------------------------
// The load

struct worker {
    pthread_t thread;
    struct log log;
    uint64_t random;
    size_t operations;
};

static double key_share[KEYS]; // key_share[i]: how often one of the keys 0 … i is asked for

static void load_distribute_keys(void)
{
    double sum = 0;
    for (size_t i = 0; i < KEYS; i++) {
        sum += 1 / (double)(i + 1);
        key_share[i] = sum;
    }
}

static uint64_t load_random(struct worker *worker)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    worker->random ^= worker->random << 17;
    return worker->random;
}

static size_t load_key(struct worker *worker)
{
    double at = (double)(load_random(worker) >> 11) / 9007199254740992.0 * key_share[KEYS - 1];
    size_t low = 0, high = KEYS - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (key_share[middle] < at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static void load_operate(struct worker *worker)
{
    char key[32];
    uint64_t choice = load_random(worker) % 1000;
    snprintf(key, sizeof key, "user:%zu", load_key(worker));
    if (choice < 640) {
        store_get(&worker->log, key);
    } else if (choice < 950) {
        store_put(&worker->log, key, 16 + load_random(worker) % 4000);
    } else if (choice < 998) {
        store_delete(&worker->log, key);
    } else {
        store_scan(&worker->log, load_random(worker) % SHARDS);
    }
    atomic_fetch_add(&operations_done, 1);
}

static pthread_barrier_t all_started;

static void *load_work(void *argument)
{
    SITE(started, INFO, "worker started", "operations");
    SITE(finished, INFO, "worker finished", "ns");
    struct worker *worker = argument;
    LOG(&worker->log, started, NULL, worker->operations);
    pthread_barrier_wait(&all_started);
    uint64_t began = clock_tick();
    for (size_t i = 0; i < worker->operations; i++) {
        load_operate(worker);
    }
    LOG(&worker->log, finished, NULL, strand_ticks_to_ns(&clock_header, clock_tick() - began));
    return NULL;
}

// ---------------------------------------------------------------------------------------------------------------

static struct worker workers[WORKERS];

static void run(size_t operations)
{
    char name[32];
    for (uint32_t i = 0; i < WORKERS; i++) {
        workers[i].operations = operations;
        workers[i].random = 0x9E3779B97F4A7C15u * (i + 1);
        snprintf(name, sizeof name, "worker-%" PRIu32, i);
        log_open_mapped(&workers[i].log, i + 1, name, 3 * operations + 64);
    }
    store_open();
    pthread_barrier_init(&all_started, NULL, WORKERS);
    timer_t timer = timer_start();
    for (size_t i = 0; i < WORKERS; i++) {
        if ((errno = pthread_create(&workers[i].thread, NULL, load_work, &workers[i])) != 0) {
            die("pthread_create");
        }
    }
    for (size_t i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
    }
    timer_delete(timer);
    signal(SIGALRM, SIG_IGN);
    store_close();
}

int main(int argc, char **argv)
{
    size_t operations = argc > 2 ? strtoul(argv[2], NULL, 10) : OPERATIONS;
    if (argc < 2 || argc > 3 || operations == 0) {
        fputs("usage: kvstore DIR [OPERATIONS]\n", stderr);
        return 2;
    }
    log_folder = argv[1];
    if (getrandom(log_session, sizeof log_session, 0) != (ssize_t)sizeof log_session) {
        die("getrandom");
    }
    log_read_boot();
    clock_calibrate();
    load_distribute_keys();
    log_define_sites(0);
    log_open_sink(&timer_log, STRAND_KIND_RECORDS, WORKERS + 1, "timer");
    run(operations);
    uint64_t records = strand_writer_records(&timer_log.writer), refused = strand_writer_refused(&timer_log.writer);
    log_close(&timer_log, false);
    for (size_t i = 0; i < WORKERS; i++) {
        log_close(&workers[i].log, true);
        records += strand_writer_records(&workers[i].log.writer);
        refused += strand_writer_refused(&workers[i].log.writer);
    }
    printf("kvstore: %" PRIu64 " records, %d strands, %" PRIu64 " refused, start %" PRIu64 "\n", records, WORKERS + 2,
           refused, clock_start.realtime_ns);
    return 0;
}
