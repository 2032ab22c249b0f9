/* SPDX-License-Identifier: MIT
 *
 * test_reader.c: stream files that grow and rings, cut, bent, and forged. What isn't hit is read; what is missing is
 * counted; nothing takes long.
 */
#include "strand_test_file.h"

#define HEADER STRAND_FILE_FIXED_LEN

// No damage makes a reader want more than this many times what the file has.
#define WANTED_FACTOR 64u

static void check_bounded(const struct test_result *got, size_t len)
{
    CHECK(got->wanted <= WANTED_FACTOR * ((uint64_t)len + TEST_BLOCK));
}

static size_t block_of(size_t off)
{
    return (off - HEADER) / TEST_BLOCK;
}

static uint8_t *block_in(const struct test_file *file, size_t index)
{
    return file->data + HEADER + index * TEST_BLOCK;
}

// Records of the block with this seq.
static uint64_t records_of(const struct test_result *got, uint64_t seq)
{
    uint64_t count = 0;
    for (size_t i = 0; i < got->count; i++) {
        count += got->items[i].kind == STRAND_ITEM_RECORD && got->items[i].seq == seq ? 1 : 0;
    }
    return count;
}

static const struct strand_diag *find_diag(const struct test_result *got, enum strand_status code)
{
    for (size_t i = 0; i < got->count; i++) {
        if (got->items[i].kind == STRAND_ITEM_DIAG && got->items[i].diag.code == code) {
            return &got->items[i].diag;
        }
    }
    strand_test_fail(__FILE__, __LINE__, "no such diagnostic");
}

// All records are there but those of block `seq` (1 …), and what is missing was told.
static void check_others(const struct test_result *got, const struct test_result *whole, uint64_t seq)
{
    const uint64_t blocks = test_count(whole, STRAND_ITEM_BLOCK);
    const uint64_t next = test_check_loss(got);
    for (uint64_t other = 1; other <= blocks; other++) {
        CHECK(other == seq || records_of(got, other) == records_of(whole, other));
    }
    CHECK_EQ(next, test_count(whole, STRAND_ITEM_RECORD) - (seq == blocks ? records_of(whole, seq) : 0));
}

// ---------------------------------------------------------------------------------------------------------------
// Cut

TEST(reader, a_file_cut_at_every_byte)
{
    static struct test_result whole, got;
    const struct test_file file = test_grown(120, 5, true);
    test_read(file.data, 0, file.len, &whole);
    CHECK(test_count(&whole, STRAND_ITEM_BLOCK) >= 3);
    for (size_t cut = 0; cut < file.len; cut++) {
        test_read(file.data, 0, cut, &got);
        if (cut < HEADER) {
            CHECK_EQ(got.status, STRAND_FILE_HEADER_PAST_END);
            continue;
        }
        uint64_t want = 0;
        for (size_t i = 0; i < whole.count; i++) {
            want +=
                whole.items[i].kind == STRAND_ITEM_RECORD && whole.items[i].off + whole.items[i].len <= cut ? 1 : 0;
        }
        const bool inside = (cut - HEADER) % TEST_BLOCK != 0;
        CHECK_EQ(test_check_loss(&got), want);
        CHECK_EQ(got.verdict, inside ? STRAND_VERDICT_TRUNCATED : STRAND_VERDICT_OPEN);
        CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), inside ? 1 : 0);
        if (inside) {
            CHECK_EQ(got.items[got.count - 1].diag.code, STRAND_BLOCK_PAST_END);
            CHECK_EQ(got.items[got.count - 1].diag.off, HEADER + block_of(cut) * TEST_BLOCK);
        }
    }
    free(file.data);
}

TEST(reader, the_wanted_bytes_may_turn_out_not_to_be_there)
{
    static struct test_result whole;
    const struct test_file file = test_grown(120, 5, true);
    test_read(file.data, 0, file.len, &whole);
    for (size_t cut = 0; cut < file.len; cut += 13) {
        struct strand_reader r;
        struct strand_item item;
        uint64_t records = 0;
        CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, file.len), STRAND_OK);
        enum strand_status status = strand_reader_next(&r, &item);
        for (; status == STRAND_OK || status == STRAND_MORE; status = strand_reader_next(&r, &item)) {
            const struct strand_want want = strand_reader_want(&r);
            if (status == STRAND_OK) {
                records += item.kind == STRAND_ITEM_RECORD ? 1 : 0;
            } else if (want.off + want.len > cut) {
                strand_reader_cut(&r, cut);
            } else {
                strand_reader_supply(&r, file.data + want.off);
            }
        }
        uint64_t there = 0;
        for (size_t i = 0; i < whole.count; i++) {
            there +=
                whole.items[i].kind == STRAND_ITEM_RECORD && whole.items[i].off + whole.items[i].len <= cut ? 1 : 0;
        }
        CHECK_EQ(status, cut < HEADER ? STRAND_FILE_HEADER_PAST_END : STRAND_END);
        CHECK_EQ(records, there);
    }
    free(file.data);
}

TEST(reader, a_ring_cut_at_every_place)
{
    static struct test_result got;
    uint8_t *mem = test_ring(4, 300).data;
    for (size_t cut = STRAND_FILE_HEADER_RING; cut < TEST_RING_LEN(4); cut += 31) {
        test_read(mem, 0, cut, &got);
        CHECK_EQ(got.status, STRAND_END);
        CHECK_EQ(got.verdict, STRAND_VERDICT_TRUNCATED);
        CHECK(test_told(&got, STRAND_BLOCK_PAST_END) >= 1);
        for (size_t i = 1; i < got.count; i++) {
            CHECK(got.items[i].seq >= got.items[i - 1].seq);
        }
    }
    free(mem);
}

TEST(reader, zeros_behind_the_last_block_are_no_damage)
{
    static struct test_result got;
    const struct test_file file = test_grown(100, 8, false);
    for (size_t zeros = 1; zeros < 3 * TEST_BLOCK; zeros += 500) {
        test_read(file.data, 0, file.len + zeros, &got);
        CHECK_EQ(test_check_loss(&got), 100);
        CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 0);
        CHECK_EQ(got.verdict, STRAND_VERDICT_ZERO_FILLED);
    }
    free(file.data);
}

// ---------------------------------------------------------------------------------------------------------------
// Bent

TEST(reader, a_byte_changed_costs_at_most_its_block)
{
    static struct test_result whole, got;
    static const uint8_t flips[4] = {0x01, 0x02, 0x80, 0xFF};
    const struct test_file file = test_grown(90, 4, true);
    test_read(file.data, 0, file.len, &whole);
    const uint64_t blocks = test_count(&whole, STRAND_ITEM_BLOCK);
    for (size_t at = HEADER; at < file.len; at++) {
        const size_t in_block = (at - HEADER) % TEST_BLOCK;
        const uint8_t *block = block_in(&file, block_of(at));
        const bool covered = in_block < STRAND_BLOCK_HEADER_LEN + strand_load_u32(block + 20);
        for (size_t i = 0; i < (covered ? 4 : 1); i++) {
            file.data[at] ^= flips[i];
            test_read(file.data, 0, file.len, &got);
            file.data[at] ^= flips[i];
            check_bounded(&got, file.len);
            const bool unchecked = in_block == 6 && flips[i] / 2 % 2 == 1; // no longer says that it has a checksum
            if (covered && !unchecked) {
                const uint64_t seq = block_of(at) + 1;
                check_others(&got, &whole, seq);
                CHECK_EQ(records_of(&got, seq), 0);
                CHECK_EQ(got.verdict, STRAND_VERDICT_CORRUPT);
                CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 2);
                CHECK_EQ(test_told(&got, STRAND_DAMAGED), 1);
                CHECK_EQ(find_diag(&got, STRAND_DAMAGED)->exact, seq < blocks);
            } else {
                CHECK_EQ(test_check_loss(&got), 90);
                CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
            }
        }
    }
    free(file.data);
}

TEST(reader, what_a_damaged_block_held_is_counted_in_bytes_too)
{
    static struct test_result got;
    const struct test_file file = test_grown(90, 4, true);
    const uint64_t committed = strand_load_u32(block_in(&file, 1) + 20);
    block_in(&file, 1)[500] ^= 1;
    test_read(file.data, 0, file.len, &got);
    const struct strand_diag *diag = find_diag(&got, STRAND_DAMAGED);
    CHECK_EQ(diag->off, HEADER + 2 * TEST_BLOCK);
    CHECK(diag->bytes_known && diag->exact);
    CHECK_EQ(diag->bytes, committed);
    CHECK_EQ(find_diag(&got, STRAND_BLOCK_PAYLOAD_CRC)->off, HEADER + TEST_BLOCK);
    block_in(&file, 1)[500] ^= 1;
    block_in(&file, 2)[600] ^= 1;
    test_read(file.data, 0, file.len, &got);
    diag = find_diag(&got, STRAND_DAMAGED);
    CHECK_EQ(diag->off, HEADER + 2 * TEST_BLOCK);
    CHECK(diag->bytes_known && !diag->exact);
    CHECK_EQ(diag->bytes, strand_load_u32(block_in(&file, 2) + 20));
    free(file.data);
}

TEST(reader, bytes_inserted_cost_at_most_their_block)
{
    static struct test_result whole, got;
    const struct test_file file = test_grown(90, 4, true);
    test_read(file.data, 0, file.len, &whole);
    uint8_t *bent = test_memory(file.len + 5000);
    for (size_t at = HEADER; at < file.len; at += at % TEST_BLOCK < HEADER + 70 ? 1 : 57) {
        for (size_t n = 1; n <= 4999; n = n * 17 + 1) {
            memcpy(bent, file.data, at);
            memset(bent + at, 0xF5, n);
            memcpy(bent + at + n, file.data + at, file.len - at);
            test_read(bent, 0, file.len + n, &got);
            check_bounded(&got, file.len + n);
            const bool behind_all = block_of(at) == 2 && records_of(&got, 3) > 0; // more zeros, at most
            CHECK(behind_all || got.verdict == STRAND_VERDICT_CORRUPT || got.verdict == STRAND_VERDICT_TRUNCATED);
            check_others(&got, &whole, records_of(&got, block_of(at) + 1) > 0 ? 0 : block_of(at) + 1);
        }
    }
    free(bent);
    free(file.data);
}

TEST(reader, bytes_deleted_cost_at_most_their_blocks)
{
    static struct test_result whole, got;
    const struct test_file file = test_grown(90, 4, true);
    test_read(file.data, 0, file.len, &whole);
    uint8_t *bent = test_memory(file.len);
    for (size_t n = 1; n < TEST_BLOCK; n = n * 5 + 1) {
        for (size_t at = HEADER; at < file.len - n; at += at % TEST_BLOCK < HEADER + 70 ? 1 : 57) {
            memcpy(bent, file.data, at);
            memcpy(bent + at, file.data + at + n, file.len - at - n);
            test_read(bent, 0, file.len - n, &got);
            check_bounded(&got, file.len);
            CHECK(got.verdict != STRAND_VERDICT_CLOSED && got.verdict != STRAND_VERDICT_OPEN);
            test_check_loss(&got);
            for (uint64_t seq = 1; seq <= 3; seq++) {
                const bool hit = seq == block_of(at) + 1 || seq == block_of(at + n - 1) + 1;
                CHECK(hit || records_of(&got, seq) == records_of(&whole, seq));
            }
        }
    }
    free(bent);
    free(file.data);
}

TEST(reader, the_open_block_is_found_where_bytes_were_inserted)
{
    static struct test_result got;
    const struct test_file file = test_grown(90, 4, false);
    const size_t at = HEADER + TEST_BLOCK + 100; // in the block in front of the open one
    const struct test_file bent = {test_memory(file.len + 3), file.len + 3};
    memcpy(bent.data, file.data, at);
    memcpy(bent.data + at + 3, file.data + at, file.len - at);
    test_read(bent.data, 0, bent.len, &got);
    CHECK_EQ(test_check_loss(&got), 90);
    CHECK_EQ(got.items[got.count - 1].seq, 3);
    free(bent.data);
    free(file.data);
}

TEST(reader, the_next_block_goes_before_what_only_looks_like_one)
{
    static struct test_result whole, got;
    const struct test_file file = test_grown(90, 4, true);
    test_read(file.data, 0, file.len, &whole);
    uint8_t *planted = block_in(&file, 1) + 1000;
    memcpy(planted, block_in(&file, 2), STRAND_BLOCK_HEADER_LEN);
    planted[8] = 9;
    strand_store_u32(planted + 60, strand_crc32c(0, planted, 60));
    block_in(&file, 1)[0] = 0;
    test_read(file.data, 0, file.len, &got);
    check_others(&got, &whole, 2);
    CHECK_EQ(test_told(&got, STRAND_BAD_BLOCK_HEADER), 1);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 2);
    free(file.data);
}

TEST(reader, a_block_of_zeros_is_counted)
{
    static struct test_result whole, got;
    const struct test_file file = test_grown(120, 5, true);
    test_read(file.data, 0, file.len, &whole);
    const uint64_t blocks = test_count(&whole, STRAND_ITEM_BLOCK);
    for (uint64_t seq = 1; seq <= blocks; seq++) {
        const struct test_file bent = test_copy(file.data, file.len);
        memset(block_in(&bent, (size_t)seq - 1), 0, TEST_BLOCK);
        test_read(bent.data, 0, bent.len, &got);
        check_others(&got, &whole, seq);
        CHECK_EQ(got.verdict, seq < blocks ? STRAND_VERDICT_CORRUPT : STRAND_VERDICT_ZERO_FILLED);
        CHECK_EQ(test_lost(&got, STRAND_DAMAGED), seq < blocks ? records_of(&whole, seq) : 0);
        CHECK_EQ(test_told(&got, STRAND_BAD_BLOCK_HEADER), seq < blocks ? 1 : 0);
        free(bent.data);
    }
    free(file.data);
}

TEST(reader, a_missing_block_is_counted)
{
    static struct test_result whole, got;
    const struct test_file file = test_grown(120, 5, true);
    test_read(file.data, 0, file.len, &whole);
    for (size_t gone = 0; gone < 3; gone++) {
        struct test_file bent = test_copy(file.data, file.len);
        memmove(block_in(&bent, gone), block_in(&bent, gone + 1), file.len - HEADER - (gone + 1) * TEST_BLOCK);
        bent.len -= TEST_BLOCK;
        test_read(bent.data, 0, bent.len, &got);
        CHECK_EQ(test_check_loss(&got), 120);
        CHECK_EQ(test_lost(&got, STRAND_MISSING_BLOCKS), records_of(&whole, gone + 1));
        CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 1);
        CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
        free(bent.data);
    }
    free(file.data);
}

TEST(reader, a_fragment_begins_anywhere)
{
    static struct test_result whole, got;
    const struct test_file file = test_grown(120, 5, true);
    test_read(file.data, 0, file.len, &whole);
    strand_store_u64(file.data + 32, STRAND_COMPAT_AMORTISED_CLOCK + STRAND_COMPAT_FRAGMENT);
    test_reseal_header(file.data);
    for (size_t gone = 0; gone < 3; gone++) {
        struct test_file bent = test_copy(file.data, file.len);
        memmove(block_in(&bent, gone), block_in(&bent, gone + 1), file.len - HEADER - (gone + 1) * TEST_BLOCK);
        bent.len -= TEST_BLOCK;
        test_read(bent.data, 0, bent.len, &got);
        CHECK_EQ(test_check_loss(&got), 120);
        CHECK_EQ(test_lost(&got, STRAND_OVERWRITTEN), gone == 0 ? records_of(&whole, 1) : 0);
        CHECK_EQ(test_lost(&got, STRAND_MISSING_BLOCKS), gone > 0 ? records_of(&whole, gone + 1) : 0);
        CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
        free(bent.data);
    }
    free(file.data);
}

// Around damage a block of a file that grows is found wherever it stands; of a fragment only in its place.
TEST(reader, in_a_fragment_nothing_is_searched)
{
    static struct test_result got;
    for (int fragment = 0; fragment < 2; fragment++) {
        const struct test_file file = test_grown(90, 4, true);
        strand_store_u64(file.data + 32, fragment == 1 ? STRAND_COMPAT_FRAGMENT : 0);
        test_reseal_header(file.data);
        const size_t second = HEADER + TEST_BLOCK;
        memmove(file.data + second - 100, file.data + second, file.len - second);
        file.data[HEADER + STRAND_BLOCK_HEADER_LEN] ^= 1;
        test_read(file.data, 0, second + 1000, &got);
        CHECK_EQ(test_count(&got, STRAND_ITEM_BLOCK), fragment == 1 ? 0 : 1);
        test_read(file.data, 0, second, &got);
        CHECK_EQ(test_count(&got, STRAND_ITEM_BLOCK), fragment == 1 ? 0 : 1);
        free(file.data);
    }
}

TEST(reader, blocks_in_the_wrong_order_are_not_read_twice_or_backwards)
{
    static struct test_result whole, got;
    const struct test_file file = test_grown(120, 5, true);
    test_read(file.data, 0, file.len, &whole);
    const size_t blocks = (size_t)test_count(&whole, STRAND_ITEM_BLOCK);
    for (size_t a = 0; a < blocks; a++) {
        for (size_t b = 0; b < blocks; b++) {
            const struct test_file bent = test_copy(file.data, file.len);
            memcpy(block_in(&bent, a), block_in(&file, b), TEST_BLOCK);
            memcpy(block_in(&bent, b), block_in(&file, a), TEST_BLOCK);
            test_read(bent.data, 0, bent.len, &got);
            test_check_loss(&got);
            CHECK((got.verdict == STRAND_VERDICT_CLOSED) == (a == b));
            memcpy(block_in(&bent, a), block_in(&file, b), TEST_BLOCK);
            memcpy(block_in(&bent, b), block_in(&file, b), TEST_BLOCK);
            test_read(bent.data, 0, bent.len, &got);
            test_check_loss(&got);
            CHECK_EQ(records_of(&got, b + 1), records_of(&whole, b + 1));
            free(bent.data);
        }
    }
    free(file.data);
}

TEST(reader, damage_inside_a_block_costs_what_it_hits)
{
    static struct test_result whole, got;
    const struct test_file file = test_grown(90, 4, false);
    test_read(file.data, 0, file.len, &whole);
    size_t victim = 0;
    while (whole.items[victim].number != 5 || whole.items[victim].kind != STRAND_ITEM_RECORD) {
        victim++;
    }
    uint8_t *frame = file.data + whole.items[victim].off;
    memset(frame + 2, 0xFF, 11); // a delta without an end
    strand_block_seal(block_in(&file, 0));
    test_read(file.data, 0, file.len, &got);
    CHECK_EQ(test_told(&got, STRAND_BAD_HEADER), 1);
    CHECK_EQ(find_diag(&got, STRAND_BAD_HEADER)->off, whole.items[victim].off);
    CHECK_EQ(test_lost(&got, STRAND_DAMAGED), 1);
    CHECK_EQ(find_diag(&got, STRAND_DAMAGED)->bytes, whole.items[victim].len);
    CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), 89);
    CHECK_EQ(got.verdict, STRAND_VERDICT_CORRUPT);
    strand_store_u16(frame, 3); // and a size that can't be: the rest of the block
    strand_block_seal(block_in(&file, 0));
    test_read(file.data, 0, file.len, &got);
    CHECK_EQ(find_diag(&got, STRAND_BAD_SIZE)->off, whole.items[victim].off);
    CHECK_EQ(test_lost(&got, STRAND_DAMAGED), records_of(&whole, 1) - 5);
    CHECK_EQ(test_lost(&got, STRAND_DAMAGED) + test_count(&got, STRAND_ITEM_RECORD), 90);
    free(file.data);
}

TEST(reader, damage_in_the_last_block_is_at_least)
{
    static struct test_result got;
    const struct test_file file = test_grown(5, 2, false);
    test_read(file.data, 0, file.len, &got);
    memset(file.data + got.items[3].off + 2, 0xFF, 11);
    test_read(file.data, 0, file.len, &got);
    CHECK_EQ(test_count(&got, STRAND_ITEM_RECORD), 4);
    const struct strand_diag *diag = find_diag(&got, STRAND_DAMAGED);
    CHECK(diag->exact_known && !diag->exact && diag->bytes_known);
    CHECK(diag->bytes > 0);
    free(file.data);
}

// ---------------------------------------------------------------------------------------------------------------
// Rings

TEST(reader, a_damaged_slot_costs_its_block)
{
    static struct test_result whole, got;
    static const size_t at[9] = {0, 4, 6, 8, 15, 16, 20, 56, 700};
    uint8_t *mem = test_ring(4, 300).data;
    test_read(mem, 0, TEST_RING_LEN(4), &whole);
    for (size_t slot = 0; slot < 4; slot++) {
        uint8_t *block = mem + STRAND_FILE_HEADER_RING + slot * TEST_BLOCK;
        const uint64_t seq = strand_load_u64(block + 8);
        const bool sealed = strand_load_u16(block + 6) != 0;
        for (size_t i = 0; i < (sealed ? 9 : 8); i++) {
            block[at[i]] ^= 0x41;
            test_read(mem, 0, TEST_RING_LEN(4), &got);
            block[at[i]] ^= 0x41;
            test_check_loss(&got);
            for (uint64_t other = whole.items[1].seq; other < whole.items[1].seq + 4; other++) {
                CHECK(other == seq || records_of(&got, other) == records_of(&whole, other));
            }
            CHECK(!sealed || got.verdict == STRAND_VERDICT_CORRUPT);
            CHECK(!sealed || records_of(&got, seq) == 0);
        }
    }
    free(mem);
}

TEST(reader, damage_that_a_ring_begins_with_is_what_its_last_line_is_about)
{
    static struct test_result got;
    uint8_t *mem = test_ring(4, 300).data;
    uint64_t newest = 0;
    size_t slot_of_newest = 0;
    for (size_t slot = 0; slot < 4; slot++) {
        const uint64_t seq = strand_load_u64(mem + STRAND_FILE_HEADER_RING + slot * TEST_BLOCK + 8);
        slot_of_newest = seq > newest ? slot : slot_of_newest;
        newest = seq > newest ? seq : newest;
    }
    // The newest block, and one between two good ones: what that held is told by the one behind it.
    mem[STRAND_FILE_HEADER_RING + slot_of_newest * TEST_BLOCK] ^= 1;
    mem[STRAND_FILE_HEADER_RING + (slot_of_newest + 2) % 4 * TEST_BLOCK] ^= 1;
    test_read(mem, 0, TEST_RING_LEN(4), &got);
    const struct strand_diag *last = &got.items[got.count - 1].diag;
    CHECK_EQ(got.items[got.count - 1].kind, STRAND_ITEM_DIAG);
    CHECK_EQ(last->code, STRAND_DAMAGED);
    CHECK(last->exact_known && !last->exact);
    CHECK_EQ(last->off, STRAND_FILE_HEADER_RING + slot_of_newest * TEST_BLOCK);
    free(mem);
}

TEST(reader, slots_that_were_exchanged_are_seen)
{
    static struct test_result got;
    static uint8_t kept[TEST_BLOCK];
    uint8_t *mem = test_ring(4, 300).data;
    uint8_t *first = mem + STRAND_FILE_HEADER_RING;
    memcpy(kept, first, TEST_BLOCK);
    memcpy(first, first + TEST_BLOCK, TEST_BLOCK);
    memcpy(first + TEST_BLOCK, kept, TEST_BLOCK);
    test_read(mem, 0, TEST_RING_LEN(4), &got);
    test_check_loss(&got);
    CHECK_EQ(test_told(&got, STRAND_BAD_BLOCK_HEADER), 2);
    CHECK_EQ(test_count(&got, STRAND_ITEM_BLOCK), 2);
    free(mem);
}

TEST(reader, a_slot_that_is_being_recycled_is_passed_over)
{
    static struct test_result whole, got;
    uint8_t *mem = test_ring(4, 300).data;
    test_read(mem, 0, TEST_RING_LEN(4), &whole);
    const uint64_t oldest = whole.items[1].seq;
    uint8_t *block = mem + STRAND_FILE_HEADER_RING + (size_t)((oldest - 1) % 4) * TEST_BLOCK;
    CHECK_EQ(strand_load_u64(block + 8), oldest);
    memset(block + 8, 0, 8);
    test_read(mem, 0, TEST_RING_LEN(4), &got);
    CHECK_EQ(test_check_loss(&got), 300);
    CHECK_EQ(test_count(&got, STRAND_ITEM_DIAG), 1);
    CHECK_EQ(test_lost(&got, STRAND_OVERWRITTEN), 300 - test_count(&got, STRAND_ITEM_RECORD));
    CHECK_EQ(got.verdict, STRAND_VERDICT_OPEN);
    free(mem);
}

TEST(reader, a_ring_says_it_has_more_slots_than_the_file)
{
    static struct test_result got;
    uint8_t *mem = test_ring(2, 3).data;
    struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 0xFFFFFFFFu);
    size_t len = 0;
    h.header_len = STRAND_FILE_HEADER_RING;
    CHECK_EQ(strand_file_header_encode(&h, mem, TEST_RING_LEN(2), &len), STRAND_OK);
    test_read(mem, 0, TEST_RING_LEN(2), &got);
    CHECK_EQ(test_check_loss(&got), 3);
    CHECK_EQ(got.verdict, STRAND_VERDICT_TRUNCATED);
    CHECK_EQ(find_diag(&got, STRAND_BLOCK_PAST_END)->off, TEST_RING_LEN(2));
    free(mem);
}

TEST(reader, each_byte_of_a_ring_is_wanted_once_and_headers_twice)
{
    static struct test_result got;
    uint8_t *mem = test_ring(4, 300).data;
    test_read(mem, 0, TEST_RING_LEN(4), &got);
    CHECK(got.wanted <= TEST_RING_LEN(4) + STRAND_FILE_FIXED_LEN + 4 * STRAND_BLOCK_HEADER_LEN);
    free(mem);
}

// ---------------------------------------------------------------------------------------------------------------
// Forged

TEST(reader, what_is_no_section_says_why)
{
    static struct test_result got;
    const struct test_file file = test_grown(5, 2, true);
    struct strand_reader r;
    file.data[0] ^= 1;
    test_read(file.data, 0, file.len, &got);
    CHECK_EQ(got.status, STRAND_BAD_MAGIC);
    test_read(file.data, 0, 1, &got);
    CHECK_EQ(got.status, STRAND_BAD_MAGIC);
    file.data[0] ^= 1;
    file.data[50] ^= 1;
    test_read(file.data, 0, file.len, &got);
    CHECK_EQ(got.status, STRAND_FILE_HEADER_CRC);
    file.data[50] ^= 1;
    file.data[12] ^= 7;
    test_read(file.data, 0, file.len, &got);
    CHECK_EQ(got.status, STRAND_FILE_HEADER_CRC);
    test_reseal_header(file.data);
    test_read(file.data, 0, file.len, &got);
    CHECK_EQ(got.status, STRAND_UNKNOWN_MAJOR);
    test_read(file.data, 3, 3, &got);
    CHECK_EQ(got.status, STRAND_FILE_HEADER_PAST_END);
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 5, 4), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, UINT64_MAX), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_reader_init(&r, sizeof r + 1, STRAND_ABI_VERSION, 0, 4), STRAND_BAD_VERSION);
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION + 1, 0, 4), STRAND_BAD_VERSION);
    free(file.data);
}

TEST(reader, refused_records_are_counted_from_what_was_told_last)
{
    static struct test_result got;
    static const uint64_t lost_before[4] = {0, 1000, 2, 9};
    const struct test_file file = test_grown(150, 8, true);
    for (size_t i = 0; i < 4; i++) {
        uint8_t *block = file.data + HEADER + i * TEST_BLOCK;
        strand_store_u64(block + 48, lost_before[i]);
        strand_block_seal(block);
    }
    test_read(file.data, 0, HEADER + 4 * TEST_BLOCK, &got);
    CHECK_EQ(test_told(&got, STRAND_REFUSED), 2);
    CHECK_EQ(test_lost(&got, STRAND_REFUSED), 1007);
    free(file.data);
}

TEST(reader, a_derived_nano_follows_from_the_tick_alone)
{
    static struct test_result got;
    struct strand_file_header h = test_file_header(STRAND_KIND_RECORDS, 0);
    h.incompat = STRAND_INCOMPAT_NANO_DERIVED;
    uint8_t *mem = test_memory(HEADER + TEST_BLOCK);
    struct strand_writer w = test_start(&h, mem, HEADER + TEST_BLOCK);
    CHECK_EQ(test_write(&w, 0), STRAND_OK);
    uint8_t *record = mem + HEADER + STRAND_BLOCK_HEADER_LEN + STRAND_SYNC_LEN;
    CHECK_EQ(record[5], 0); // behind its size and padded tick delta: the nano delta
    record[5] = 5;
    test_read(mem, 0, HEADER + TEST_BLOCK, &got);
    CHECK_EQ(got.items[1].kind, STRAND_ITEM_RECORD);
    CHECK_EQ(got.items[1].nano, 5000);
    free(mem);
}

TEST(reader, the_header_is_there_with_the_first_item)
{
    const struct test_file file = test_grown(5, 2, true);
    struct strand_reader r;
    struct strand_item item;
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, file.len), STRAND_OK);
    CHECK(strand_reader_header(&r) == NULL);
    while (strand_reader_next(&r, &item) == STRAND_MORE) {
        strand_reader_supply(&r, file.data + strand_reader_want(&r).off);
    }
    CHECK_EQ(item.kind, STRAND_ITEM_BLOCK);
    CHECK(strand_reader_header(&r) != NULL);
    CHECK_EQ(strand_reader_header(&r)->block_size, TEST_BLOCK);
    CHECK(strand_reader_header(&r)->name.data == NULL);
    free(file.data);
}

// A file that is all block headers, each with a right checksum, each claiming a whole block.
static void check_headers_everywhere(uint16_t flags, uint32_t committed, bool good_payload, uint32_t step)
{
    static struct test_result got;
    const size_t len = HEADER + 16 * TEST_BLOCK;
    uint8_t *mem = test_memory(len + TEST_BLOCK);
    const struct strand_file_header file = test_file_header(STRAND_KIND_RECORDS, 0);
    size_t header_len = 0;
    uint64_t seq = 2;
    CHECK_EQ(strand_file_header_encode(&file, mem, len, &header_len), STRAND_OK);
    for (size_t off = HEADER + step; off + STRAND_BLOCK_HEADER_LEN <= len; off += step) {
        const struct strand_block_header h = {.header_len = STRAND_BLOCK_HEADER_LEN,
                                              .kind = STRAND_KIND_RECORDS,
                                              .flags = flags,
                                              .seq = seq++,
                                              .payload_len = TEST_PAYLOAD,
                                              .committed = committed};
        strand_block_header_encode(&h, mem + off);
    }
    for (size_t off = HEADER + step; flags != 0 && off + STRAND_BLOCK_HEADER_LEN <= len; off += step) {
        strand_block_seal(mem + off);
        mem[off + 56] ^= good_payload ? 0 : 1;
        strand_store_u32(mem + off + 60, strand_crc32c(0, mem + off, 60));
    }
    struct strand_reader r;
    CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, len), STRAND_OK);
    test_run(&r, mem, 0, len, false, &got);
    check_bounded(&got, len);
    CHECK_EQ(got.status, STRAND_END);
    free(mem);
}

TEST(reader, block_upon_block_does_not_hold_it_up)
{
    for (uint32_t step = STRAND_BLOCK_HEADER_LEN; step <= 200; step += 17) {
        check_headers_everywhere(STRAND_BLOCK_SEALED + STRAND_BLOCK_CRC, TEST_PAYLOAD, false, step);
        check_headers_everywhere(STRAND_BLOCK_SEALED + STRAND_BLOCK_CRC, 0, true, step);
        check_headers_everywhere(0, TEST_PAYLOAD, true, step);
    }
}

TEST(reader, random_damage_never_holds_it_up)
{
    static struct test_result got;
    uint64_t state = 6;
    const struct test_file files[2] = {test_grown(120, 5, true), test_ring(4, 300)};
    for (int round = 0; round < 6000; round++) {
        const struct test_file *file = &files[round % 2];
        const size_t header_len = round % 2 == 0 ? HEADER : STRAND_FILE_HEADER_RING;
        const struct test_file bent = test_copy(file->data, file->len);
        for (uint64_t hits = strand_test_random(&state) % 20; hits > 0; hits--) {
            const uint64_t where = strand_test_random(&state);
            size_t at = header_len + (size_t)(where % (file->len - header_len));
            at -= where / 2 % 2 == 0 ? (at - header_len) % TEST_BLOCK % 64 : 0;
            bent.data[at] = (uint8_t)strand_test_random(&state);
        }
        struct strand_reader r;
        const size_t len = header_len + (size_t)(strand_test_random(&state) % (file->len - header_len));
        CHECK_EQ(strand_reader_init(&r, sizeof r, STRAND_ABI_VERSION, 0, round % 3 == 0 ? len : file->len),
                 STRAND_OK);
        test_run(&r, bent.data, 0, file->len, false, &got);
        check_bounded(&got, file->len);
        CHECK_EQ(got.status, STRAND_END);
        free(bent.data);
    }
    free(files[0].data);
    free(files[1].data);
}
