/* SPDX-License-Identifier: MIT
 *
 * profile_child.c: programs whose profiles test_pprof.py looks at.
 *
 *     profile_child heap FILE        100 × 16 bytes, 40 of them freed; 3 × 1 MiB; 5 that come after the checkpoint
 *     profile_child events FILE      7 waits of 1000 ns, at two depths
 *     profile_child sampled FILE     sizes of 16 bytes to 64 KiB at one place, a sample for each 4096 bytes
 *     profile_child interposed FILE  every malloc and free of the program, four threads
 *
 * Prints what is expected of it where that isn't a constant.
 */
#define _GNU_SOURCE
#include "strand_profile.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OUTER __attribute__((noinline))
#define STAY() __asm__ volatile("" ::: "memory") // the call in front of it is no jump

#if defined(__has_feature)
#define HAS(feature) __has_feature(feature)
#else
#define HAS(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS(address_sanitizer)
#define INTERPOSES 0 // malloc is the sanitizer's
#else
#define INTERPOSES 1
#endif

static struct strand_profile heap = STRAND_PROFILE_HEAP(1);
static struct strand_profile sampled = STRAND_PROFILE_HEAP(4096);
static struct strand_profile waits = STRAND_PROFILE_EVENTS(1, "contentions", "delay", "nanoseconds");
static uint64_t addresses = 4096; // of allocations that nobody makes

static void checked(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "profile_child: %s\n", what);
        _exit(1);
    }
}

static int finish(struct strand_profile *profile, const char *path)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    checked(fd >= 0, "no such file");
    checked(strand_profile_write(profile, fd) == STRAND_OK, "not written");
    close(fd);
    return 0;
}

static const void *next_address(void)
{
    addresses += 16;
    return (const void *)(uintptr_t)addresses;
}

OUTER static const void *allocate_small(void)
{
    const void *address = next_address();
    strand_profile_alloc(&heap, address, 16);
    STAY();
    return address;
}

OUTER static void allocate_large(void)
{
    strand_profile_alloc(&heap, next_address(), 1048576);
    STAY();
}

static int run_heap(const char *path)
{
    for (int i = 0; i < 100; i++) {
        const void *address = allocate_small();
        if (i < 40) {
            strand_profile_free(&heap, address);
        }
    }
    for (int i = 0; i < 3; i++) {
        allocate_large();
    }
    checked(strand_profile_checkpoint(&heap) == STRAND_OK, "no checkpoint");
    for (int i = 0; i < 5; i++) {
        allocate_small();
    }
    return finish(&heap, path);
}

OUTER static void wait_briefly(void)
{
    strand_profile_add(&waits, 1000);
    STAY();
}

OUTER static void wait_deeply(void)
{
    wait_briefly();
    STAY();
}

static int run_events(const char *path)
{
    for (int i = 0; i < 5; i++) {
        wait_briefly();
    }
    for (int i = 0; i < 2; i++) {
        wait_deeply();
    }
    checked(strand_profile_checkpoint(&waits) == STRAND_OK, "no checkpoint");
    return finish(&waits, path);
}

OUTER static const void *allocate_any(uint64_t size)
{
    const void *address = next_address();
    strand_profile_alloc(&sampled, address, size);
    STAY();
    return address;
}

static int run_sampled(const char *path)
{
    uint64_t total[4] = {0};
    sampled.priv_seed = 1;
    for (uint64_t i = 0; i < 2000000; i++) {
        const uint64_t size = i % 1000 == 0 ? 65536 : i % 50 == 0 ? 2048 : 16;
        const bool is_freed = i % 4 != 0;
        const void *address = allocate_any(size);
        total[0] += 1;
        total[1] += size;
        total[2] += is_freed ? 0 : 1;
        total[3] += is_freed ? 0 : size;
        if (is_freed) {
            strand_profile_free(&sampled, address);
        }
    }
    checked(strand_profile_checkpoint(&sampled) == STRAND_OK, "no checkpoint");
    printf("%llu %llu %llu %llu\n", (unsigned long long)total[0], (unsigned long long)total[1],
           (unsigned long long)total[2], (unsigned long long)total[3]);
    return finish(&sampled, path);
}

// ---------------------------------------------------------------------------------------------------------------
// A malloc of our own, which tells the profile of everything

#if INTERPOSES
void *__libc_malloc(size_t size);
void __libc_free(void *address);

static struct strand_profile all = STRAND_PROFILE_HEAP(1);
static uint64_t mallocs;
static uint64_t frees;
static bool is_interposed;
static _Thread_local int depth __attribute__((tls_model("initial-exec")));

void *malloc(size_t size)
{
    void *address = __libc_malloc(size);
    checked(depth == 0, "the profile calls malloc");
    depth++;
    if (__atomic_load_n(&is_interposed, __ATOMIC_RELAXED) && address != NULL) {
        strand_profile_alloc(&all, address, size);
        __atomic_fetch_add(&mallocs, 1, __ATOMIC_RELAXED);
    }
    depth--;
    return address;
}

void free(void *address)
{
    checked(depth == 0, "the profile calls free");
    if (__atomic_load_n(&is_interposed, __ATOMIC_RELAXED) && address != NULL) {
        strand_profile_free(&all, address);
        __atomic_fetch_add(&frees, 1, __ATOMIC_RELAXED);
    }
    __libc_free(address);
}

OUTER static void *copy_of(const char *text)
{
    char *copy = malloc(strlen(text) + 1);
    STAY();
    memcpy(copy, text, strlen(text) + 1);
    return copy;
}

static void *copy_much(void *kept)
{
    for (int i = 0; i < 2000; i++) {
        free(copy_of("a text that nobody reads"));
    }
    *(void **)kept = copy_of("kept");
    return NULL;
}

static int run_interposed(const char *path)
{
    pthread_t threads[4];
    void *kept[4];
    __atomic_store_n(&is_interposed, true, __ATOMIC_RELAXED);
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, copy_much, &kept[i]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    __atomic_store_n(&is_interposed, false, __ATOMIC_RELAXED);
    checked(strand_profile_checkpoint(&all) == STRAND_OK, "no checkpoint");
    __atomic_store_n(&is_interposed, true, __ATOMIC_RELAXED); // while it is written, too
    finish(&all, path);
    __atomic_store_n(&is_interposed, false, __ATOMIC_RELAXED);
    printf("%llu %llu\n", (unsigned long long)mallocs, (unsigned long long)frees);
    for (int i = 0; i < 4; i++) {
        free(kept[i]);
    }
    return 0;
}
#endif

int main(int argc, char **argv)
{
    checked(argc == 3, "expected: profile_child MODE FILE");
    if (strcmp(argv[1], "heap") == 0) {
        return run_heap(argv[2]);
    }
    if (strcmp(argv[1], "events") == 0) {
        return run_events(argv[2]);
    }
    if (strcmp(argv[1], "sampled") == 0) {
        return run_sampled(argv[2]);
    }
#if INTERPOSES
    if (strcmp(argv[1], "interposed") == 0) {
        return run_interposed(argv[2]);
    }
#endif
    checked(false, "no such mode");
}
