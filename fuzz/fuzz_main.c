/* SPDX-License-Identifier: MIT
 *
 * fuzz_main.c: main() for every harness, in the manner of zstd's.
 *
 * Compiled with afl-clang-fast it is a persistent-mode target with its cases in shared memory. Compiled with
 * anything else it replays the files that its arguments name, folders with all that is in them, and prints how many
 * there were. libFuzzer brings a main() of its own and leaves this file out.
 */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

// A case in shared memory has no end that a sanitizer knows of; a block of its own has.
static void run(const uint8_t *data, size_t size)
{
    uint8_t *block = fuzz_copy(data, size);
    LLVMFuzzerTestOneInput(block, size);
    free(block);
}

#ifdef __AFL_HAVE_MANUAL_CONTROL

__AFL_FUZZ_INIT();

int main(void)
{
    __AFL_INIT();
    const uint8_t *shared = __AFL_FUZZ_TESTCASE_BUF;
    while (__AFL_LOOP(100000)) {
        run(shared, (size_t)__AFL_FUZZ_TESTCASE_LEN);
    }
    return 0;
}

#else

static _Noreturn void give_up(const char *path)
{
    perror(path);
    exit(2);
}

static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat about;
    if (file == NULL || fstat(fileno(file), &about) != 0) {
        give_up(path);
    }
    const size_t size = (size_t)about.st_size;
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL || fread(bytes, 1, size, file) != size) {
        give_up(path);
    }
    fclose(file);
    run(bytes, size);
    free(bytes);
}

static size_t replay(const char *path);

static size_t replay_folder(const char *path)
{
    struct dirent **entries;
    const int entry_count = scandir(path, &entries, NULL, alphasort);
    size_t count = 0;
    if (entry_count < 0) {
        give_up(path);
    }
    for (int i = 0; i < entry_count; i++) {
        char inner[4096];
        if (entries[i]->d_name[0] != '.') {
            snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
            count += replay(inner);
        }
        free(entries[i]);
    }
    free(entries);
    return count;
}

static size_t replay(const char *path)
{
    struct stat about;
    if (stat(path, &about) != 0) {
        give_up(path);
    }
    if (S_ISDIR(about.st_mode)) {
        return replay_folder(path);
    }
    replay_file(path);
    return 1;
}

int main(int argc, char **argv)
{
    size_t count = 0;
    for (int i = 1; i < argc; i++) {
        count += replay(argv[i]);
    }
    printf("%zu inputs\n", count);
    return count > 0 ? 0 : 2;
}

#endif
