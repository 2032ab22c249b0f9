/* SPDX-License-Identifier: MIT
 *
 * strand_profile.c: a sample now and then, counted by its stack.
 *
 *     alloc ──countdown──→ sample ──stack──→ bucket: recent[0] │ recent[1] │ real │ addresses of the stack
 *                            └──address──→ place: bucket, size ──free──┘
 *
 * What a thread does not sample costs it a subtraction from a countdown of its own. The countdown is an exponential
 * variable, so each byte is as likely as any other to be the sampled one, and a countdown may begin anew at any time:
 * it has no memory. A sample of size s stands for 1 / (1 - exp(-s / rate)) of its like, and is counted with that
 * weight at once; an average over the sizes of a stack would not do.
 *
 * Nothing here locks or waits but a checkpoint. A bucket is written first and then put into the index by one swap; a
 * place is claimed by one. Both grow into memory that is mapped once.
 *
 * The gate makes a checkpoint one moment. One addition to `entered` says that somebody counts, and tells him to which
 * epoch. A checkpoint swaps `entered` for the other epoch, waits until as many have left as had entered, and moves
 * what they counted from recent to real. The memory of the gate is zeros in the child of a fork: who was under way in
 * another thread will not get there.
 */
#define _GNU_SOURCE
#include "strand_profile.h"

#include "strand_memory.h"
#include "strand_modules.h"
#include "strand_platform.h"
#include "strand_pprof.h"
#include "strand_recorder_clock.h"
#include "strand_stack.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

#define STRAND_WORDS 1048576u                       /* of 8 bytes, for buckets: some twenty thousand stacks */
#define STRAND_INDEX 65536u                         /* more than there is memory for */
#define STRAND_PLACES 131072u                       /* allocations that are sampled and in use */
#define STRAND_PLACES_SET 8u                        /* a cache line of addresses */
#define STRAND_SETS_SEARCHED 64u                    /* for a place, from the home set on */
#define STRAND_PLACE_TAKEN 1u                       /* in place of an address: being written */
#define STRAND_SIZE_MAX (UINT64_MAX / STRAND_WORDS) /* of an allocation: it shares a word with the bucket */
#define STRAND_WEIGHT_ONE 1024u                     /* weights are counted in this part */
#define STRAND_GATE_ROOM 65536u                     /* whole pages, whatever their size */
#define STRAND_COUNTDOWNS 8u                        /* profiles that a thread samples without drawing anew */
#define STRAND_DRAIN_TRIES 1000
#define STRAND_DRAIN_PAUSE_NS 50000

struct strand_tally {
    uint64_t count;
    uint64_t amount;
    uint64_t scaled_count; // what they stand for
    uint64_t scaled_amount;
};

struct strand_counts {
    struct strand_tally made;
    struct strand_tally freed;
};

struct strand_bucket {
    struct strand_counts recent[2]; // by epoch
    struct strand_counts real;
    uint64_t pc_count;
    uint64_t pcs[];
};

#define STRAND_BUCKET_WORDS (sizeof(struct strand_bucket) / 8)
_Static_assert(STRAND_WORDS / (STRAND_BUCKET_WORDS + 1) < STRAND_INDEX, "a search in the index ends");

struct strand_gate {
    uint64_t entered;     // the epoch in bit 63; who has entered since it began
    uint64_t expected[2]; // by epoch: who had entered when it ended
    uint64_t left[2];     // by epoch: who has left
    uint32_t is_busy;     // a checkpoint or a reader is at it
};

#define STRAND_GATE_EPOCH ((uint64_t)1 << 63)

struct strand_profile_table {
    union {
        struct strand_gate gate;
        uint8_t room[STRAND_GATE_ROOM];
    } fork;
    uint64_t addresses[STRAND_PLACES];
    uint64_t infos[STRAND_PLACES]; // size × STRAND_WORDS + bucket
    uint64_t spilled;              // addresses that don't stand in their home set
    uint64_t index[STRAND_INDEX];  // hash, and the bucket in the low bits; 0: free
    uint64_t used;                 // words, behind the first bucket: that is for stacks that find no room
    uint64_t words[STRAND_WORDS];
};

static uint64_t strand_mix(uint64_t h)
{
    h = (h ^ h >> 32) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

// ---------------------------------------------------------------------------------------------------------------
// Which ones are sampled

// volatile: a handler on the same thread counts down too. One that comes at the wrong instant makes a countdown a
// little longer or shorter; it is random anyway.
struct strand_countdown {
    const struct strand_profile *volatile of;
    volatile uint64_t left;
    volatile uint64_t random;
};

static _Thread_local struct strand_countdown strand_countdowns[STRAND_COUNTDOWNS]
    __attribute__((tls_model("initial-exec")));

static inline struct strand_countdown *strand_countdown_of(const struct strand_profile *profile)
{
    return &strand_countdowns[(uintptr_t)profile / sizeof *profile % STRAND_COUNTDOWNS];
}

// Whether the countdown goes on.
static inline bool strand_is_passed_over(const struct strand_profile *profile, uint64_t amount)
{
    struct strand_countdown *c = strand_countdown_of(profile);
    const uint64_t left = c->left;
    if (c->of != profile || left < amount) {
        return false;
    }
    c->left = left - amount;
    return true;
}

// In [0, 1).
static double strand_uniform(struct strand_countdown *c)
{
    c->random += 0x9E3779B97F4A7C15u;
    return (double)(strand_mix(strand_mix(c->random)) >> 11) / 9007199254740992.0;
}

// Exponential, of mean 1, by comparisons alone (von Neumann, 1951): how long numbers go on falling is odd with
// probability exp(-first). A logarithm would be libm's, and not for handlers.
static double strand_exponential(struct strand_countdown *c)
{
    for (double whole = 0;; whole += 1) {
        const double first = strand_uniform(c);
        bool is_odd = true;
        for (double last = first, next = strand_uniform(c); next < last; next = strand_uniform(c)) {
            last = next;
            is_odd = !is_odd;
        }
        if (is_odd) {
            return whole + first;
        }
    }
}

static void strand_countdown_draw(struct strand_countdown *c, uint64_t rate)
{
    const double left = strand_exponential(c) * (double)rate;
    c->left = left < (double)(UINT64_MAX / 4) ? (uint64_t)left : UINT64_MAX / 4;
}

static void strand_countdown_take(struct strand_countdown *c, const struct strand_profile *profile)
{
    static uint64_t strand_takes;
    const uint64_t seed = profile->priv_seed != 0 ? profile->priv_seed : strand_clock_tick() ^ (uintptr_t)c;
    c->random = strand_mix(seed + strand_mix(__atomic_add_fetch(&strand_takes, 1, __ATOMIC_RELAXED)));
    strand_countdown_draw(c, profile->priv_rate);
    c->of = profile;
}

// What was not passed over: whether it is a sample, or the countdown had yet to begin.
__attribute__((noinline)) static bool strand_is_due(const struct strand_profile *profile, uint64_t amount)
{
    struct strand_countdown *c = strand_countdown_of(profile);
    if (profile->priv_rate <= 1) {
        return profile->priv_rate == 1;
    }
    if (c->of != profile) {
        strand_countdown_take(c, profile);
        if (strand_is_passed_over(profile, amount)) {
            return false;
        }
    }
    strand_countdown_draw(c, profile->priv_rate);
    return true;
}

// 1 - exp(-x), the probability of a sample. By its series where x is small, and from there by doubling:
// 1 - exp(-2x) = (1 - exp(-x)) (1 + exp(-x)).
static double strand_share(double x)
{
    int doublings = 0;
    for (; x > 1.0 / 64; x /= 2) {
        doublings++;
    }
    double share = x * (1 - x / 2 * (1 - x / 3 * (1 - x / 4)));
    for (; doublings > 0; doublings--) {
        share *= 2 - share;
    }
    return share;
}

static uint64_t strand_weight(uint64_t amount, uint64_t rate)
{
    if (rate <= 1) {
        return STRAND_WEIGHT_ONE;
    }
    return (uint64_t)(STRAND_WEIGHT_ONE / strand_share((double)amount / (double)rate) + 0.5);
}

// ---------------------------------------------------------------------------------------------------------------
// The gate

// Returns: the epoch to count to, until strand_gate_leave.
static unsigned strand_gate_enter(struct strand_gate *gate)
{
    return __atomic_fetch_add(&gate->entered, 1, __ATOMIC_ACQUIRE) >= STRAND_GATE_EPOCH ? 1 : 0;
}

static void strand_gate_leave(struct strand_gate *gate, unsigned epoch)
{
    __atomic_fetch_add(&gate->left[epoch], 1, __ATOMIC_RELEASE); // with the counts in front of it
}

static unsigned strand_gate_epoch(const struct strand_gate *gate)
{
    return __atomic_load_n(&gate->entered, __ATOMIC_RELAXED) >= STRAND_GATE_EPOCH ? 1 : 0;
}

// The other epoch begins. Nobody may be under way in it.
static void strand_gate_turn(struct strand_gate *gate, unsigned next)
{
    __atomic_store_n(&gate->left[next], 0, __ATOMIC_RELAXED);
    const uint64_t entered = __atomic_exchange_n(&gate->entered, next * STRAND_GATE_EPOCH, __ATOMIC_ACQ_REL);
    gate->expected[1 - next] = entered % STRAND_GATE_EPOCH;
}

// Waits for those under way. Returns: false: one of them doesn't get on; it may be stopped, or this is its handler.
static bool strand_gate_drain(const struct strand_gate *gate, unsigned epoch)
{
    const struct timespec pause = {0, STRAND_DRAIN_PAUSE_NS};
    for (int i = 0; i < STRAND_DRAIN_TRIES; i++) {
        if (__atomic_load_n(&gate->left[epoch], __ATOMIC_ACQUIRE) >= gate->expected[epoch]) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    return false;
}

static bool strand_gate_lock(struct strand_gate *gate)
{
    return __atomic_exchange_n(&gate->is_busy, 1, __ATOMIC_ACQUIRE) == 0;
}

static void strand_gate_unlock(struct strand_gate *gate)
{
    __atomic_store_n(&gate->is_busy, 0, __ATOMIC_RELEASE);
}

// ---------------------------------------------------------------------------------------------------------------
// Buckets

static struct strand_profile_table *strand_table(struct strand_profile *profile)
{
    return __atomic_load_n(&profile->priv_table, __ATOMIC_ACQUIRE);
}

// The table; mapped if there is none. Returns: NULL: there is no memory.
static struct strand_profile_table *strand_table_mapped(struct strand_profile *profile)
{
    struct strand_profile_table *table = strand_table(profile);
    if (table != NULL) {
        return table;
    }
    struct strand_profile_table *made = (struct strand_profile_table *)(void *)strand_memory_map(sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    madvise(made, STRAND_GATE_ROOM, MADV_WIPEONFORK);
    if (STRAND_SWAP(&profile->priv_table, &table, made)) {
        return made;
    }
    strand_memory_unmap((uint8_t *)(void *)made, sizeof *made); // another thread or a handler was faster
    return table;
}

static struct strand_bucket *strand_bucket_at(struct strand_profile_table *table, uint64_t at)
{
    return (struct strand_bucket *)(void *)&table->words[at];
}

// The i-th of all buckets. Returns: NULL: there is none in this place.
static struct strand_bucket *strand_bucket_of(struct strand_profile_table *table, size_t i)
{
    const uint64_t word = i < STRAND_INDEX ? __atomic_load_n(&table->index[i], __ATOMIC_ACQUIRE) : 0;
    return word != 0 || i == STRAND_INDEX ? strand_bucket_at(table, word % STRAND_WORDS) : NULL;
}

#define STRAND_BUCKETS (STRAND_INDEX + 1u)

// A bucket that is nobody's yet. Returns: 0: there is no room.
static uint64_t strand_bucket_make(struct strand_profile_table *table, const uint64_t *pcs, size_t count)
{
    const uint64_t words = STRAND_BUCKET_WORDS + count;
    const uint64_t room = STRAND_WORDS - STRAND_BUCKET_WORDS;
    uint64_t used = __atomic_load_n(&table->used, __ATOMIC_RELAXED);
    do {
        if (room - used < words) {
            return 0;
        }
    } while (!STRAND_SWAP(&table->used, &used, used + words));
    struct strand_bucket *bucket = strand_bucket_at(table, STRAND_BUCKET_WORDS + used);
    bucket->pc_count = count;
    __builtin_memcpy(bucket->pcs, pcs, count * sizeof pcs[0]);
    return STRAND_BUCKET_WORDS + used;
}

static bool strand_bucket_is(const struct strand_bucket *bucket, const uint64_t *pcs, size_t count)
{
    return bucket->pc_count == count && __builtin_memcmp(bucket->pcs, pcs, count * sizeof pcs[0]) == 0;
}

// The bucket of a stack; made if there is none. Returns: 0, the one without addresses: there is no room.
static uint64_t strand_bucket_find(struct strand_profile_table *table, const uint64_t *pcs, size_t count)
{
    uint64_t hash = count;
    for (size_t i = 0; i < count; i++) {
        hash = strand_mix(hash ^ pcs[i]);
    }
    uint64_t own = 0;
    for (uint64_t i = hash % STRAND_INDEX;; i = (i + 1) % STRAND_INDEX) {
        uint64_t word = __atomic_load_n(&table->index[i], __ATOMIC_ACQUIRE);
        if (word == 0) {
            own = own != 0 ? own : strand_bucket_make(table, pcs, count);
            if (own == 0 || STRAND_SWAP(&table->index[i], &word, hash / STRAND_WORDS * STRAND_WORDS + own)) {
                return own;
            }
        }
        // Somebody's, perhaps since just now. If it is this stack's then our own stays unused.
        if (word / STRAND_WORDS == hash / STRAND_WORDS &&
            strand_bucket_is(strand_bucket_at(table, word % STRAND_WORDS), pcs, count)) {
            return word % STRAND_WORDS;
        }
    }
}

// The bucket of the stack from `caller` on: how many functions of ours are in front of it is the compiler's choice.
static uint64_t strand_bucket_here(struct strand_profile_table *table, uint64_t caller)
{
    uint64_t pcs[STRAND_STACK_MAX];
    size_t count = strand_stack_capture(pcs, STRAND_STACK_MAX, 0);
    size_t first = 0;
    while (first < count && pcs[first] != caller) {
        first++;
    }
    if (first == count) { // the unwinder didn't get there
        pcs[0] = caller;
        first = 0;
        count = 1;
    }
    return strand_bucket_find(table, pcs + first, count - first);
}

static void strand_tally_add(struct strand_tally *tally, uint64_t amount, uint64_t rate)
{
    const uint64_t weight = strand_weight(amount, rate);
    __atomic_fetch_add(&tally->count, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&tally->amount, amount, __ATOMIC_RELAXED);
    __atomic_fetch_add(&tally->scaled_count, weight, __ATOMIC_RELAXED);
    __atomic_fetch_add(&tally->scaled_amount, weight * amount, __ATOMIC_RELAXED);
}

// ---------------------------------------------------------------------------------------------------------------
// Addresses
//
// An address stands in the cache line that is its home, so that a free of what was not sampled looks at one line;
// when it is full, in one of those behind, and then frees look at these too.

static uint64_t strand_place_home(uint64_t address)
{
    return strand_mix(address) % (STRAND_PLACES / STRAND_PLACES_SET) * STRAND_PLACES_SET;
}

// The first place from the home on that holds `what`. Returns: STRAND_PLACES: there is none.
static uint64_t strand_place_find(const struct strand_profile_table *table, uint64_t home, uint64_t sets,
                                  uint64_t what)
{
    for (uint64_t i = 0; i < sets * STRAND_PLACES_SET; i++) {
        const uint64_t at = (home + i) % STRAND_PLACES;
        if (__atomic_load_n(&table->addresses[at], __ATOMIC_RELAXED) == what) {
            return at;
        }
    }
    return STRAND_PLACES;
}

static bool strand_place_is_home(uint64_t at, uint64_t home)
{
    return at - home < STRAND_PLACES_SET;
}

// Returns: false: there is no place.
static bool strand_place_put(struct strand_profile_table *table, uint64_t address, uint64_t info)
{
    const uint64_t home = strand_place_home(address);
    uint64_t none;
    uint64_t at;
    do {
        none = 0;
        at = strand_place_find(table, home, STRAND_SETS_SEARCHED, 0);
        if (at == STRAND_PLACES) {
            return false;
        }
    } while (!STRAND_SWAP(&table->addresses[at], &none, STRAND_PLACE_TAKEN));
    if (!strand_place_is_home(at, home)) {
        __atomic_fetch_add(&table->spilled, 1, __ATOMIC_RELAXED);
    }
    table->infos[at] = info;
    __atomic_store_n(&table->addresses[at], address, __ATOMIC_RELEASE);
    return true;
}

// An allocation in use has ended.
static void strand_place_end(struct strand_profile_table *table, uint64_t at, uint64_t address, uint64_t rate)
{
    const unsigned epoch = strand_gate_enter(&table->fork.gate);
    uint64_t found = address;
    if (STRAND_SWAP(&table->addresses[at], &found, STRAND_PLACE_TAKEN)) {
        const uint64_t info = table->infos[at];
        if (!strand_place_is_home(at, strand_place_home(address))) {
            __atomic_fetch_sub(&table->spilled, 1, __ATOMIC_RELAXED);
        }
        __atomic_store_n(&table->addresses[at], 0, __ATOMIC_RELEASE);
        struct strand_bucket *bucket = strand_bucket_at(table, info % STRAND_WORDS);
        strand_tally_add(&bucket->recent[epoch].freed, info / STRAND_WORDS, rate);
    }
    strand_gate_leave(&table->fork.gate, epoch);
}

// ---------------------------------------------------------------------------------------------------------------
// Samples

// In: address, or 0 where there is none.
// Returns: false: there was no memory for it.
static bool strand_sample_count(struct strand_profile *profile, uint64_t address, uint64_t amount, uint64_t caller)
{
    struct strand_profile_table *table = strand_table_mapped(profile);
    if (table == NULL) {
        return false;
    }
    const uint64_t at = strand_bucket_here(table, caller);
    if (address != 0) {
        strand_profile_free(profile, (const void *)(uintptr_t)address); // it comes again: nobody told us of its end
    }
    const unsigned epoch = strand_gate_enter(&table->fork.gate);
    const bool good = address == 0 || strand_place_put(table, address, amount * STRAND_WORDS + at);
    if (good) {
        strand_tally_add(&strand_bucket_at(table, at)->recent[epoch].made, amount, profile->priv_rate);
    }
    strand_gate_leave(&table->fork.gate, epoch);
    return good;
}

__attribute__((noinline)) static void strand_sample(struct strand_profile *profile, uint64_t address, uint64_t amount,
                                                    const void *caller)
{
    const int error = errno;
    if (!strand_sample_count(profile, address, amount, (uintptr_t)caller)) {
        strand_count(&profile->priv_unsampled);
    }
    errno = error;
}

__attribute__((noinline)) void strand_profile_alloc(struct strand_profile *profile, const void *address,
                                                    uint64_t size)
{
    if ((uintptr_t)address > STRAND_PLACE_TAKEN && !strand_is_passed_over(profile, size) &&
        strand_is_due(profile, size)) {
        strand_sample(profile, (uintptr_t)address, size < STRAND_SIZE_MAX ? size : STRAND_SIZE_MAX,
                      __builtin_extract_return_addr(__builtin_return_address(0)));
    }
}

void strand_profile_free(struct strand_profile *profile, const void *address)
{
    struct strand_profile_table *table = strand_table(profile);
    if (table == NULL || (uintptr_t)address <= STRAND_PLACE_TAKEN) {
        return;
    }
    const uint64_t home = strand_place_home((uintptr_t)address);
    const uint64_t sets = __atomic_load_n(&table->spilled, __ATOMIC_RELAXED) > 0 ? STRAND_SETS_SEARCHED : 1;
    const uint64_t at = strand_place_find(table, home, sets, (uintptr_t)address);
    if (at < STRAND_PLACES) {
        strand_place_end(table, at, (uintptr_t)address, profile->priv_rate);
    }
}

__attribute__((noinline)) void strand_profile_add(struct strand_profile *profile, uint64_t amount)
{
    if (!strand_is_passed_over(profile, amount) && strand_is_due(profile, amount)) {
        strand_sample(profile, 0, amount, __builtin_extract_return_addr(__builtin_return_address(0)));
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Checkpoints

static void strand_tally_move(struct strand_tally *from, struct strand_tally *to)
{
    to->count += from->count;
    to->amount += from->amount;
    to->scaled_count += from->scaled_count;
    to->scaled_amount += from->scaled_amount;
    *from = (struct strand_tally){0, 0, 0, 0};
}

// Makes real what was counted in an epoch that has ended. Returns: false: somebody is still at it.
static bool strand_collect(struct strand_profile_table *table, unsigned epoch)
{
    if (!strand_gate_drain(&table->fork.gate, epoch)) {
        return false;
    }
    for (size_t i = 0; i < STRAND_BUCKETS; i++) {
        struct strand_bucket *bucket = strand_bucket_of(table, i);
        if (bucket != NULL) {
            strand_tally_move(&bucket->recent[epoch].made, &bucket->real.made);
            strand_tally_move(&bucket->recent[epoch].freed, &bucket->real.freed);
        }
    }
    return true;
}

enum strand_status strand_profile_checkpoint(struct strand_profile *profile)
{
    struct strand_profile_table *table = strand_table(profile);
    if (table == NULL) {
        return STRAND_OK;
    }
    struct strand_gate *gate = &table->fork.gate;
    if (!strand_gate_lock(gate)) {
        return STRAND_BUSY;
    }
    const unsigned epoch = strand_gate_epoch(gate);
    bool good = strand_collect(table, 1 - epoch); // left there when somebody didn't get on, or before a fork
    if (good) {
        strand_gate_turn(gate, 1 - epoch);
        good = strand_collect(table, epoch);
    }
    strand_gate_unlock(gate);
    return good ? STRAND_OK : STRAND_BUSY;
}

// ---------------------------------------------------------------------------------------------------------------
// What is real

static size_t strand_count_real(struct strand_profile_table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < STRAND_BUCKETS; i++) {
        const struct strand_bucket *bucket = strand_bucket_of(table, i);
        count += bucket != NULL && bucket->real.made.count > 0 ? 1 : 0;
    }
    return count;
}

static void strand_record_of(const struct strand_bucket *bucket, struct strand_profile_record *record)
{
    const struct strand_counts *real = &bucket->real;
    *record = (struct strand_profile_record){.count = real->made.count,
                                             .amount = real->made.amount,
                                             .freed_count = real->freed.count,
                                             .freed_amount = real->freed.amount,
                                             .pc_count = bucket->pc_count,
                                             .pcs = bucket->pcs};
}

bool strand_profile_records(struct strand_profile *profile, struct strand_profile_record *records, size_t cap,
                            size_t *ret_count)
{
    struct strand_profile_table *table = strand_table(profile);
    if (table == NULL) {
        *ret_count = 0;
        return true;
    }
    if (!strand_gate_lock(&table->fork.gate)) {
        *ret_count = cap;
        return false;
    }
    const size_t count = strand_count_real(table);
    for (size_t i = 0, n = 0; i < STRAND_BUCKETS && count <= cap; i++) {
        const struct strand_bucket *bucket = strand_bucket_of(table, i);
        if (bucket != NULL && bucket->real.made.count > 0) {
            strand_record_of(bucket, &records[n]);
            n++;
        }
    }
    strand_gate_unlock(&table->fork.gate);
    *ret_count = count;
    return count <= cap;
}

static uint64_t strand_unscaled(uint64_t v)
{
    return (v + STRAND_WEIGHT_ONE / 2) / STRAND_WEIGHT_ONE;
}

static void strand_write_head(const struct strand_profile *profile, struct strand_pprof *w)
{
    const char *count_type = profile->priv_count_type;
    const char *amount_type = profile->priv_amount_type;
    const uint64_t unsampled = strand_counted(&profile->priv_unsampled);
    const char *const kinds[] = {profile->priv_is_heap ? "alloc_" : "", "inuse_"};
    for (size_t i = 0; i < (profile->priv_is_heap ? 2 : 1); i++) {
        strand_pprof_sample_type(w, kinds[i], count_type, profile->priv_count_unit);
        strand_pprof_sample_type(w, kinds[i], amount_type, profile->priv_amount_unit);
    }
    strand_pprof_period(w, amount_type, profile->priv_amount_unit, profile->priv_rate);
    strand_pprof_time(w, strand_clock_realtime());
    if (unsampled > 0) {
        strand_pprof_missing(w, unsampled);
    }
}

static void strand_write_bucket(const struct strand_profile *profile, struct strand_pprof *w,
                                const struct strand_bucket *bucket)
{
    const struct strand_tally *made = &bucket->real.made;
    const struct strand_tally *freed = &bucket->real.freed;
    const uint64_t values[] = {strand_unscaled(made->scaled_count), strand_unscaled(made->scaled_amount),
                               strand_unscaled(made->scaled_count - freed->scaled_count),
                               strand_unscaled(made->scaled_amount - freed->scaled_amount)};
    strand_pprof_sample(w, bucket->pcs, bucket->pc_count, values, profile->priv_is_heap ? 4 : 2);
}

static enum strand_status strand_write(struct strand_profile *profile, struct strand_profile_table *table, int fd)
{
    struct strand_pprof w;
    const uint64_t words = table != NULL ? __atomic_load_n(&table->used, __ATOMIC_RELAXED) : 0;
    if (!strand_pprof_begin(&w, fd, words)) {
        return STRAND_FULL;
    }
    strand_write_head(profile, &w);
    for (size_t i = 0; table != NULL && i < STRAND_BUCKETS; i++) {
        const struct strand_bucket *bucket = strand_bucket_of(table, i);
        if (bucket != NULL && bucket->real.made.count > 0) {
            strand_write_bucket(profile, &w, bucket);
        }
    }
    return strand_pprof_end(&w) ? STRAND_OK : STRAND_FULL;
}

enum strand_status strand_profile_write(struct strand_profile *profile, int fd)
{
    struct strand_profile_table *table = strand_table(profile);
    if (table != NULL && !strand_gate_lock(&table->fork.gate)) {
        return STRAND_BUSY;
    }
    strand_modules_note();
    const enum strand_status status = strand_write(profile, table, fd);
    if (table != NULL) {
        strand_gate_unlock(&table->fork.gate);
    }
    return status;
}
