/* SPDX-License-Identifier: MIT
 *
 * bench_read.c: reading back: frames, fields, order, text. In memory, one record an iteration; every run checks how
 * many records came, and a merge that they came in order.
 */
#include "gbench_shim.h"
#include "strand.h"
#include "workload.h"

#include <stdlib.h>

#define READ_RECORDS 4096u
#define READ_ROOM (READ_RECORDS * 64u + 64u)

static uint8_t strand[READ_ROOM];
static size_t strand_len;

static void encode_w1(struct strand_encoder *e)
{
    strand_encode_string(e, W1_MESSAGE, sizeof W1_MESSAGE - 1);
}

static void encode_w2(struct strand_encoder *e)
{
    strand_encode_string(e, W2_MESSAGE, sizeof W2_MESSAGE - 1);
    strand_encode_int(e, w2_a);
    strand_encode_int(e, w2_b);
    strand_encode_int(e, w2_c);
}

static void encode_w3(struct strand_encoder *e)
{
    strand_encode_string(e, "s", 1);
    strand_encode_string(e, w3_string, w3_string_len);
    strand_encode_uint(e, w3_u64);
    strand_encode_f64(e, w3_double);
}

// READ_RECORDS records of one kind, 40 ticks apart.
static bool fill(void (*encode)(struct strand_encoder *e))
{
    struct strand_encoder e;
    strand_encoder_init(&e, sizeof e, STRAND_ABI_VERSION, strand, sizeof strand);
    for (uint64_t i = 0; i < READ_RECORDS; i++) {
        strand_encode_begin(&e, 1000 + 40 * i, 1000 + 10 * i, -1);
        encode(&e);
        if (strand_encode_end(&e) != STRAND_OK) {
            return false;
        }
    }
    strand_len = strand_encoder_len(&e);
    return true;
}

static bool fill_w1(void)
{
    return fill(encode_w1);
}

static bool fill_w2(void)
{
    return fill(encode_w2);
}

static bool fill_w3(void)
{
    return fill(encode_w3);
}

static double bytes_each(void)
{
    return (double)(strand_len - STRAND_SYNC_LEN) / READ_RECORDS;
}

static void expect(bool condition)
{
    if (!condition) {
        abort();
    }
}

static struct strand_decoder decoder_of_all(void)
{
    struct strand_decoder d;
    strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION);
    strand_decoder_feed(&d, strand, strand_len, true);
    return d;
}

static bool next_record(struct strand_decoder *d, struct strand_frame *ret_frame)
{
    while (strand_decode_frame(d, ret_frame) == STRAND_OK) {
        if (ret_frame->kind == STRAND_FRAME_RECORD) {
            return true;
        }
    }
    return false;
}

static void walk(uint64_t n)
{
    struct strand_frame frame;
    for (; n >= READ_RECORDS; n -= READ_RECORDS) {
        struct strand_decoder d = decoder_of_all();
        uint64_t records = 0;
        while (next_record(&d, &frame)) {
            records++;
        }
        expect(records == READ_RECORDS && frame.tick == 1000 + 40 * (uint64_t)(READ_RECORDS - 1));
    }
}

static void decode(uint64_t n)
{
    struct strand_frame frame;
    struct strand_fields fields;
    struct strand_field field;
    for (; n >= READ_RECORDS; n -= READ_RECORDS) {
        struct strand_decoder d = decoder_of_all();
        uint64_t records = 0;
        while (next_record(&d, &frame)) {
            strand_fields_init(&fields, frame.body, STRAND_DIALECT_NATIVE);
            while (strand_decode_field(&fields, &field) == STRAND_OK) {
            }
            records++;
        }
        expect(records == READ_RECORDS);
    }
}

BENCH("decode/walk", .run = walk, .setup = fill_w2, .bytes = bytes_each)
BENCH("decode/full/W1", .run = decode, .setup = fill_w1, .bytes = bytes_each)
BENCH("decode/full/W2", .run = decode, .setup = fill_w2, .bytes = bytes_each)
BENCH("decode/full/W3", .run = decode, .setup = fill_w3, .bytes = bytes_each)

// ---------------------------------------------------------------------------------------------------------------
// Order

#define MERGE_MAX 1024u

static struct strand_merge_head heads[MERGE_MAX];
static uint32_t tree[2 * MERGE_MAX];

// The order alone, of k inputs whose times go forward by 1 to 64 ticks at random.
static void merge(uint64_t n, uint32_t k)
{
    struct strand_merge m;
    uint64_t random = 88172645463325252;
    uint64_t last = 0;
    for (uint32_t i = 0; i < k; i++) {
        heads[i] = (struct strand_merge_head){.key = 1000 + i, .live = true};
    }
    strand_merge_init(&m, sizeof m, STRAND_ABI_VERSION, heads, tree, k);
    while (n-- > 0) {
        uint32_t input = 0;
        expect(strand_merge_next(&m, &input) == STRAND_OK && heads[input].key >= last);
        last = heads[input].key;
        random = random * 6364136223846793005 + 1442695040888963407;
        heads[input].key += 1 + (random >> 58);
        strand_merge_update(&m, input);
    }
}

#define MERGE(k)                                                                                                     \
    static void merge_##k(uint64_t n)                                                                                \
    {                                                                                                                \
        merge(n, k);                                                                                                 \
    }                                                                                                                \
    BENCH("merge/k:" #k, .run = merge_##k)

MERGE(8)
MERGE(64)
MERGE(1024)

// ---------------------------------------------------------------------------------------------------------------
// Text

static char text_room[1024];

static void print(uint64_t n, enum strand_style style)
{
    const struct strand_printer printer = {.style = style};
    const struct strand_span no_label = {NULL, 0};
    struct strand_frame frame;
    for (; n >= READ_RECORDS; n -= READ_RECORDS) {
        struct strand_decoder d = decoder_of_all();
        uint64_t records = 0;
        while (next_record(&d, &frame)) {
            struct strand_text text = {text_room, sizeof text_room, 0};
            size_t bad_off;
            expect(strand_print_record(&text, &printer, 0, no_label, &frame, &bad_off) == STRAND_OK && text.len > 20);
            records++;
        }
        expect(records == READ_RECORDS);
    }
}

static void print_text(uint64_t n)
{
    print(n, STRAND_STYLE_TEXT);
}

static void print_canonical(uint64_t n)
{
    print(n, STRAND_STYLE_CANONICAL);
}

BENCH("print/text", .run = print_text, .setup = fill_w2, .bytes = bytes_each)
BENCH("print/canonical", .run = print_canonical, .setup = fill_w2, .bytes = bytes_each)
