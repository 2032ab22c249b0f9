/* SPDX-License-Identifier: MIT
 *
 * gbench_shim.cc: struct bench → Google Benchmark: one iteration for each record, in batches.
 *
 * The counter `cycles` is what the time stamp counter says of the calls of run alone, per record. What drain takes is
 * neither in it nor in the time: the timer stands still meanwhile, once in a batch.
 */
#include "gbench_shim.h"

#include <benchmark/benchmark.h>

namespace {

struct bench *benches = nullptr;
thread_local const char *skipped_because = "setup failed";

uint64_t ticks()
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    return 0;
#endif
}

void run(benchmark::State &state, const struct bench *bench)
{
    const uint64_t batch = bench->batch != 0 ? bench->batch : BENCH_BATCH;
    if (bench->setup != nullptr && !bench->setup()) {
        state.SkipWithError(skipped_because);
        return;
    }
    bench->run(batch);
    uint64_t cycles = 0;
    while (state.KeepRunningBatch(static_cast<benchmark::IterationCount>(batch))) {
        const uint64_t start = ticks();
        bench->run(batch);
        cycles += ticks() - start;
        if (bench->drain != nullptr) {
            state.PauseTiming();
            bench->drain();
            state.ResumeTiming();
        }
    }
    const double records = static_cast<double>(state.iterations());
    state.SetItemsProcessed(state.iterations());
    state.counters["cycles"] = benchmark::Counter(static_cast<double>(cycles) / records);
    if (bench->bytes != nullptr) {
        state.counters["bytes"] = benchmark::Counter(bench->bytes());
    }
    if (bench->teardown != nullptr) {
        bench->teardown();
    }
}

} // namespace

extern "C" void bench_skip(const char *reason)
{
    skipped_because = reason;
}

extern "C" void bench_add(struct bench *bench)
{
    bench->priv_next = benches;
    benches = bench;
}

int main(int argc, char **argv)
{
    for (const struct bench *bench = benches; bench != nullptr; bench = bench->priv_next) {
        benchmark::RegisterBenchmark(bench->name, run, bench)->Unit(benchmark::kNanosecond);
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
