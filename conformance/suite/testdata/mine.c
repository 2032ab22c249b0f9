/* SPDX-License-Identifier: MIT
 *
 * What somebody has who begins: a decoder of bare strands that knows syncs, records with times below 128, and one field
 * type, uint below 128. The driver of README.md in C is tested with it.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

void decode(const unsigned char *data, size_t len, FILE *out);

static uint64_t u64(const unsigned char *p)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--) {
        value = value << 8 | p[i];
    }
    return value;
}

static void record(const unsigned char *body, size_t len, uint64_t tick, uint64_t nano, FILE *out)
{
    long p = body[2] & 1 ? -(body[2] + 1L) / 2 : body[2] / 2L;
    fprintf(out, "{\"stream\":0,\"tick\":%" PRIu64 ",\"nano\":%" PRIu64 ",\"p\":%ld,\"fields\":[", tick + body[0],
            nano + body[1], p);
    for (size_t i = 3; i + 1 < len; i += 2) {
        fprintf(out, "%s{\"type\":\"uint\",\"value\":%d}", i > 3 ? "," : "", body[i + 1]);
    }
    fputs("]}\n", out);
}

void decode(const unsigned char *data, size_t len, FILE *out)
{
    uint64_t tick = 0, nano = 0;
    for (size_t at = 0; at < len;) {
        size_t size = len - at > 1 ? data[at] + 256u * data[at + 1] : 65535, frame = size == 0 ? 18 : size;
        if (frame < 5) {
            fprintf(out, "{\"diag\":\"corrupt\",\"stream\":0,\"offset\":%zu,\"code\":\"bad-size\"}\n", at);
            return;
        }
        if (frame > len - at) {
            fprintf(out, "{\"diag\":\"truncated\",\"stream\":0,\"offset\":%zu,\"code\":\"frame-past-end\"}\n", at);
            return;
        }
        if (size == 0) {
            tick = u64(data + at + 2);
            nano = u64(data + at + 10);
        } else {
            record(data + at + 2, size - 2, tick, nano, out);
        }
        at += frame;
    }
}
