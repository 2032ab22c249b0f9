/* SPDX-License-Identifier: MIT
 *
 * strand_text_float.c: floats as the shortest decimal that reads back as the same float.
 *
 * Steele & White's algorithm (1990) on integers that are large enough for every float, without tables and without
 * floating point. The value and its two neighbours are kept as exact fractions over one denominator:
 *
 *     value = r / s      half the gap below = down / s      half the gap above = up / s
 *
 * up is down, or twice that where value is a power of two (the gap below is half as wide there). r, down and up are
 * scaled by 10 until r + up comes just below s; then each step takes r × 10 / s as the next digit, and ends as soon
 * as what is left is less than the gap: every further digit would tell the float from no other.
 *
 * The largest number on the way is below 2^1081: that of 2^-1074, whose s is 2^1076, while r + up comes up to it.
 */
#include "strand_text.h"

#define STRAND_BIG_LIMBS 34u

// A natural number below 2^1088, its lowest 32 bits first; the limbs from `count` on are not used.
struct strand_big {
    uint32_t limbs[STRAND_BIG_LIMBS];
    unsigned count;
};

static void strand_big_set(struct strand_big *big, uint64_t v, unsigned shift)
{
    big->count = 0;
    while (big->count < shift / 32) {
        big->limbs[big->count++] = 0;
    }
    // v << (shift % 32) has at most 54 + 31 bits: three limbs.
    uint64_t low = (v & 0xFFFFFFFFu) << shift % 32;
    uint64_t high = (v >> 32 << shift % 32) + (low >> 32);
    big->limbs[big->count++] = (uint32_t)low;
    for (; high > 0; high >>= 32) {
        big->limbs[big->count++] = (uint32_t)high;
    }
}

static void strand_big_times(struct strand_big *big, uint32_t factor)
{
    uint64_t carry = 0;
    for (unsigned i = 0; i < big->count; i++) {
        carry += (uint64_t)big->limbs[i] * factor;
        big->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry > 0) {
        big->limbs[big->count++] = (uint32_t)carry;
    }
}

static uint32_t strand_big_limb(const struct strand_big *big, unsigned i)
{
    return i < big->count ? big->limbs[i] : 0;
}

// Sign of a + b × times - c.
static int strand_big_compare_sum(const struct strand_big *a, const struct strand_big *b, uint32_t times,
                                  const struct strand_big *c)
{
    unsigned count = a->count > b->count ? a->count : b->count;
    count = count > c->count ? count : c->count;
    int64_t carry = 0; // of the sum less c: what goes on to the next limb, 0 to 2, or -1
    bool rest = false; // some lower limb of the difference isn't 0
    for (unsigned i = 0; i < count; i++) {
        carry += (int64_t)strand_big_limb(a, i) + (int64_t)strand_big_limb(b, i) * times;
        carry -= (int64_t)strand_big_limb(c, i);
        rest = rest || (carry & 0xFFFFFFFF) != 0;
        carry = (carry - (carry & 0xFFFFFFFF)) / 0x100000000;
    }
    return carry < 0 ? -1 : carry > 0 || rest;
}

// Takes s off r where it is in there. Returns: whether it was.
static bool strand_big_reduce(struct strand_big *r, const struct strand_big *s)
{
    if (strand_big_compare_sum(r, s, 0, s) < 0) {
        return false;
    }
    int64_t borrow = 0;
    for (unsigned i = 0; i < r->count; i++) {
        borrow += (int64_t)r->limbs[i] - (int64_t)strand_big_limb(s, i);
        r->limbs[i] = (uint32_t)(borrow & 0xFFFFFFFF);
        borrow = borrow < 0 ? -1 : 0;
    }
    return true;
}

// A float apart from its sign: significand × 2^exponent.
struct strand_float {
    uint64_t significand;
    int exponent;
    bool power; // a power of two, whose lower neighbour is closer
};

// The digits of a float: 0.d1 d2 d3 … × 10^point.
struct strand_decimal {
    char digits[17];
    unsigned count;
    int point;
};

struct strand_fraction {
    struct strand_big r, s, down;
    uint32_t up; // up = down × this
    bool even;   // both ends of the gap read back as the float too: ties go to the even significand
};

static void strand_fraction_set(struct strand_fraction *f, const struct strand_float *value)
{
    unsigned above = value->exponent > 0 ? (unsigned)value->exponent : 0;
    unsigned below = value->exponent < 0 ? (unsigned)-value->exponent : 0;
    // The half gap below is 1 × 2^exponent over s = 2, or over 4 where the gap is half as wide.
    f->up = value->power ? 2 : 1;
    f->even = value->significand % 2 == 0;
    strand_big_set(&f->r, value->significand, above + f->up);
    strand_big_set(&f->s, 1, below + f->up);
    strand_big_set(&f->down, 1, above);
}

// Is r + up at s or beyond, so that it would round up to it?
static bool strand_fraction_reaches(const struct strand_fraction *f)
{
    int sign = strand_big_compare_sum(&f->r, &f->down, f->up, &f->s);
    return sign > 0 || (sign == 0 && f->even);
}

// Is r within the gap below: would the digits so far read back as the float?
static bool strand_fraction_is_spent(const struct strand_fraction *f)
{
    int sign = strand_big_compare_sum(&f->r, &f->down, 0, &f->down);
    return sign < 0 || (sign == 0 && f->even);
}

// Where both digits read back: is the upper one nearer, or as near and even?
static bool strand_fraction_rounds_up(const struct strand_fraction *f, unsigned digit)
{
    int sign = strand_big_compare_sum(&f->r, &f->r, 1, &f->s);
    return sign > 0 || (sign == 0 && digit % 2 == 1);
}

static void strand_fraction_times_10(struct strand_fraction *f)
{
    strand_big_times(&f->r, 10);
    strand_big_times(&f->down, 10);
}

// Makes the fraction the one behind the decimal point, as large as it can be. Returns: the place of the point.
static int strand_fraction_scale(struct strand_fraction *f)
{
    int point = 0;
    while (strand_fraction_reaches(f)) {
        strand_big_times(&f->s, 10);
        point++;
    }
    while (!strand_fraction_reaches(f)) {
        strand_fraction_times_10(f);
        point--;
    }
    return point + 1;
}

static void strand_decimal_set(struct strand_decimal *decimal, const struct strand_float *value)
{
    struct strand_fraction f;
    strand_fraction_set(&f, value);
    decimal->point = strand_fraction_scale(&f);
    decimal->count = 0;
    for (;;) {
        unsigned digit = 0;
        while (strand_big_reduce(&f.r, &f.s)) {
            digit++;
        }
        bool spent = strand_fraction_is_spent(&f);
        bool reaches = strand_fraction_reaches(&f);
        if (reaches && (!spent || strand_fraction_rounds_up(&f, digit))) {
            digit++;
        }
        decimal->digits[decimal->count++] = (char)('0' + digit);
        if (spent || reaches) {
            return;
        }
        strand_fraction_times_10(&f);
    }
}

static void strand_text_zeros(struct strand_text *text, int count)
{
    for (int i = 0; i < count; i++) {
        strand_text_byte(text, '0');
    }
}

static void strand_text_exponent(struct strand_text *text, const struct strand_decimal *decimal)
{
    strand_text_put(text, decimal->digits, 1);
    if (decimal->count > 1) {
        strand_text_byte(text, '.');
        strand_text_put(text, decimal->digits + 1, decimal->count - 1);
    }
    strand_text_byte(text, 'e');
    if (decimal->point > 0) {
        strand_text_byte(text, '+');
    }
    strand_text_int(text, decimal->point - 1);
}

static void strand_text_decimal(struct strand_text *text, const struct strand_decimal *decimal)
{
    int point = decimal->point, count = (int)decimal->count;
    if (point < -5 || point > 21) {
        strand_text_exponent(text, decimal);
    } else if (point <= 0) {
        STRAND_PUT(text, "0.");
        strand_text_zeros(text, -point);
        strand_text_put(text, decimal->digits, decimal->count);
    } else if (point >= count) {
        strand_text_put(text, decimal->digits, decimal->count);
        strand_text_zeros(text, point - count);
    } else {
        strand_text_put(text, decimal->digits, (size_t)point);
        strand_text_byte(text, '.');
        strand_text_put(text, decimal->digits + point, (size_t)(count - point));
    }
}

// What both widths share: sign, then the exponent field (all ones up to `special`), then `width` bits of fraction.
static void strand_text_float(struct strand_text *text, bool negative, unsigned exponent, unsigned special,
                              uint64_t fraction, unsigned width)
{
    if (exponent == special && fraction != 0) {
        STRAND_PUT(text, "NaN");
        return;
    }
    if (negative) {
        strand_text_byte(text, '-');
    }
    if (exponent == special) {
        STRAND_PUT(text, "Infinity");
        return;
    }
    if (exponent == 0 && fraction == 0) {
        strand_text_byte(text, '0');
        return;
    }
    // Subnormals (exponent field 0) have the exponent of field 1 and no hidden bit.
    uint64_t hidden = exponent > 0 ? (uint64_t)1 << width : 0;
    int scale = (int)(exponent > 0 ? exponent : 1) - (int)(special / 2) - (int)width;
    struct strand_float value = {hidden + fraction, scale, fraction == 0 && exponent > 1};
    struct strand_decimal decimal;
    strand_decimal_set(&decimal, &value);
    strand_text_decimal(text, &decimal);
}

void strand_text_f32(struct strand_text *text, uint32_t bits)
{
    strand_text_float(text, bits >> 31 != 0, bits >> 23 & 0xFF, 0xFF, bits & 0x7FFFFF, 23);
}

void strand_text_f64(struct strand_text *text, uint64_t bits)
{
    strand_text_float(text, bits >> 63 != 0, bits >> 52 & 0x7FF, 0x7FF, bits & 0xFFFFFFFFFFFFF, 52);
}
