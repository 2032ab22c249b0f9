/* SPDX-License-Identifier: MIT
 *
 * fuzz_merge.c: bare strands cut from the input, merged by tick. At every step the merge must give the input whose
 * head is the smallest, of equal ones the lowest; every record comes exactly once, each strand in its own order.
 *
 *     strand 0 … │ strand 1 … │ … │ where they are cut │ how many
 */
#include "fuzz.h"
#include "strand_merge.h"

#define INPUTS_MAX 16

struct input {
    struct strand_decoder decoder;
    uint64_t next_off;
    size_t records;
};

// The next record of an input becomes its head.
static void advance(struct input *input, struct strand_merge_head *head)
{
    struct strand_frame frame;
    enum strand_status status;
    while ((status = strand_decode_frame(&input->decoder, &frame)) != STRAND_END) {
        if (status == STRAND_OK && frame.kind == STRAND_FRAME_RECORD) {
            FUZZ_CHECK(frame.off >= input->next_off);
            input->next_off = frame.off + frame.len;
            input->records++;
            head->key = frame.tick;
            head->live = true;
            return;
        }
    }
    head->live = false;
}

static void start(struct input *input, const uint8_t *bytes, size_t len)
{
    *input = (struct input){.next_off = 0, .records = 0};
    FUZZ_CHECK(strand_decoder_init(&input->decoder, sizeof input->decoder, STRAND_ABI_VERSION) == STRAND_OK);
    FUZZ_CHECK(strand_decoder_feed(&input->decoder, bytes, len, true) == STRAND_OK);
}

static size_t count_records(const uint8_t *bytes, size_t len)
{
    struct input input;
    struct strand_merge_head head = {0, false};
    start(&input, bytes, len);
    do {
        advance(&input, &head);
    } while (head.live);
    return input.records;
}

// The rule of the format, word for word.
static bool naive_next(const struct strand_merge_head *heads, uint32_t count, uint32_t *ret_input)
{
    bool found = false;
    for (uint32_t i = 0; i < count; i++) {
        if (heads[i].live && (!found || heads[i].key < heads[*ret_input].key)) {
            *ret_input = i;
            found = true;
        }
    }
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    const uint32_t count = fuzz_choice(&in) % (INPUTS_MAX + 1);
    struct input inputs[INPUTS_MAX];
    struct strand_merge_head heads[INPUTS_MAX];
    size_t lens[INPUTS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        lens[i] = (size_t)fuzz_choice(&in) * 4;
    }
    size_t expected = 0;
    size_t off = 0;
    for (uint32_t i = 0; i < count; i++) {
        const size_t left = in.size - off;
        const size_t len = i + 1 == count || lens[i] > left ? left : lens[i];
        expected += count_records(in.data + off, len);
        start(&inputs[i], in.data + off, len);
        advance(&inputs[i], &heads[i]);
        off += len;
    }
    // The working memory is exactly as large as the contract says.
    uint32_t *tree = malloc(count > 0 ? 2 * count * sizeof *tree : 1);
    FUZZ_CHECK(tree != NULL);
    struct strand_merge m;
    FUZZ_CHECK(strand_merge_init(&m, sizeof m, STRAND_ABI_VERSION, heads, tree, count) == STRAND_OK);
    uint32_t naive = 0;
    uint32_t next = 0;
    size_t merged = 0;
    while (naive_next(heads, count, &naive)) {
        FUZZ_CHECK(strand_merge_next(&m, &next) == STRAND_OK && next == naive);
        merged++;
        advance(&inputs[next], &heads[next]);
        strand_merge_update(&m, next);
    }
    FUZZ_CHECK(strand_merge_next(&m, &next) == STRAND_END);
    FUZZ_CHECK(merged == expected);
    free(tree);
    return 0;
}
