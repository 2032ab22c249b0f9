/* SPDX-License-Identifier: MIT
 *
 * fuzz_file.c: any bytes as a stream file, or as a bare strand, through the section finder and the reader; and stream
 * files that the writer wrote, read again.
 *
 *     file … │ window │ where it is cut off, when │ checksums made right? cut off? bare?
 *     script … │ damage: where, how, which block │ blocks, ring, sink │ 8
 *
 * What must hold of any bytes: the sections, and what is refused, cover the file; the finder and the reader agree on
 * what is one; each want lies in the section, and what is delivered in what was supplied; steps and wanted bytes are
 * bounded by the file's size; blocks come in the order of their seq; a bare strand's records are those that the decoder
 * finds.
 *
 * What must hold of a written file: each record is read as it was written, or told lost, and the counts are exact, also
 * where a sealed block is damaged; but for what is lost behind the last intact block, where they are lower bounds.
 */
#include "fuzz.h"
#include "strand_reader.h"
#include "strand_writer.h"

#define SECTION_LEN_MIN 136u
#define READ_AGAIN_MAX 64u /* how often a byte may be wanted, at most, all in all */
#define WANT_MIN 65536u    /* what small files may want on top of that */

// ---------------------------------------------------------------------------------------------------------------
// Checksums: without them right, nearly every input would end at the first one

static void make_file_header_right(uint8_t *at, size_t left)
{
    static const uint8_t zeros[8];
    const size_t len = left < SECTION_LEN_MIN ? 0 : at[8] + 256u * at[9];
    if (len < SECTION_LEN_MIN || len > left) {
        return;
    }
    uint32_t crc = strand_crc32c(0, at, 16);
    crc = strand_crc32c(crc, zeros, 4);
    crc = strand_crc32c(crc, at + 20, 100);
    crc = strand_crc32c(crc, zeros, 8);
    crc = strand_crc32c(crc, at + 128, len - 128);
    for (unsigned i = 0; i < 4; i++) {
        at[16 + i] = (uint8_t)(crc >> 8 * i);
    }
}

static void make_block_right(uint8_t *at, size_t left)
{
    if (left < STRAND_BLOCK_HEADER_LEN) {
        return;
    }
    const size_t header_len = at[4] * 8u;
    const size_t committed = at[20] + 256u * at[21] + 65536u * at[22] + 16777216u * at[23];
    if (header_len <= left && committed <= left - header_len) {
        const uint32_t crc = strand_crc32c(0, at + header_len, committed);
        for (unsigned i = 0; i < 4; i++) {
            at[56 + i] = (uint8_t)(crc >> 8 * i);
        }
    }
    const uint32_t crc = strand_crc32c(0, at, 60);
    for (unsigned i = 0; i < 4; i++) {
        at[60 + i] = (uint8_t)(crc >> 8 * i);
    }
}

static void make_checksums_right(uint8_t *file, size_t size)
{
    for (size_t i = 0; i + STRAND_FILE_MAGIC_LEN <= size; i++) {
        if (memcmp(file + i, STRAND_FILE_MAGIC, STRAND_FILE_MAGIC_LEN) == 0) {
            make_file_header_right(file + i, size - i);
        } else if (memcmp(file + i, STRAND_BLOCK_MAGIC, STRAND_BLOCK_MAGIC_LEN) == 0) {
            make_block_right(file + i, size - i);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Who supplies

// What was supplied last, in a block of its own, and all that was asked for.
struct supply {
    const uint8_t *file;
    uint64_t start, end;
    uint8_t *block;
    size_t len;
    uint64_t steps;
    uint64_t wanted;
};

static void count_step(struct supply *s)
{
    const uint64_t size = s->end - s->start;
    s->steps++;
    FUZZ_CHECK(s->steps <= READ_AGAIN_MAX * size + WANT_MIN);
    FUZZ_CHECK(s->wanted <= READ_AGAIN_MAX * size + WANT_MIN);
}

static const uint8_t *supply(struct supply *s, struct strand_want want)
{
    FUZZ_CHECK(want.len >= 1 && want.len <= STRAND_BLOCK_MAX);
    FUZZ_CHECK(want.off >= s->start && want.off < s->end && want.len <= s->end - want.off);
    free(s->block);
    s->block = fuzz_copy(s->file + want.off, want.len);
    s->len = want.len;
    s->wanted += want.len;
    return s->block;
}

static void drop_supply(struct supply *s)
{
    free(s->block);
    s->block = NULL;
    s->len = 0;
}

// ---------------------------------------------------------------------------------------------------------------
// Reading

struct cut {
    bool wanted;
    uint8_t at_step; // at which MORE
    uint8_t where;
};

static void check_item(const struct strand_item *item, const struct supply *s, uint64_t *seq,
                       struct fuzz_digest *records)
{
    const struct strand_span supplied = {s->block, s->len};
    switch (item->kind) {
    case STRAND_ITEM_BLOCK:
        FUZZ_CHECK(item->seq > *seq);
        *seq = item->seq;
        break;
    case STRAND_ITEM_RECORD:
        FUZZ_CHECK(item->frame.kind == STRAND_FRAME_RECORD && fuzz_inside(item->frame.body, supplied));
        FUZZ_CHECK(item->frame.off >= s->start && item->frame.off + item->frame.len <= s->end);
        fuzz_add_frame(records, &item->frame);
        break;
    case STRAND_ITEM_EVENT:
        FUZZ_CHECK(fuzz_inside(item->event.args, supplied) && fuzz_inside(item->event.text, supplied));
        FUZZ_CHECK(item->event.off >= s->start && item->event.off < s->end);
        break;
    case STRAND_ITEM_FRAME:
        FUZZ_CHECK(item->frame.kind == STRAND_FRAME_EXT && fuzz_inside(item->frame.body, supplied));
        FUZZ_CHECK(item->frame.ext_kind != STRAND_WIRE_FRAME_PAD && item->frame.ext_kind != STRAND_WIRE_FRAME_END);
        break;
    default:
        FUZZ_CHECK(item->kind == STRAND_ITEM_DIAG && strand_status_diag(item->diag.code) != 0);
        FUZZ_CHECK(item->diag.kind >= STRAND_DIAG_LOST && item->diag.kind <= STRAND_DIAG_UNSUPPORTED);
        FUZZ_CHECK(fuzz_inside(item->fields, supplied));
    }
}

// Reads to the end. Returns: STRAND_END, or why this is no section.
static enum strand_status read_all(struct strand_reader *r, struct supply *s, struct cut cut,
                                   struct fuzz_digest *records)
{
    struct strand_item item;
    uint64_t seq = 0;
    uint8_t supplies = 0;
    enum strand_status status;
    while ((status = strand_reader_next(r, &item)) == STRAND_OK || status == STRAND_MORE) {
        count_step(s);
        if (status == STRAND_OK) {
            check_item(&item, s, &seq, records);
            continue;
        }
        const struct strand_want want = strand_reader_want(r);
        if (cut.wanted && supplies++ == cut.at_step) {
            drop_supply(s);
            s->end = s->start + (want.off + want.len - s->start) * cut.where / 256;
            strand_reader_cut(r, s->end);
            cut.wanted = false;
        } else {
            strand_reader_supply(r, supply(s, want));
        }
    }
    drop_supply(s);
    FUZZ_CHECK(strand_reader_next(r, &item) == status);
    if (status == STRAND_END) {
        const enum strand_verdict verdict = strand_reader_verdict(r);
        FUZZ_CHECK(verdict >= STRAND_VERDICT_CLOSED && verdict <= STRAND_VERDICT_UNSUPPORTED);
    }
    return status;
}

static enum strand_status find_section(const uint8_t *file, uint64_t size, uint64_t start, bool refused,
                                       uint64_t *ret_end)
{
    struct supply s = {.file = file, .start = start, .end = size};
    struct strand_section_finder f;
    enum strand_status status =
        refused ? strand_section_finder_init_refused(&f, sizeof f, STRAND_ABI_VERSION, start, size)
                : strand_section_finder_init(&f, sizeof f, STRAND_ABI_VERSION, start, size);
    FUZZ_CHECK(status == STRAND_OK);
    while ((status = strand_section_find(&f, ret_end)) == STRAND_MORE) {
        count_step(&s);
        strand_section_supply(&f, supply(&s, strand_section_want(&f)));
    }
    drop_supply(&s);
    return status;
}

static void read_sections(const uint8_t *file, uint64_t size, struct cut cut)
{
    uint64_t start = 0;
    while (start < size) {
        uint64_t end = size;
        struct strand_reader r;
        struct fuzz_digest records = {0, 0};
        const enum strand_status found = find_section(file, size, start, false, &end);
        FUZZ_CHECK(found != STRAND_OK || (end >= start + SECTION_LEN_MIN && end <= size));
        FUZZ_CHECK(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, start, end) == STRAND_OK);
        struct supply s = {.file = file, .start = start, .end = end};
        const enum strand_status read = read_all(&r, &s, cut, &records);
        if (!cut.wanted) {
            FUZZ_CHECK(read == (found == STRAND_OK ? STRAND_END : found));
            FUZZ_CHECK((strand_reader_header(&r) != NULL) == (found == STRAND_OK));
        }
        if (found != STRAND_OK) {
            FUZZ_CHECK(find_section(file, size, start, true, &end) == STRAND_OK && end > start && end <= size);
        }
        start = end;
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Bare strands

static struct fuzz_digest decode_records(const uint8_t *bytes, size_t len)
{
    struct fuzz_digest records = {0, 0};
    struct strand_decoder d;
    struct strand_frame frame;
    enum strand_status status;
    FUZZ_CHECK(strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION) == STRAND_OK);
    strand_decoder_set_base(&d, 100, 200);
    FUZZ_CHECK(strand_decoder_feed(&d, bytes, len, true) == STRAND_OK);
    while ((status = strand_decode_frame(&d, &frame)) != STRAND_END) {
        if (status == STRAND_OK && frame.kind == STRAND_FRAME_RECORD) {
            fuzz_add_frame(&records, &frame);
        }
    }
    return records;
}

static void read_bare(const uint8_t *bytes, size_t size, size_t window, struct cut cut)
{
    struct strand_reader r;
    struct fuzz_digest records = {0, 0};
    struct supply s = {.file = bytes, .start = 0, .end = size};
    FUZZ_CHECK(strand_reader_init_bare(&r, sizeof r, STRAND_ABI_VERSION, 0, size, window) == STRAND_OK);
    strand_reader_set_base(&r, 100, 200);
    FUZZ_CHECK(read_all(&r, &s, cut, &records) == STRAND_END);
    FUZZ_CHECK(strand_reader_header(&r) == NULL);
    // Cut off or not: what was there when it ended.
    const struct fuzz_digest want = decode_records(bytes, (size_t)s.end);
    FUZZ_CHECK(cut.wanted || (records.hash == want.hash && records.answers == want.answers));
}

// ---------------------------------------------------------------------------------------------------------------
// Files that were written

#define RECORDS_MAX 2000
#define BLOCK_SIZE 4096u
#define BLOCKS_MAX 8u
#define FILE_MAX (STRAND_FILE_HEADER_RING + 64u * BLOCK_SIZE)

struct written {
    uint64_t tick, nano;
    int64_t p;
    size_t string_len;
};

struct session {
    struct fuzz_input in;
    struct strand_writer writer;
    struct written *records;
    uint64_t count; // committed
    uint64_t refused;
    uint64_t tick;
    bool closed;
    bool sunk_all; // the sink took every block
    uint8_t *file; // what the sink took
    size_t file_len;
};

// What a reading of the file gave.
struct account {
    uint64_t delivered, lost, refused;
    uint64_t next; // the lowest record that may come next
    bool exact;    // all losses were
};

// The header is always taken; of the blocks each whose byte of the script is not 0xFF.
static bool sink(void *context, const uint8_t *bytes, size_t len)
{
    struct session *s = context;
    if (len > FILE_MAX - s->file_len || (s->file_len > 0 && fuzz_next(&s->in) == 0xFF)) {
        s->sunk_all = false;
        return false;
    }
    memcpy(s->file + s->file_len, bytes, len);
    s->file_len += len;
    return true;
}

static void write_record(struct session *s)
{
    static const char text[768] = {'x'};
    struct strand_encoder *e;
    struct written record = {.tick = s->tick + fuzz_next(&s->in) * 65536u};
    record.nano = 1 + fuzz_next(&s->in);
    record.p = (int64_t)fuzz_next(&s->in) - 1;
    record.string_len = fuzz_next(&s->in) * 3u;
    s->tick = record.tick;
    enum strand_status status;
    unsigned tries = 0;
    do {
        FUZZ_CHECK(tries++ < 2);
        FUZZ_CHECK(strand_writer_begin(&s->writer, record.tick, record.nano, record.p, &e) == STRAND_OK);
        strand_encode_uint(e, s->count);
        strand_encode_string(e, text, record.string_len);
        if (record.p == 0) {
            FUZZ_CHECK(strand_writer_begin(&s->writer, 1, 1, 1, &e) == STRAND_BUSY);
            s->refused++;
        }
        status = strand_writer_end(&s->writer);
    } while (status == STRAND_AGAIN);
    FUZZ_CHECK(status == STRAND_OK || status == STRAND_FULL);
    if (status == STRAND_OK) {
        s->records[s->count++] = record;
    } else {
        s->refused++;
    }
    FUZZ_CHECK(strand_writer_records(&s->writer) == s->count && strand_writer_refused(&s->writer) == s->refused);
}

static void write_session(struct session *s)
{
    while (s->in.size > 0 && s->count < RECORDS_MAX) {
        const uint8_t op = fuzz_next(&s->in);
        if (op == 0xFF) {
            s->closed = strand_writer_close(&s->writer, s->tick, 1) == STRAND_OK;
            return;
        }
        if (op == 0xFE) {
            strand_writer_flush(&s->writer);
        } else {
            write_record(s);
        }
    }
}

static void check_written(const struct strand_frame *frame, const struct session *s, struct account *a)
{
    struct strand_fields fields;
    struct strand_field serial, string;
    strand_fields_init(&fields, frame->body, STRAND_DIALECT_NATIVE);
    FUZZ_CHECK(strand_decode_field(&fields, &serial) == STRAND_OK && serial.type == STRAND_WIRE_UINT);
    FUZZ_CHECK(serial.value >= a->next && serial.value < s->count);
    const struct written *record = &s->records[serial.value];
    const size_t limit = (BLOCK_SIZE - STRAND_BLOCK_HEADER_LEN) / 8;
    const size_t kept = record->string_len < limit ? record->string_len : limit;
    FUZZ_CHECK(frame->tick == record->tick && frame->nano == record->nano && frame->p == record->p);
    FUZZ_CHECK(strand_decode_field(&fields, &string) == STRAND_OK && string.data.len == kept);
    a->next = serial.value + 1;
    a->delivered++;
}

static void account_for(struct account *a, const struct strand_diag *diag)
{
    if (diag->kind == STRAND_DIAG_LOST) {
        FUZZ_CHECK(diag->records_known && diag->exact_known);
        a->exact = a->exact && diag->exact;
        a->lost += diag->code == STRAND_REFUSED ? 0 : diag->records;
        a->refused += diag->code == STRAND_REFUSED ? diag->records : 0;
    }
}

static struct account read_session(const struct session *s, const uint8_t *file, size_t len,
                                   enum strand_verdict *verdict)
{
    struct account a = {.exact = true};
    struct strand_reader r;
    struct strand_item item;
    enum strand_status status;
    FUZZ_CHECK(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, len) == STRAND_OK);
    while ((status = strand_reader_next(&r, &item)) != STRAND_END) {
        FUZZ_CHECK(status == STRAND_OK || status == STRAND_MORE);
        if (status == STRAND_MORE) {
            strand_reader_supply(&r, file + strand_reader_want(&r).off);
        } else if (item.kind == STRAND_ITEM_RECORD) {
            check_written(&item.frame, s, &a);
        } else if (item.kind == STRAND_ITEM_DIAG) {
            account_for(&a, &item.diag);
        }
    }
    *verdict = strand_reader_verdict(&r);
    return a;
}

// Flips bits of one byte of a sealed block, as far as it is used. Returns: whether there was one. A seq of 0 is what a
// writer leaves that is stopped while it recycles a block; nobody can tell damage from that.
static bool damage(uint8_t *file, size_t len, size_t header_len, struct fuzz_input *choices)
{
    static const uint8_t no_seq[8];
    const size_t blocks = (len - header_len) / BLOCK_SIZE;
    const uint8_t which = fuzz_choice(choices);
    const uint8_t bits = fuzz_choice(choices);
    const size_t where = fuzz_choice_u16(choices);
    if (blocks == 0 || bits == 0) {
        return false;
    }
    uint8_t *block = file + header_len + which % blocks * BLOCK_SIZE;
    const size_t used = STRAND_BLOCK_HEADER_LEN + block[20] + 256u * block[21];
    if (block[6] != (STRAND_BLOCK_SEALED | STRAND_BLOCK_CRC)) {
        return false;
    }
    block[where % used] ^= bits;
    return memcmp(block + 8, no_seq, sizeof no_seq) != 0;
}

static void check_accounts(const struct session *s, uint8_t *file, size_t len, size_t header_len,
                           struct fuzz_input choices)
{
    enum strand_verdict verdict;
    struct account a = read_session(s, file, len, &verdict);
    // A sink that fails, or that didn't get the last block, leaves a file without its end.
    const bool complete = s->file_len == 0 || (s->sunk_all && s->closed);
    FUZZ_CHECK(a.exact && a.delivered + a.lost <= s->count && a.refused <= s->refused);
    FUZZ_CHECK(!complete || a.delivered + a.lost == s->count);
    FUZZ_CHECK(!s->closed || !complete || (verdict == STRAND_VERDICT_CLOSED && a.refused == s->refused));
    const uint64_t told = a.delivered + a.lost;
    if (damage(file, len, header_len, &choices)) {
        a = read_session(s, file, len, &verdict);
        FUZZ_CHECK(a.exact ? a.delivered + a.lost == told : a.delivered + a.lost <= told);
    }
}

static void write_and_read(struct fuzz_input in)
{
    static struct written records[RECORDS_MAX];
    static uint8_t file[FILE_MAX];
    struct session s = {.records = records, .file = file, .tick = 1, .sunk_all = true};
    const uint8_t how = fuzz_choice(&in);
    const uint32_t blocks = how % BLOCKS_MAX + 1;
    const bool ring = how / 8 % 2 == 1 && blocks >= 2;
    const bool to_sink = how / 16 % 2 == 1 && !ring;
    struct fuzz_input choices = in;
    for (int i = 0; i < 4; i++) {
        fuzz_choice(&in);
    }
    s.in = in;
    const struct strand_file_header header = {.kind = STRAND_KIND_RECORDS,
                                              .p_meaning = STRAND_P_CPU,
                                              .block_size = BLOCK_SIZE,
                                              .block_count = ring ? blocks : 0,
                                              .tick_num = 1,
                                              .tick_den = 1};
    const size_t header_len = ring ? STRAND_FILE_HEADER_RING : STRAND_FILE_FIXED_LEN;
    const size_t mem_len = header_len + (to_sink ? 1 : blocks) * BLOCK_SIZE;
    uint8_t *mem = malloc(mem_len);
    FUZZ_CHECK(mem != NULL);
    memset(mem, 0xA5, mem_len);
    FUZZ_CHECK(strand_writer_init(&s.writer, sizeof s.writer, STRAND_ABI_VERSION, mem, mem_len, &header,
                                  to_sink ? sink : NULL, &s) == STRAND_OK);
    write_session(&s);
    if (!to_sink) {
        check_accounts(&s, mem, strand_writer_len(&s.writer), header_len, choices);
    } else if (s.file_len > 0) {
        check_accounts(&s, s.file, s.file_len, header_len, choices);
    }
    free(mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const uint8_t how = fuzz_choice(&in);
    if (how / 8 % 2 == 1) {
        write_and_read(in);
        return 0;
    }
    struct cut cut = {.wanted = how / 2 % 2 == 1};
    cut.at_step = fuzz_choice(&in);
    cut.where = fuzz_choice(&in);
    const size_t window = 1u + fuzz_choice(&in) * 16u;
    uint8_t *file = fuzz_copy(in.data, in.size);
    if (how % 2 == 0) {
        make_checksums_right(file, in.size);
    }
    if (how / 4 % 2 == 1) {
        read_bare(file, in.size, window, cut);
    } else {
        read_sections(file, in.size, cut);
    }
    free(file);
    return 0;
}
