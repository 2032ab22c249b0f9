/* SPDX-License-Identifier: MIT
 *
 * test_merge.c: the merge against a model that looks at every head.
 */
#include "strand_merge.h"
#include "strand_test.h"

#define INPUTS_MAX 70u
#define RECORDS_MAX 40u

struct input {
    uint64_t keys[RECORDS_MAX];
    unsigned count;
    unsigned next;
};

struct inputs {
    struct input input[INPUTS_MAX];
    struct strand_merge_head heads[INPUTS_MAX];
    uint32_t tree[2 * INPUTS_MAX];
    uint32_t count;
};

static void set_head(struct inputs *in, uint32_t i)
{
    const struct input *input = &in->input[i];
    in->heads[i].live = input->next < input->count;
    in->heads[i].key = in->heads[i].live ? input->keys[input->next] : 0;
}

static void start(struct inputs *in, struct strand_merge *m)
{
    for (uint32_t i = 0; i < in->count; i++) {
        in->input[i].next = 0;
        set_head(in, i);
    }
    CHECK_EQ(strand_merge_init(m, sizeof *m, STRAND_ABI_VERSION, in->heads, in->tree, in->count), STRAND_OK);
}

static bool model_next(const struct inputs *in, uint32_t *ret_input)
{
    bool found = false;
    for (uint32_t i = 0; i < in->count; i++) {
        if (in->heads[i].live && (!found || in->heads[i].key < in->heads[*ret_input].key)) {
            *ret_input = i;
            found = true;
        }
    }
    return found;
}

static void check_against_model(struct inputs *in)
{
    struct strand_merge m;
    uint32_t want = 0;
    uint32_t got = UINT32_MAX;
    start(in, &m);
    while (model_next(in, &want)) {
        CHECK_EQ(strand_merge_next(&m, &got), STRAND_OK);
        CHECK_EQ(got, want);
        in->input[got].next++;
        set_head(in, got);
        strand_merge_update(&m, got);
    }
    CHECK_EQ(strand_merge_next(&m, &got), STRAND_END);
    for (uint32_t i = 0; i < in->count; i++) {
        CHECK_EQ(in->input[i].next, in->input[i].count);
    }
}

TEST(merge, equals_the_model)
{
    static const uint64_t ranges[] = {1, 2, 5, 100, UINT64_MAX}; // few keys: many ties
    struct inputs in;
    uint64_t state = 1;
    for (in.count = 0; in.count <= INPUTS_MAX; in.count++) {
        for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++) {
            for (uint32_t i = 0; i < in.count; i++) {
                in.input[i].count = (unsigned)(strand_test_random(&state) % (RECORDS_MAX + 1));
                for (unsigned k = 0; k < in.input[i].count; k++) {
                    in.input[i].keys[k] = strand_test_random(&state) % ranges[r];
                }
            }
            check_against_model(&in);
        }
    }
}

TEST(merge, gives_ties_to_the_lower_input)
{
    struct inputs in = {.count = 5};
    struct strand_merge m;
    for (uint32_t i = 0; i < in.count; i++) {
        in.input[i] = (struct input){.keys = {7, 7}, .count = 2};
    }
    start(&in, &m);
    for (uint32_t n = 0; n < 10; n++) {
        uint32_t got = 0;
        CHECK_EQ(strand_merge_next(&m, &got), STRAND_OK);
        CHECK_EQ(got, n / 2);
        in.input[got].next++;
        set_head(&in, got);
        strand_merge_update(&m, got);
    }
}

TEST(merge, takes_the_largest_key_before_an_ended_input)
{
    struct inputs in = {.count = 3};
    in.input[1] = (struct input){.keys = {UINT64_MAX, UINT64_MAX, 0}, .count = 3};
    in.input[2] = (struct input){.keys = {UINT64_MAX}, .count = 1};
    check_against_model(&in);
}

TEST(merge, keeps_the_order_of_an_input_whose_time_goes_back)
{
    struct inputs in = {.count = 2};
    struct strand_merge m;
    static const uint32_t want[] = {1, 0, 0, 0, 1}; // 3 | 5 2 1 | 9: only heads are compared
    in.input[0] = (struct input){.keys = {5, 2, 1}, .count = 3};
    in.input[1] = (struct input){.keys = {3, 9}, .count = 2};
    start(&in, &m);
    for (size_t n = 0; n < 5; n++) {
        uint32_t got = 2;
        CHECK_EQ(strand_merge_next(&m, &got), STRAND_OK);
        CHECK_EQ(got, want[n]);
        in.input[got].next++;
        set_head(&in, got);
        strand_merge_update(&m, got);
    }
}

TEST(merge, takes_an_input_that_comes_back)
{
    struct strand_merge_head heads[3] = {{4, true}, {0, false}, {6, true}};
    uint32_t tree[6];
    struct strand_merge m;
    uint32_t got = 9;
    CHECK_EQ(strand_merge_init(&m, sizeof m, STRAND_ABI_VERSION, heads, tree, 3), STRAND_OK);
    CHECK_EQ(strand_merge_next(&m, &got), STRAND_OK);
    CHECK_EQ(got, 0);
    heads[1] = (struct strand_merge_head){4, true};
    strand_merge_update(&m, 1);
    strand_merge_next(&m, &got);
    CHECK_EQ(got, 0);
    heads[1].key = 3;
    strand_merge_update(&m, 1);
    strand_merge_next(&m, &got);
    CHECK_EQ(got, 1);
}

TEST(merge, init_checks_its_arguments)
{
    struct strand_merge_head head = {1, true};
    uint32_t tree[2];
    struct strand_merge m;
    uint32_t got = 9;
    CHECK_EQ(strand_merge_init(&m, sizeof m - 1, STRAND_ABI_VERSION, &head, tree, 1), STRAND_BAD_VERSION);
    CHECK_EQ(strand_merge_init(&m, sizeof m, STRAND_ABI_VERSION + 1, &head, tree, 1), STRAND_BAD_VERSION);
    CHECK_EQ(strand_merge_init(&m, sizeof m, STRAND_ABI_VERSION, &head, tree, 0x80000000u), STRAND_BAD_ARGUMENT);
    CHECK_EQ(strand_merge_init(&m, sizeof m, STRAND_ABI_VERSION, NULL, NULL, 0), STRAND_OK);
    CHECK_EQ(strand_merge_next(&m, &got), STRAND_END);
    CHECK_EQ(got, 9);
}
