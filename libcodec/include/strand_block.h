/* SPDX-License-Identifier: MIT
 *
 * strand_block.h: the bytes of a stream file's headers: the file header and the block header, encoded, decoded,
 * and checked. strand_writer.h writes stream files with them, strand_reader.h reads.
 *
 *     │ file header │ block 1 │ block 2 │ …                 grows
 *     │ file header │ block 5 │ block 2 │ block 3 │ block 4 │  ring: seq n stands in slot (n - 1) mod count
 *
 * Cost: O(bytes of the header), no allocation. Async-signal-safe. Spec: 8, 9.
 */
#ifndef STRAND_BLOCK_H
#define STRAND_BLOCK_H

#include "strand_base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define STRAND_FILE_MAGIC "\x89STR\r\n\x1a\n"
#define STRAND_FILE_MAGIC_LEN 8u
#define STRAND_BLOCK_MAGIC "\xF5SBK"
#define STRAND_BLOCK_MAGIC_LEN 4u
#define STRAND_FILE_FIXED_LEN 136u    /* the file header up to its clock tuples */
#define STRAND_FILE_HEADER_MAX 65536u /* longest file header */
#define STRAND_FILE_HEADER_RING 4096u /* file header of the ring files that this library writes */
#define STRAND_FILE_REFUSED_OFF 120u  /* the live count of refused records */
#define STRAND_CLOCK_LEN 32u          /* a clock tuple */
#define STRAND_BLOCK_HEADER_LEN 64u
#define STRAND_BLOCK_COMMITTED_OFF 20u /* the count of valid payload bytes in a block header */
#define STRAND_BLOCK_MIN 4096u
#define STRAND_BLOCK_MAX 1048576u

/* A file header. The spans point into the bytes it was decoded from, or to the caller's strings. Spec: 8.3. */
struct strand_file_header {
    uint16_t major;
    uint16_t minor;
    uint32_t header_len; /* bytes, multiple of 8; when encoding 0 = as short as it can be */
    uint64_t incompat;   /* STRAND_INCOMPAT_… */
    uint64_t compat;     /* STRAND_COMPAT_… */
    uint8_t session[16]; /* uuid of the session */
    uint8_t boot[16];    /* uuid of the boot; zeros: not known */
    uint32_t ordinal;    /* of the strand in its session */
    uint8_t kind;        /* enum strand_kind */
    uint8_t p_meaning;   /* enum strand_p_meaning */
    uint64_t pid;
    uint64_t tid;         /* thread that made the strand */
    uint64_t start_ns;    /* realtime, ns since 1970 */
    uint32_t block_size;  /* bytes */
    uint32_t block_count; /* 0: grows */
    uint32_t tick_num;    /* ns = ticks × tick_num / tick_den */
    uint32_t tick_den;
    uint64_t refused; /* live count in a ring file */
    uint16_t clock_count;
    struct strand_span clocks; /* clock_count × STRAND_CLOCK_LEN bytes, for strand_file_clock; when encoding too */
    struct strand_span name;   /* of the strand, UTF-8 */
    struct strand_span host;
    struct strand_span writer; /* name of the program or library that writes */
};

/* Decodes and checks a file header.
 * In: bytes[0 … len), the file's first bytes.
 * Out: *ret_need the bytes that are needed when the answer is STRAND_MORE.
 * Returns: STRAND_OK · STRAND_MORE · STRAND_BAD_MAGIC · STRAND_UNKNOWN_MAJOR · STRAND_UNKNOWN_FEATURE ·
 * STRAND_BAD_FILE_HEADER · STRAND_FILE_HEADER_CRC. Spec: 8. */
STRAND_API enum strand_status strand_file_header_decode(const uint8_t *bytes, size_t len,
                                                        struct strand_file_header *ret_header, size_t *ret_need);

/* Encodes a file header (major, minor and CRC are set here).
 * Out: *ret_len its length, a multiple of 8; with STRAND_FULL the length it needs.
 * Returns: STRAND_OK · STRAND_FULL · STRAND_BAD_ARGUMENT (values that a reader would reject). Spec: 8. */
STRAND_API enum strand_status strand_file_header_encode(const struct strand_file_header *header, uint8_t *buf,
                                                        size_t cap, size_t *ret_len);

/* Whether it is that of a merged file: a strand of records only. Spec: 11.4.1. */
static inline bool strand_file_is_merged(const struct strand_file_header *header)
{
    return header->kind == STRAND_KIND_RECORDS && header->compat % 2 == STRAND_COMPAT_MERGED;
}

/* Whether it is that of a fragment: some blocks of a strand that grows. Spec: 11.1.4. */
static inline bool strand_file_is_fragment(const struct strand_file_header *header)
{
    return header->block_count == 0 && header->compat / STRAND_COMPAT_FRAGMENT % 2 == 1 &&
           !strand_file_is_merged(header);
}

/* The i-th clock tuple, i < header->clock_count. */
STRAND_API struct strand_clock strand_file_clock(const struct strand_file_header *header, size_t i);

/* One clock tuple as it stands in a header: STRAND_CLOCK_LEN bytes. */
STRAND_API void strand_clock_encode(const struct strand_clock *clock, uint8_t *buf);

/* Ticks → ns by the header's frequency: floor(ticks × tick_num / tick_den) with a 128-bit intermediate, modulo
 * 2^64. Spec: 8.5. */
STRAND_API uint64_t strand_ticks_to_ns(const struct strand_file_header *header, uint64_t ticks);

/* Realtime of a tick by the last tuple at or before it, else the first; modulo 2^64.
 * Returns: ns since 1970; 0 when the header has no tuple, or its spans were not kept. Spec: 8.6. */
STRAND_API uint64_t strand_file_realtime(const struct strand_file_header *header, uint64_t tick);

/* A block header. Spec: 9.1. */
struct strand_block_header {
    uint16_t header_len;  /* bytes */
    uint8_t kind;         /* enum strand_kind */
    uint16_t flags;       /* STRAND_BLOCK_SEALED, STRAND_BLOCK_CRC */
    uint64_t seq;         /* from 1 */
    uint32_t payload_len; /* room for payload, bytes */
    uint32_t committed;   /* bytes of payload that are valid */
    uint64_t tick_first;
    uint64_t records_before; /* since the strand began */
    uint64_t bytes_before;
    uint64_t lost_before; /* refused records since the strand began */
    uint32_t payload_crc; /* CRC-32C, in a sealed block with STRAND_BLOCK_CRC */
    uint32_t header_crc;
};

/* Decodes a block header and checks it against itself and the strand it stands in (its CRC only where the flags
 * say so). In: bytes[0 … STRAND_BLOCK_HEADER_LEN), the strand's file header.
 * Returns: STRAND_OK · STRAND_BAD_BLOCK_HEADER · STRAND_BLOCK_HEADER_CRC. Spec: 9. */
STRAND_API enum strand_status strand_block_header_decode(const uint8_t *bytes, const struct strand_file_header *file,
                                                         struct strand_block_header *ret_header);

/* Encodes a block header as it stands (its CRCs too) into STRAND_BLOCK_HEADER_LEN bytes. */
STRAND_API void strand_block_header_encode(const struct strand_block_header *header, uint8_t *buf);

/* Seals a block in place: sets both CRCs of the block at `block` (header and payload), then the flags: stopped
 * anywhere, the block is open or sealed. The writer's last act on it. block must be 8-byte aligned.
 * Cost: O(committed). Spec: 9.3. */
STRAND_API void strand_block_seal(uint8_t *block);

/* The same without CRCs: where the memory is trusted and a pause of O(block) isn't wanted. Cost: O(1). Spec: 9.3. */
STRAND_API void strand_block_seal_bare(uint8_t *block);

/* Copies a block that another thread or process may be writing: the protocol of spec 9.4. Each of its bytes is read
 * once, and at most `cap` of them: where the block isn't trusted, cap is at most its size.
 * Out: a block in buf with its header and committed payload; *ret_len their length.
 * Returns: STRAND_OK · STRAND_AGAIN (it was recycled meanwhile: try again or give it up) · STRAND_FULL (longer than
 * cap) · STRAND_END (never used, or being recycled, or no block). block must be 8-byte aligned. */
STRAND_API enum strand_status strand_block_snapshot(const uint8_t *block, uint8_t *buf, size_t cap, size_t *ret_len);

/* CRC-32C (Castagnoli) of bytes[0 … len), continuing from crc; start with 0. Cost: O(len). Spec: 4.4. */
STRAND_API uint32_t strand_crc32c(uint32_t crc, const uint8_t *bytes, size_t len);

#ifdef __cplusplus
}
#endif

#endif
