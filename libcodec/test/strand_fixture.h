/* SPDX-License-Identifier: MIT
 *
 * strand_fixture.h: files of test/fixtures. Tests run in the folder test.
 */
#ifndef STRAND_FIXTURE_H
#define STRAND_FIXTURE_H

#include "strand_test.h"

/* The whole file fixtures/`name`, in memory of exactly its size, to be freed. */
static inline uint8_t *strand_fixture_read(const char *name, size_t *ret_len)
{
    char path[256];
    snprintf(path, sizeof path, "fixtures/%s", name);
    FILE *file = fopen(path, "rb");
    CHECK(file != NULL);
    CHECK(fseek(file, 0, SEEK_END) == 0);
    const long len = ftell(file);
    CHECK(len > 0);
    rewind(file);
    uint8_t *bytes = malloc((size_t)len);
    CHECK(bytes != NULL);
    CHECK_EQ(fread(bytes, 1, (size_t)len, file), len);
    fclose(file);
    *ret_len = (size_t)len;
    return bytes;
}

#endif
