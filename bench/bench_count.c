/* SPDX-License-Identifier: MIT
 *
 * bench_count.c: the other main of the benchmarks: runs one of them N times, for callgrind to count.
 *
 *     bench_count NAME N
 *
 * scripts/bench-instr runs it under callgrind, which counts from the first instruction of bench_counted on. What a
 * run costs without its records, it takes off by counting two N.
 */
#include "gbench_shim.h"
#include "workload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bench *benches;
static const char *skipped_because = "setup failed";

void bench_skip(const char *reason)
{
    skipped_because = reason;
}

void bench_add(struct bench *bench)
{
    bench->priv_next = benches;
    benches = bench;
}

W_NOINLINE void bench_counted(const struct bench *bench, uint64_t n);
void bench_counted(const struct bench *bench, uint64_t n)
{
    bench->run(n);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        for (const struct bench *bench = benches; bench != NULL; bench = bench->priv_next) {
            puts(bench->name);
        }
        return argc == 1 ? 0 : 2;
    }
    const struct bench *bench = benches;
    while (bench != NULL && strcmp(bench->name, argv[1]) != 0) {
        bench = bench->priv_next;
    }
    if (bench == NULL) {
        fprintf(stderr, "bench_count: no benchmark '%s'\n", argv[1]);
        return 2;
    }
    if (bench->setup != NULL && !bench->setup()) {
        fprintf(stderr, "bench_count: %s: %s\n", bench->name, skipped_because);
        return 1;
    }
    const uint64_t n = strtoull(argv[2], NULL, 10);
    bench->run(bench->batch != 0 ? bench->batch : BENCH_BATCH);
    bench_counted(bench, n);
    return 0;
}
