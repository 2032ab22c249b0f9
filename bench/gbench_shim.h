/* SPDX-License-Identifier: MIT
 *
 * gbench_shim.h: benchmarks in C on Google Benchmark. gbench_shim.cc is the only C++ of the suite.
 *
 *     static void encode_w1(uint64_t n) { while (n-- > 0) … one record … }
 *     BENCH("encode/W1", .run = encode_w1, .bytes = encode_w1_bytes)
 *
 * One iteration of Google Benchmark is one record: it counts batches of BENCH_BATCH. Nothing else happens inside the
 * measured loop, so `run` pays for its own loop and nothing more.
 */
#ifndef GBENCH_SHIM_H
#define GBENCH_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BENCH_BATCH 4096u /* records in one call of run */

/* A benchmark. What isn't set is not used. */
struct bench {
    const char *name;
    bool (*setup)(void);     /* before each repetition, not measured; false: skipped with bench_skip's reason */
    void (*run)(uint64_t n); /* writes or reads n records */
    void (*drain)(void);     /* after each call of run, not measured: what a peer's consumer would do elsewhere */
    void (*teardown)(void);  /* after each repetition, not measured */
    double (*bytes)(void);   /* bytes that one record takes, asked behind the measurement */
    uint64_t batch;          /* records in one call of run; 0: BENCH_BATCH */
    struct bench *priv_next;
};

/* Why setup said false: one line, kept by pointer. */
void bench_skip(const char *reason);

void bench_add(struct bench *bench);

/* Registers a benchmark before main. */
#define BENCH_JOIN_(a, b) a##b
#define BENCH_JOIN(a, b) BENCH_JOIN_(a, b)
#define BENCH(name_, ...) BENCH_AT(__LINE__, name_, __VA_ARGS__)
#define BENCH_AT(line, name_, ...)                                                                                   \
    static struct bench BENCH_JOIN(bench_, line) = {.name = name_, __VA_ARGS__};                                     \
    __attribute__((constructor)) static void BENCH_JOIN(bench_add_, line)(void)                                      \
    {                                                                                                                \
        bench_add(&BENCH_JOIN(bench_, line));                                                                        \
    }

#ifdef __cplusplus
}
#endif

#endif
