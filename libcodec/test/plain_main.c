/* SPDX-License-Identifier: MIT
 *
 * plain_main.c: runs the tests of one executable in one process, without Criterion, and reports in TAP.
 * Arguments: `--filter suite/test` runs that one alone.
 */
#define STRAND_TEST_PLAIN
#include "strand_test.h"

static struct strand_test *strand_tests;

void strand_test_add(struct strand_test *test)
{
    test->next = strand_tests;
    strand_tests = test;
}

_Noreturn void strand_test_fail(const char *file, int line, const char *what)
{
    printf("not ok # %s:%d: %s\n", file, line, what);
    fflush(stdout);
    abort();
}

int main(int argc, char **argv)
{
    const char *filter = argc == 3 && strcmp(argv[1], "--filter") == 0 ? argv[2] : NULL;
    int count = 0;
    for (const struct strand_test *test = strand_tests; test != NULL; test = test->next) {
        char name[256];
        snprintf(name, sizeof name, "%s/%s", test->suite, test->name);
        if (filter != NULL && strcmp(filter, name) != 0) {
            continue;
        }
        test->body();
        printf("ok %d - %s\n", ++count, name);
    }
    printf("1..%d\n", count);
    return count > 0 ? 0 : 1;
}
