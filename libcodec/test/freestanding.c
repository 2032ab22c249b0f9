/* SPDX-License-Identifier: MIT
 *
 * freestanding.c: a program without a libc. It links the whole library with -nostdlib and the four functions that a
 * compiler may call on its own, so it links only if libcodec needs nothing else; it writes a record, reads it back,
 * and exits with 0 when it came back whole.
 */
#include "strand.h"

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
_Noreturn void start(void);

// volatile: else the compiler finds out what a loop does and calls the function that it stands in.

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    volatile uint8_t *out = to;
    const uint8_t *in = from;
    for (size_t i = 0; i < n; i++) {
        out[i] = in[i];
    }
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    volatile uint8_t *out = to;
    const volatile uint8_t *in = from;
    for (size_t i = 0; i < n; i++) {
        const size_t at = (uintptr_t)to < (uintptr_t)from ? i : n - 1 - i;
        out[at] = in[at];
    }
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    volatile uint8_t *out = to;
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)byte;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    for (size_t i = 0; i < n; i++) {
        const int difference = left[i] - right[i];
        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}

static bool reads_back(const uint8_t *bytes, size_t len)
{
    struct strand_decoder d;
    struct strand_frame frame;
    struct strand_fields fields;
    struct strand_field number;
    struct strand_field word;
    if (strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION) != STRAND_OK ||
        strand_decoder_feed(&d, bytes, len, true) != STRAND_OK) {
        return false;
    }
    do {
        if (strand_decode_frame(&d, &frame) != STRAND_OK) {
            return false;
        }
    } while (frame.kind != STRAND_FRAME_RECORD);
    strand_fields_init(&fields, frame.body, STRAND_DIALECT_NATIVE);
    return frame.tick == 1000 && frame.nano == 2000 && frame.p == 3 &&
           strand_decode_field(&fields, &number) == STRAND_OK && number.svalue == -42 &&
           strand_decode_field(&fields, &word) == STRAND_OK && word.data.len == 6 &&
           memcmp(word.data.data, "strand", 6) == 0 && strand_decode_field(&fields, &word) == STRAND_END &&
           strand_decode_frame(&d, &frame) == STRAND_END;
}

static bool round_trip(void)
{
    uint8_t buf[256];
    struct strand_encoder e;
    if (strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, buf, sizeof buf) != STRAND_OK) {
        return false;
    }
    strand_encode_begin(&e, 1000, 2000, 3);
    strand_encode_int(&e, -42);
    strand_encode_string(&e, "strand", 6);
    return strand_encode_end(&e) == STRAND_OK && reads_back(buf, strand_encoder_len(&e));
}

#if defined(__x86_64__)

__asm__(".globl _start\n"
        "_start:\n"
        "    xor %ebp, %ebp\n"
        "    and $-16, %rsp\n"
        "    call start\n");

static void leave(long status)
{
    __asm__ volatile("syscall" : : "a"(60L), "D"(status) : "rcx", "r11", "memory");
}

#elif defined(__aarch64__)

__asm__(".globl _start\n"
        "_start:\n"
        "    mov x29, xzr\n"
        "    bl start\n");

static void leave(long status)
{
    register long number __asm__("x8") = 93;
    register long argument __asm__("x0") = status;
    __asm__ volatile("svc #0" : : "r"(number), "r"(argument) : "memory");
}

#endif

_Noreturn void start(void)
{
    leave(round_trip() ? 0 : 1);
    __builtin_unreachable();
}
