/* SPDX-License-Identifier: MIT
 *
 * fivelines.c: a program that is there already, and five lines that give it a flight recorder. No preload library, no
 * change of its build but the library: cc fivelines.c $(pkg-config --cflags --libs strandline-recorder)
 *
 *     STRAND_DIR=logs fivelines 20; logcat-merge logs
 */
#include "strand_recorder.h" // 1

#include <stdio.h>
#include <stdlib.h>

static unsigned long fibonacci(unsigned n)
{
    strand_log("fibonacci", n); // 2
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

int main(int argc, char **argv)
{
    const unsigned n = argc > 1 ? (unsigned)atoi(argv[1]) : 10;
    strand_log("asked for", n); // 3
    if (n > 30) {
        strand_log_level(17, "too much", n); // 4
        abort();
    }
    const unsigned long result = fibonacci(n);
    strand_log("answer", result); // 5
    printf("%lu\n", result);
    return 0;
}
