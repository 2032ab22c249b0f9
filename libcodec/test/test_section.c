/* SPDX-License-Identifier: MIT
 *
 * test_section.c: files behind files: where one section ends and the next begins, also where the first was cut.
 */
#include "strand_test_file.h"

// Feeds a finder as a tool would. Out: bytes that it wanted.
static enum strand_status feed(struct strand_section_finder *f, const uint8_t *file, uint64_t start, uint64_t size,
                               uint64_t *ret_end, uint64_t *ret_wanted)
{
    uint8_t *given = NULL;
    uint64_t wanted = 0;
    enum strand_status status = strand_section_find(f, ret_end);
    while (status == STRAND_MORE) {
        const struct strand_want want = strand_section_want(f);
        CHECK(want.len > 0 && want.len <= STRAND_FILE_HEADER_MAX);
        CHECK(want.off >= start && want.off < size && want.len <= size - want.off);
        wanted += want.len;
        free(given);
        given = malloc(want.len);
        memcpy(given, file + want.off, want.len);
        strand_section_supply(f, given);
        status = strand_section_find(f, ret_end);
    }
    free(given);
    *ret_wanted = wanted;
    return status;
}

static enum strand_status find(const uint8_t *file, uint64_t start, uint64_t size, uint64_t *ret_end,
                               uint64_t *ret_wanted)
{
    struct strand_section_finder f;
    CHECK_EQ(strand_section_finder_init(&f, sizeof f, STRAND_ABI_VERSION, start, size), STRAND_OK);
    return feed(&f, file, start, size, ret_end, ret_wanted);
}

// Where the next section begins behind one that is refused.
static uint64_t behind_refused(const uint8_t *file, uint64_t start, uint64_t size)
{
    struct strand_section_finder f;
    uint64_t end = 0, wanted = 0;
    CHECK_EQ(strand_section_finder_init_refused(&f, sizeof f, STRAND_ABI_VERSION, start, size), STRAND_OK);
    CHECK_EQ(feed(&f, file, start, size, &end, &wanted), STRAND_OK);
    CHECK(wanted <= 2 * (size - start) + STRAND_FILE_FIXED_LEN);
    return end;
}

static uint64_t end_of(const uint8_t *file, uint64_t start, uint64_t size)
{
    uint64_t end = 0, wanted = 0;
    CHECK_EQ(find(file, start, size, &end, &wanted), STRAND_OK);
    CHECK(end > start && end <= size);
    return end;
}

// The first `kept` bytes of a, zeros, then b.
static struct test_file joined(const struct test_file *a, size_t kept, size_t zeros, const struct test_file *b)
{
    const struct test_file file = {test_memory(kept + zeros + b->len), kept + zeros + b->len};
    memcpy(file.data, a->data, kept);
    if (b->len > 0) {
        memcpy(file.data + kept + zeros, b->data, b->len);
    }
    return file;
}

TEST(section, one_file_is_one_section_and_only_headers_are_looked_at)
{
    uint64_t end = 0, wanted = 0;
    for (uint64_t records = 0; records < 200; records += 33) {
        const struct test_file file = test_grown(records, 8, true);
        CHECK_EQ(find(file.data, 0, file.len, &end, &wanted), STRAND_OK);
        CHECK_EQ(end, file.len);
        CHECK(wanted <= STRAND_FILE_FIXED_LEN + file.len / TEST_BLOCK * STRAND_BLOCK_HEADER_LEN);
        free(file.data);
    }
}

TEST(section, files_behind_each_other_come_apart_again)
{
    const struct test_file a = test_grown(100, 5, true), b = test_grown(60, 4, false), ring = test_ring(2, 200);
    const struct test_file ab = joined(&a, a.len, 0, &b), abr = joined(&ab, ab.len, 0, &ring);
    const struct test_file all = joined(&abr, abr.len, 0, &a);
    uint64_t off = 0;
    CHECK_EQ(off = end_of(all.data, off, all.len), a.len);
    CHECK_EQ(off = end_of(all.data, off, all.len), a.len + b.len);
    CHECK_EQ(off = end_of(all.data, off, all.len), a.len + b.len + ring.len);
    CHECK_EQ(off = end_of(all.data, off, all.len), all.len);
    free(all.data);
    free(abr.data);
    free(ab.data);
    free(ring.data);
    free(b.data);
    free(a.data);
}

TEST(section, the_next_section_is_found_wherever_the_first_was_cut)
{
    static struct test_result whole, got;
    const struct test_file a = test_grown(100, 5, true), b = test_grown(60, 4, true);
    test_read(a.data, 0, a.len, &whole);
    for (size_t kept = STRAND_FILE_FIXED_LEN; kept <= a.len; kept++) {
        const struct test_file file = joined(&a, kept, 0, &b);
        CHECK_EQ(end_of(file.data, 0, file.len), kept);
        CHECK_EQ(end_of(file.data, kept, file.len), file.len);
        if (kept % 64 == 9) {
            test_read(file.data, 0, kept, &got);
            uint64_t there = 0;
            for (size_t i = 0; i < whole.count; i++) {
                const struct test_item *item = &whole.items[i];
                there += item->kind == STRAND_ITEM_RECORD && item->off + item->len <= kept ? 1 : 0;
            }
            CHECK_EQ(test_check_loss(&got), there);
            test_read(file.data, kept, file.len, &got);
            CHECK_EQ(test_check_loss(&got), 60);
            CHECK_EQ(got.verdict, STRAND_VERDICT_CLOSED);
        }
        free(file.data);
    }
    free(b.data);
    free(a.data);
}

TEST(section, the_next_section_is_found_behind_zeros)
{
    const struct test_file a = test_grown(100, 5, false), b = test_grown(60, 4, true);
    for (size_t zeros = 0; zeros < 3 * TEST_BLOCK; zeros += 61) {
        const struct test_file file = joined(&a, a.len, zeros, &b);
        CHECK_EQ(end_of(file.data, 0, file.len), a.len + zeros);
        free(file.data);
    }
    const struct test_file nothing = {NULL, 0};
    const struct test_file file = joined(&a, a.len, 20 * TEST_BLOCK, &nothing);
    uint64_t end = 0, wanted = 0;
    CHECK_EQ(find(file.data, 0, file.len, &end, &wanted), STRAND_OK);
    CHECK_EQ(end, file.len);
    // The headers, and once all behind the last block's: that may have been cut short, and zeros may end anywhere.
    CHECK(wanted <= STRAND_FILE_FIXED_LEN + file.len / TEST_BLOCK * STRAND_BLOCK_HEADER_LEN + 22 * TEST_BLOCK);
    // Whether the file ends where a block would, or not.
    for (size_t off = a.len + 8; off < a.len + 2 * TEST_BLOCK; off += 1000) {
        memcpy(file.data + off, b.data, STRAND_FILE_FIXED_LEN);
        CHECK_EQ(end_of(file.data, 0, file.len), off);
        CHECK_EQ(end_of(file.data, 0, file.len - 5), off);
        memset(file.data + off, 0, STRAND_FILE_FIXED_LEN);
    }
    free(file.data);
    // A block that was cut short, the next section, and zeros up to where a block of the first section would end.
    const struct test_file both = joined(&a, a.len - 1000, 0, &b);
    const size_t grid = STRAND_FILE_FIXED_LEN + 40 * TEST_BLOCK;
    const struct test_file padded = joined(&both, both.len, grid - both.len, &nothing);
    CHECK_EQ(end_of(padded.data, 0, padded.len), a.len - 1000);
    free(padded.data);
    free(both.data);
    free(b.data);
    free(a.data);
}

TEST(section, a_later_block_is_not_taken_for_the_next_one)
{
    // A cut so that the other file's first block, which isn't that file's first any more, stands where A's second should.
    const struct test_file a = test_grown(100, 5, true), b = test_grown(100, 5, true);
    memmove(b.data + STRAND_FILE_FIXED_LEN, b.data + STRAND_FILE_FIXED_LEN + 2 * TEST_BLOCK,
            b.len - STRAND_FILE_FIXED_LEN - 2 * TEST_BLOCK);
    const struct test_file rest = {b.data, b.len - 2 * TEST_BLOCK}, file = joined(&a, TEST_BLOCK, 0, &rest);
    CHECK_EQ(end_of(file.data, 0, file.len), TEST_BLOCK);
    free(file.data);
    free(b.data);
    free(a.data);
}

TEST(section, a_place_without_a_block_may_hold_the_next_one)
{
    const struct test_file a = test_grown(100, 5, true);
    for (size_t off = STRAND_FILE_FIXED_LEN + 8; off < STRAND_FILE_FIXED_LEN + 3 * TEST_BLOCK;
         off += TEST_BLOCK / 2) {
        const struct test_file file = test_copy(a.data, a.len);
        memcpy(file.data + off, a.data, STRAND_FILE_FIXED_LEN);
        const size_t place = off - (off - STRAND_FILE_FIXED_LEN) % TEST_BLOCK;
        CHECK_EQ(end_of(file.data, 0, file.len), off < place + STRAND_BLOCK_HEADER_LEN ? off : file.len);
        file.data[place] ^= 1;
        CHECK_EQ(end_of(file.data, 0, file.len), off);
        CHECK_EQ(end_of(file.data, 0, place + TEST_BLOCK), off); // also where the file ends behind that place
        free(file.data);
    }
    free(a.data);
}

TEST(section, behind_what_is_refused_the_next_one_begins_anywhere)
{
    const struct test_file a = test_grown(100, 5, true);
    for (size_t off = 8; off + STRAND_FILE_FIXED_LEN <= a.len; off += 61) {
        const struct test_file file = test_copy(a.data, a.len);
        memcpy(file.data + off, a.data, STRAND_FILE_FIXED_LEN);
        CHECK_EQ(behind_refused(file.data, 0, file.len), off);
        CHECK_EQ(behind_refused(file.data, off, file.len), file.len);
        file.data[off + 60] ^= 1;
        CHECK_EQ(behind_refused(file.data, 0, file.len), file.len);
        free(file.data);
    }
    CHECK_EQ(behind_refused(a.data, a.len, a.len), a.len);
    CHECK_EQ(behind_refused(a.data, a.len - 1, a.len), a.len);
    free(a.data);
}

TEST(section, damage_inside_a_section_does_not_end_it)
{
    const struct test_file a = test_grown(100, 5, true), b = test_grown(60, 4, true);
    for (size_t at = STRAND_FILE_FIXED_LEN; at < a.len; at += 7) {
        const struct test_file file = joined(&a, a.len, 0, &b);
        file.data[at] ^= 0x55;
        CHECK_EQ(end_of(file.data, 0, file.len), a.len);
        free(file.data);
    }
    for (size_t at = STRAND_FILE_FIXED_LEN; at < a.len; at += 41) {
        const struct test_file head = joined(&a, at, 0, &b), tail = {a.data + at, a.len - at};
        const struct test_file bent = joined(&a, at, 3, &tail), file = joined(&bent, bent.len, 0, &b);
        CHECK_EQ(end_of(file.data, 0, file.len), a.len + 3);
        free(file.data);
        free(bent.data);
        free(head.data);
    }
    free(b.data);
    free(a.data);
}

TEST(section, a_ring_ends_where_its_header_says_or_with_the_file)
{
    const struct test_file ring = test_ring(2, 200);
    for (size_t kept = STRAND_FILE_HEADER_RING; kept <= ring.len; kept += 64) {
        CHECK_EQ(end_of(ring.data, 0, kept), kept);
    }
    free(ring.data);
}

TEST(section, a_section_that_is_not_understood_is_one)
{
    const struct test_file a = test_grown(100, 5, true), b = test_grown(60, 4, true);
    const struct test_file file = joined(&a, a.len, 0, &b), cut = joined(&a, a.len - 100, 0, &b);
    uint64_t end = 0, wanted = 0;
    strand_store_u16(file.data + a.len + 12, 900);
    CHECK_EQ(end_of(file.data, 0, file.len), file.len); // its checksum is wrong: damage, and no section
    test_reseal_header(file.data + a.len);
    CHECK_EQ(end_of(file.data, 0, file.len), a.len);
    CHECK_EQ(find(file.data, a.len, file.len, &end, &wanted), STRAND_UNKNOWN_MAJOR);
    uint8_t *header = cut.data + a.len - 100;
    strand_store_u64(header + 24, 4);
    test_reseal_header(header);
    CHECK_EQ(end_of(cut.data, 0, cut.len), a.len - 100);
    CHECK_EQ(find(cut.data, a.len - 100, cut.len, &end, &wanted), STRAND_UNKNOWN_FEATURE);
    free(cut.data);
    free(file.data);
    free(b.data);
    free(a.data);
}

TEST(section, what_is_no_section_says_why)
{
    const struct test_file file = test_grown(5, 2, true);
    struct strand_section_finder f;
    uint64_t end = 99, wanted = 0;
    for (size_t len = 0; len < STRAND_FILE_FIXED_LEN; len++) {
        CHECK_EQ(find(file.data, 0, len, &end, &wanted), STRAND_FILE_HEADER_PAST_END);
    }
    CHECK_EQ(find(file.data, 1, file.len, &end, &wanted), STRAND_BAD_MAGIC);
    file.data[60] ^= 1;
    CHECK_EQ(find(file.data, 0, file.len, &end, &wanted), STRAND_FILE_HEADER_CRC);
    CHECK_EQ(end, 99);
    CHECK_EQ(strand_section_finder_init(&f, sizeof f, STRAND_ABI_VERSION, 2, 1), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_section_finder_init(&f, sizeof f, STRAND_ABI_VERSION, 0, UINT64_MAX), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_section_finder_init(&f, sizeof f - 1, STRAND_ABI_VERSION, 0, 1), STRAND_BAD_VERSION);
    CHECK_EQ(strand_section_finder_init(&f, sizeof f, STRAND_ABI_VERSION + 1, 0, 1), STRAND_BAD_VERSION);
    free(file.data);
}

// Magic upon magic, each saying that a long header follows.
TEST(section, headers_everywhere_do_not_hold_it_up)
{
    static const uint8_t magic[] = STRAND_FILE_MAGIC;
    for (uint32_t claim = 136; claim <= STRAND_FILE_HEADER_MAX; claim = claim * 4 + 8) {
        for (size_t step = 8; step <= 40; step += 8) {
            const struct test_file a = test_grown(100, 5, true);
            const struct test_file file = {test_memory(20 * TEST_BLOCK), 20 * TEST_BLOCK};
            memcpy(file.data, a.data, STRAND_FILE_FIXED_LEN + TEST_BLOCK);
            for (size_t off = STRAND_FILE_FIXED_LEN + TEST_BLOCK; off + 16 <= file.len; off += step) {
                memcpy(file.data + off, magic, STRAND_FILE_MAGIC_LEN);
                strand_store_u32(file.data + off + 8, claim / 8 * 8);
                memcpy(file.data + off + 12, a.data + 12, 4);
            }
            for (size_t off = STRAND_FILE_FIXED_LEN + TEST_BLOCK; off < file.len; off += TEST_BLOCK) {
                file.data[off] = 0xFF; // where a block should be, a magic of a future version would do
            }
            uint64_t end = 0, wanted = 0;
            CHECK_EQ(find(file.data, 0, file.len, &end, &wanted), STRAND_OK);
            CHECK_EQ(end, file.len);
            CHECK(wanted <= 64 * file.len);
            free(file.data);
            free(a.data);
        }
    }
}
