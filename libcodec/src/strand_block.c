/* SPDX-License-Identifier: MIT
 *
 * strand_block.c: the headers of a stream file ↔ bytes, and what a block goes through: sealed by its writer, copied
 * by a reader while it is written.
 *
 * File header                                     Block header
 *     0 magic 89 "STR" 0D 0A 1A 0A                    0 magic F5 "SBK"
 *     8 header_len │ 12 major │ 14 minor              4 header_len / 8 │ 5 kind │ 6 flags
 *    16 crc │ 20 zero                                 8 seq
 *    24 incompat        32 compat                    16 payload_len │ 20 committed
 *    40 session uuid    56 boot uuid                 24 tick_first
 *    72 ordinal │ 76 kind │ 77 P │ 78 clock count    32 records_before
 *    80 pid             88 tid                       40 bytes_before
 *    96 start                                        48 lost_before
 *   104 block_size │ 108 block_count                 56 payload crc │ 60 header crc
 *   112 tick_num │ 116 tick_den
 *   120 refused, live: no part of the crc
 *   128 name_len │ 130 host_len │ 132 writer_len
 *   136 clock tuples, name, host, writer, zeros
 */
#include "strand_block.h"

#include "strand_bytes.h"
#include "strand_platform.h"

#define STRAND_INCOMPAT_KNOWN STRAND_INCOMPAT_NANO_DERIVED // all bits up to the newest

static bool strand_begins_with(const uint8_t *bytes, size_t len, const char *magic, size_t magic_len)
{
    for (size_t i = 0; i < magic_len && i < len; i++) {
        if (bytes[i] != (uint8_t)magic[i]) {
            return false;
        }
    }
    return true;
}

static void strand_put_magic(uint8_t *buf, const char *magic, size_t magic_len)
{
    for (size_t i = 0; i < magic_len; i++) {
        buf[i] = (uint8_t)magic[i];
    }
}

// ---------------------------------------------------------------------------------------------------------------
// File header

// CRC of a whole file header, its own place and that of the live count taken as zero.
static uint32_t strand_file_header_crc(const uint8_t *bytes, size_t len)
{
    const uint8_t zeros[8] = {0};
    uint32_t crc = strand_crc32c(0, bytes, 16);
    crc = strand_crc32c(crc, zeros, 4);
    crc = strand_crc32c(crc, bytes + 20, STRAND_FILE_REFUSED_OFF - 20);
    crc = strand_crc32c(crc, zeros, 8);
    return strand_crc32c(crc, bytes + STRAND_FILE_REFUSED_OFF + 8, len - STRAND_FILE_REFUSED_OFF - 8);
}

static bool strand_is_header_len(uint32_t len)
{
    return len >= STRAND_FILE_FIXED_LEN && len <= STRAND_FILE_HEADER_MAX && len % 8 == 0;
}

static bool strand_is_block_size(uint32_t size)
{
    uint32_t power = STRAND_BLOCK_MIN;
    while (power < STRAND_BLOCK_MAX && power != size) {
        power *= 2;
    }
    return power == size;
}

// Bytes that the header's parts take; what is longer than any header is cut there.
static size_t strand_file_header_least(const struct strand_file_header *h)
{
    const size_t parts[3] = {h->name.len, h->host.len, h->writer.len};
    size_t least = STRAND_FILE_FIXED_LEN + (size_t)h->clock_count * STRAND_CLOCK_LEN;
    for (size_t i = 0; i < 3; i++) {
        least += parts[i] < STRAND_FILE_HEADER_MAX ? parts[i] : STRAND_FILE_HEADER_MAX;
    }
    return least;
}

static bool strand_file_header_sound(const struct strand_file_header *h)
{
    return h->kind >= STRAND_KIND_RECORDS && h->kind <= STRAND_KIND_DEFINITIONS &&
           strand_is_block_size(h->block_size) && h->block_count != 1 &&
           (h->kind != STRAND_KIND_DEFINITIONS || h->block_count == 0) && h->tick_num > 0 && h->tick_den > 0 &&
           strand_is_header_len(h->header_len) && strand_file_header_least(h) <= h->header_len;
}

// What stands at fixed places; the spans have their lengths only.
static struct strand_file_header strand_file_header_fixed(const uint8_t *bytes)
{
    struct strand_file_header h;
    h.header_len = strand_load_u32(bytes + 8);
    h.major = strand_load_u16(bytes + 12);
    h.minor = strand_load_u16(bytes + 14);
    h.incompat = strand_load_u64(bytes + 24);
    h.compat = strand_load_u64(bytes + 32);
    strand_copy(h.session, bytes + 40, sizeof h.session);
    strand_copy(h.boot, bytes + 56, sizeof h.boot);
    h.ordinal = strand_load_u32(bytes + 72);
    h.kind = bytes[76];
    h.p_meaning = bytes[77];
    h.clock_count = strand_load_u16(bytes + 78);
    h.pid = strand_load_u64(bytes + 80);
    h.tid = strand_load_u64(bytes + 88);
    h.start_ns = strand_load_u64(bytes + 96);
    h.block_size = strand_load_u32(bytes + 104);
    h.block_count = strand_load_u32(bytes + 108);
    h.tick_num = strand_load_u32(bytes + 112);
    h.tick_den = strand_load_u32(bytes + 116);
    h.refused = strand_load_u64(bytes + STRAND_FILE_REFUSED_OFF);
    h.clocks.len = (size_t)h.clock_count * STRAND_CLOCK_LEN;
    h.name.len = strand_load_u16(bytes + 128);
    h.host.len = strand_load_u16(bytes + 130);
    h.writer.len = strand_load_u16(bytes + 132);
    return h;
}

static void strand_file_header_place(struct strand_file_header *h, const uint8_t *bytes)
{
    h->clocks.data = bytes + STRAND_FILE_FIXED_LEN;
    h->name.data = h->clocks.data + h->clocks.len;
    h->host.data = h->name.data + h->name.len;
    h->writer.data = h->host.data + h->host.len;
}

enum strand_status strand_file_header_decode(const uint8_t *bytes, size_t len, struct strand_file_header *ret_header,
                                             size_t *ret_need)
{
    if (!strand_begins_with(bytes, len, STRAND_FILE_MAGIC, STRAND_FILE_MAGIC_LEN)) {
        return STRAND_BAD_MAGIC;
    }
    if (len < STRAND_FILE_FIXED_LEN) {
        *ret_need = STRAND_FILE_FIXED_LEN;
        return STRAND_MORE;
    }
    struct strand_file_header h = strand_file_header_fixed(bytes);
    if (!strand_is_header_len(h.header_len)) {
        return STRAND_BAD_FILE_HEADER;
    }
    if (len < h.header_len) {
        *ret_need = h.header_len;
        return STRAND_MORE;
    }
    if (strand_load_u32(bytes + 16) != strand_file_header_crc(bytes, h.header_len)) {
        return STRAND_FILE_HEADER_CRC;
    }
    if (h.major != STRAND_FORMAT_MAJOR) {
        return STRAND_UNKNOWN_MAJOR;
    }
    if (h.incompat > STRAND_INCOMPAT_KNOWN) {
        return STRAND_UNKNOWN_FEATURE;
    }
    if (!strand_file_header_sound(&h)) {
        return STRAND_BAD_FILE_HEADER;
    }
    strand_file_header_place(&h, bytes);
    *ret_header = h;
    return STRAND_OK;
}

static void strand_file_header_put(const struct strand_file_header *h, uint8_t *buf)
{
    strand_put_magic(buf, STRAND_FILE_MAGIC, STRAND_FILE_MAGIC_LEN);
    strand_store_u32(buf + 8, h->header_len);
    strand_store_u16(buf + 12, STRAND_FORMAT_MAJOR);
    strand_store_u16(buf + 14, STRAND_FORMAT_MINOR);
    strand_store_u64(buf + 24, h->incompat);
    strand_store_u64(buf + 32, h->compat);
    strand_copy(buf + 40, h->session, sizeof h->session);
    strand_copy(buf + 56, h->boot, sizeof h->boot);
    strand_store_u32(buf + 72, h->ordinal);
    buf[76] = h->kind;
    buf[77] = h->p_meaning;
    strand_store_u16(buf + 78, h->clock_count);
    strand_store_u64(buf + 80, h->pid);
    strand_store_u64(buf + 88, h->tid);
    strand_store_u64(buf + 96, h->start_ns);
    strand_store_u32(buf + 104, h->block_size);
    strand_store_u32(buf + 108, h->block_count);
    strand_store_u32(buf + 112, h->tick_num);
    strand_store_u32(buf + 116, h->tick_den);
    strand_store_u64(buf + STRAND_FILE_REFUSED_OFF, h->refused);
    strand_store_u16(buf + 128, (uint16_t)h->name.len);
    strand_store_u16(buf + 130, (uint16_t)h->host.len);
    strand_store_u16(buf + 132, (uint16_t)h->writer.len);
    size_t off = STRAND_FILE_FIXED_LEN;
    const struct strand_span parts[4] = {h->clocks, h->name, h->host, h->writer};
    for (size_t i = 0; i < 4; i++) {
        strand_copy(buf + off, parts[i].data, parts[i].len);
        off += parts[i].len;
    }
}

enum strand_status strand_file_header_encode(const struct strand_file_header *header, uint8_t *buf, size_t cap,
                                             size_t *ret_len)
{
    struct strand_file_header h = *header;
    if (h.header_len == 0) {
        h.header_len = (uint32_t)((strand_file_header_least(&h) + 7) / 8 * 8);
    }
    if (h.incompat > STRAND_INCOMPAT_KNOWN || h.clocks.len != (size_t)h.clock_count * STRAND_CLOCK_LEN ||
        !strand_file_header_sound(&h)) {
        return STRAND_BAD_ARGUMENT;
    }
    *ret_len = h.header_len;
    if (cap < h.header_len) {
        return STRAND_FULL;
    }
    for (size_t i = 0; i < h.header_len; i++) {
        buf[i] = 0;
    }
    strand_file_header_put(&h, buf);
    strand_store_u32(buf + 16, strand_file_header_crc(buf, h.header_len));
    return STRAND_OK;
}

// ---------------------------------------------------------------------------------------------------------------
// Clocks

struct strand_clock strand_file_clock(const struct strand_file_header *header, size_t i)
{
    STRAND_ASSERT(i < header->clocks.len / STRAND_CLOCK_LEN);
    const uint8_t *at = header->clocks.data + i * STRAND_CLOCK_LEN;
    const struct strand_clock clock = {strand_load_u64(at), strand_load_u64(at + 8), strand_load_u64(at + 16),
                                       strand_load_u64(at + 24)};
    return clock;
}

void strand_clock_encode(const struct strand_clock *clock, uint8_t *buf)
{
    strand_store_u64(buf, clock->tick);
    strand_store_u64(buf + 8, clock->monotonic_ns);
    strand_store_u64(buf + 16, clock->realtime_ns);
    strand_store_u64(buf + 24, clock->bracket_ns);
}

// Schoolbook, in digits of 32 bits: the product's upper two digits are `high`, its lowest is in `low`.
uint64_t strand_ticks_to_ns(const struct strand_file_header *header, uint64_t ticks)
{
    const uint64_t digit = 0x100000000u;
    const uint64_t low = ticks % digit * header->tick_num;
    const uint64_t high = ticks / digit * header->tick_num + low / digit;
    const uint64_t quotient_high = high / header->tick_den;
    const uint64_t quotient_low = (high % header->tick_den * digit + low % digit) / header->tick_den;
    return quotient_high % digit * digit + quotient_low;
}

uint64_t strand_file_realtime(const struct strand_file_header *header, uint64_t tick)
{
    const size_t count = header->clocks.len / STRAND_CLOCK_LEN;
    if (count == 0) {
        return 0;
    }
    struct strand_clock clock = strand_file_clock(header, 0);
    for (size_t i = 1; i < count; i++) {
        const struct strand_clock next = strand_file_clock(header, i);
        clock = next.tick <= tick ? next : clock;
    }
    return tick >= clock.tick ? strand_add_wrap(clock.realtime_ns, strand_ticks_to_ns(header, tick - clock.tick))
                              : strand_sub_wrap(clock.realtime_ns, strand_ticks_to_ns(header, clock.tick - tick));
}

// ---------------------------------------------------------------------------------------------------------------
// Block header

static bool strand_block_header_sound(const struct strand_block_header *h, const struct strand_file_header *file)
{
    const bool crc_of_open_block = h->flags % 4 == STRAND_BLOCK_CRC;
    return !crc_of_open_block && h->header_len >= STRAND_BLOCK_HEADER_LEN && h->kind == file->kind && h->seq > 0 &&
           h->payload_len == file->block_size - h->header_len && h->committed <= h->payload_len;
}

enum strand_status strand_block_header_decode(const uint8_t *bytes, const struct strand_file_header *file,
                                              struct strand_block_header *ret_header)
{
    if (!strand_begins_with(bytes, STRAND_BLOCK_HEADER_LEN, STRAND_BLOCK_MAGIC, STRAND_BLOCK_MAGIC_LEN)) {
        return STRAND_BAD_BLOCK_HEADER;
    }
    struct strand_block_header h;
    h.header_len = (uint16_t)(bytes[4] * 8u);
    h.kind = bytes[5];
    h.flags = strand_load_u16(bytes + 6);
    h.seq = strand_load_u64(bytes + 8);
    h.payload_len = strand_load_u32(bytes + 16);
    h.committed = strand_load_u32(bytes + 20);
    h.tick_first = strand_load_u64(bytes + 24);
    h.records_before = strand_load_u64(bytes + 32);
    h.bytes_before = strand_load_u64(bytes + 40);
    h.lost_before = strand_load_u64(bytes + 48);
    h.payload_crc = strand_load_u32(bytes + 56);
    h.header_crc = strand_load_u32(bytes + 60);
    if (h.flags % 4 == STRAND_BLOCK_SEALED + STRAND_BLOCK_CRC && h.header_crc != strand_crc32c(0, bytes, 60)) {
        return STRAND_BLOCK_HEADER_CRC;
    }
    if (!strand_block_header_sound(&h, file)) {
        return STRAND_BAD_BLOCK_HEADER;
    }
    *ret_header = h;
    return STRAND_OK;
}

void strand_block_header_encode(const struct strand_block_header *header, uint8_t *buf)
{
    strand_put_magic(buf, STRAND_BLOCK_MAGIC, STRAND_BLOCK_MAGIC_LEN);
    buf[4] = (uint8_t)(header->header_len / 8);
    buf[5] = header->kind;
    strand_store_u16(buf + 6, header->flags);
    strand_store_u64(buf + 8, header->seq);
    strand_store_u32(buf + 16, header->payload_len);
    strand_store_u32(buf + 20, header->committed);
    strand_store_u64(buf + 24, header->tick_first);
    strand_store_u64(buf + 32, header->records_before);
    strand_store_u64(buf + 40, header->bytes_before);
    strand_store_u64(buf + 48, header->lost_before);
    strand_store_u32(buf + 56, header->payload_crc);
    strand_store_u32(buf + 60, header->header_crc);
}

// ---------------------------------------------------------------------------------------------------------------
// Blocks

void strand_block_seal(uint8_t *block)
{
    uint8_t head[STRAND_BLOCK_HEADER_LEN];
    strand_copy(head, block, sizeof head);
    const size_t header_len = head[4] * 8u;
    strand_store_u16(head + 6, STRAND_BLOCK_SEALED + STRAND_BLOCK_CRC);
    strand_store_u32(head + 56, strand_crc32c(0, block + header_len, strand_load_u32(head + 20)));
    strand_copy(block + 56, head + 56, 4); // W10
    strand_store_u32(block + 60, strand_crc32c(0, head, 60));
    strand_publish_u32(block + 4, strand_load_u32(head + 4)); // W11
}

void strand_block_seal_bare(uint8_t *block)
{
    const uint32_t sealed = STRAND_BLOCK_SEALED * 0x10000u; // flags stand in the upper half of the word
    strand_publish_u32(block + 4, strand_own_u32(block + 4) % 0x10000 + sealed); // W11
}

enum strand_status strand_block_snapshot(const uint8_t *block, uint8_t *buf, size_t cap, size_t *ret_len)
{
    const uint64_t seq = strand_observe_u64(block + 8);        // R1
    const uint32_t shape = strand_observe_u32(block + 4);      // R2
    const uint32_t committed = strand_observe_u32(block + 20); // R3
    const size_t header_len = shape % 0x100 * 8;
    if (seq == 0 || header_len < STRAND_BLOCK_HEADER_LEN) {
        return STRAND_END;
    }
    if (cap < header_len || cap - header_len < committed) {
        return STRAND_FULL;
    }
    strand_copy(buf, block, 4); // R4
    strand_store_u32(buf + 4, shape);
    strand_store_u64(buf + 8, seq);
    strand_copy(buf + 16, block + 16, 4);
    strand_store_u32(buf + 20, committed);
    strand_copy(buf + 24, block + 24, header_len - 24 + committed);
    if (strand_observe_again_u64(block + 8) != seq) { // R5, R6
        return STRAND_AGAIN;
    }
    *ret_len = header_len + committed;
    return STRAND_OK;
}
