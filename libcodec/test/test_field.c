/* SPDX-License-Identifier: MIT
 *
 * test_field.c: a record's body → fields. What was decoded is written down as text, one word for each field:
 *
 *     05+3=300            type byte + length of the whole field = value; `~` behind the length: padded
 *     08+4[616263]        bytes           25+11@4096[DEAD]    a memory dump
 *     09+4:6@300          const string: length @ offset
 *     0C+4(1,300)         values
 *     1F+1?31             unknown field ? its number
 *     !field-past-end@4   the rest, from there on, is opaque
 */
#include "strand_decode.h"
#include "strand_hex.h"

struct listing {
    size_t len;
    char text[8192];
};

static void print(struct listing *l, const char *format, unsigned long long value)
{
    const int len = snprintf(l->text + l->len, sizeof l->text - l->len, format, value);
    CHECK(len >= 0 && (size_t)len < sizeof l->text - l->len);
    l->len += (size_t)len;
}

static void print_bytes(struct listing *l, struct strand_span bytes)
{
    print(l, "[", 0);
    for (size_t i = 0; i < bytes.len; i++) {
        print(l, "%02llX", bytes.data[i]);
    }
    print(l, "]", 0);
}

static void print_values(struct listing *l, struct strand_span values, uint64_t count)
{
    uint64_t value = 0;
    print(l, "(", 0);
    for (uint64_t i = 0; i < count; i++) {
        CHECK_EQ(strand_decode_value(&values, &value), STRAND_OK);
        print(l, i == 0 ? "%llu" : ",%llu", value);
    }
    CHECK_EQ(strand_decode_value(&values, &value), STRAND_END);
    CHECK_EQ(values.len, 0);
    print(l, ")", 0);
}

static void print_field(struct listing *l, const struct strand_field *f)
{
    print(l, l->len > 0 ? " %02llX" : "%02llX", f->type);
    print(l, f->padded != 0 ? "+%llu~" : "+%llu", f->raw.len);
    if (!f->known) {
        print(l, "?%llu", f->number);
        return;
    }
    switch (f->type) {
    case STRAND_WIRE_UNKNOWN: return;
    case STRAND_WIRE_INT:
    case STRAND_WIRE_I32:
    case STRAND_WIRE_I64:
        print(l, f->svalue < 0 ? "=-%llu" : "=%llu",
              f->svalue < 0 ? 0 - (unsigned long long)f->svalue : (unsigned long long)f->svalue);
        return;
    case STRAND_WIRE_CONST_STRING:
        print(l, ":%llu", f->const_len);
        print(l, "@%llu", f->value);
        return;
    case STRAND_WIRE_MEMDUMP:
        print(l, "@%llu", f->value);
        print_bytes(l, f->data);
        return;
    case STRAND_WIRE_STRING:
    case STRAND_WIRE_KEY_INLINE:
    case STRAND_WIRE_BYTES:
        CHECK_EQ(f->value, f->data.len);
        print_bytes(l, f->data);
        return;
    case STRAND_WIRE_TRACEBACK:
    case STRAND_WIRE_EVENT: print_values(l, f->data, f->value); return;
    default: print(l, "=%llu", f->value);
    }
}

// The body is a block of its own, so that sanitizers see what is read beside it.
static void list(const uint8_t *bytes, size_t len, enum strand_dialect dialect, struct listing *l)
{
    uint8_t *block = malloc(len > 0 ? len : 1);
    memcpy(block, bytes, len);
    struct strand_fields fields;
    strand_fields_init(&fields, (struct strand_span){len > 0 ? block : NULL, len}, dialect);
    l->len = 0;
    l->text[0] = '\0';
    for (;;) {
        const size_t before = fields.off;
        struct strand_field field;
        const enum strand_status status = strand_decode_field(&fields, &field);
        if (status != STRAND_OK) {
            CHECK_EQ(fields.off, status == STRAND_END ? len : before);
            CHECK_EQ(strand_decode_field(&fields, &field), status);
            if (status != STRAND_END) {
                print(l, l->len > 0 ? " !" : "!", 0);
                print(l, strand_status_slug(status), 0);
                print(l, "@%llu", before);
            }
            break;
        }
        CHECK(field.raw.data == block + before && field.raw.len == fields.off - before);
        print_field(l, &field);
    }
    free(block);
}

static void check_list(const char *file, int line, enum strand_dialect dialect, const char *bytes, const char *want)
{
    const struct strand_hex hex = strand_hex_of(bytes);
    struct listing got;
    list(hex.data, hex.len, dialect, &got);
    strand_test_bytes(file, line, bytes, got.text, got.len, want, strlen(want));
}

#define CHECK_FIELDS(bytes, want) check_list(__FILE__, __LINE__, STRAND_DIALECT_NATIVE, bytes, want)
#define CHECK_GO1_26(bytes, want) check_list(__FILE__, __LINE__, STRAND_DIALECT_GO1_26, bytes, want)

TEST(field, none)
{
    CHECK_FIELDS("", "");
}

TEST(field, core_types)
{
    CHECK_FIELDS("01 02 03", "01+1 02+1=1 03+1=0");
    CHECK_FIELDS("04 00 04 01 04 80 01", "04+2=0 04+2=-1 04+3=64");
    CHECK_FIELDS("04 FE FF FF FF FF FF FF FF FF 01", "04+11=9223372036854775807");
    CHECK_FIELDS("04 FF FF FF FF FF FF FF FF FF 01", "04+11=-9223372036854775808");
    CHECK_FIELDS("05 AC 02 06 7F 07 FF FF FF FF FF FF FF FF FF 01", "05+3=300 06+2=127 07+11=18446744073709551615");
    CHECK_FIELDS("08 00 08 03 61 62 63", "08+2[] 08+5[616263]");
    CHECK_FIELDS("09 06 FD BB 05 0A B8 07 0B 80 A0 80 02", "09+5:6@89597 0A+3=952 0B+5=4198400");
    CHECK_FIELDS("0C 00 0C 02 01 AC 02", "0C+2() 0C+5(1,300)");
}

TEST(field, extension_types)
{
    CHECK_FIELDS("11 09 19 80 01 21 02 29 03 41 05", "11+2=9 19+3=128 21+2=2 29+2=3 41+2=5");
    CHECK_FIELDS("13 00 00 C0 BF 23 D4 C3 B2 A1", "13+5=3217031168 23+5=2712847316");
    CHECK_FIELDS("1B FE FF FF FF 1B 00 00 00 80 1B FF FF FF 7F", "1B+5=-2 1B+5=-2147483648 1B+5=2147483647");
    CHECK_FIELDS("14 00 00 00 00 00 00 F8 3F", "14+9=4609434218613702656");
    CHECK_FIELDS("1C FE FF FF FF FF FF FF FF 1C 00 00 00 00 00 00 00 80", "1C+9=-2 1C+9=-9223372036854775808");
    CHECK_FIELDS("24 18 07 F6 E5 D4 C3 B2 A1", "24+9=11651590505119483672");
    CHECK_FIELDS("15 02 66 64 1D 02 DE AD 1D 00", "15+4[6664] 1D+4[DEAD] 1D+2[]");
    CHECK_FIELDS("25 0A 00 10 00 00 00 00 00 00 DE AD 25 08 01 00 00 00 00 00 00 00", "25+12@4096[DEAD] 25+10@1[]");
    CHECK_FIELDS("46 03 0D 00 AC 02 46 00", "46+6(13,0,300) 46+2()");
}

TEST(field, unknown_ones_are_skipped_by_class)
{
    CHECK_FIELDS(
        "10 | 31 05 | 12 05 AC 02 | 2B 01 02 03 04 | 2C 01 02 03 04 05 06 07 08 | 2D 02 61 62 | 16 02 05 AC 02 | 02",
        "10+1?16 31+2?49 12+4?18 2B+5?43 2C+9?44 2D+4?45 16+5?22 02+1=1");
    CHECK_FIELDS("2D 00 16 00 02", "2D+2?45 16+2?22 02+1=1");
}

TEST(field, private_types_are_skipped_by_class)
{
    CHECK_FIELDS("80 | 91 05 | 82 05 06 | 93 01 02 03 04 | 84 01 02 03 04 05 06 07 08 | 95 01 61 | 86 01 05 | 02",
                 "80+1?128 91+2?145 82+3?130 93+5?147 84+9?132 95+3?149 86+3?134 02+1=1");
}

TEST(field, numbered_types_are_skipped_by_class)
{
    CHECK_FIELDS("38 41 | 39 C0 02 05 | 3A 41 05 06 | 3B 41 01 02 03 04 | 3C 41 01 02 03 04 05 06 07 08 |"
                 "3D 41 01 61 | 3E 41 02 05 06 | B9 FF FF FF FF FF FF FF FF FF 01 05 | 02",
                 "38+2?65 39+4?320 3A+4?65 3B+6?65 3C+10?65 3D+4?65 3E+5?65 B9+12?18446744073709551615 02+1=1");
    CHECK_FIELDS("39 11 05", "39+3?17");
}

TEST(field, unknown_critical_types_hide_the_rest)
{
    CHECK_FIELDS("02 40 02", "02+1=1 !critical-field@1");
    CHECK_FIELDS("49 05", "!critical-field@0");
    CHECK_FIELDS("45", "!critical-field@0");
    CHECK_FIELDS("C1 05", "!critical-field@0");
    CHECK_FIELDS("78 41", "!critical-field@0");
    CHECK_FIELDS("F9 41 05", "!critical-field@0");
    CHECK_FIELDS("78", "!field-past-end@0");
    CHECK_FIELDS("79 FF FF FF FF FF FF FF FF FF 02", "!varint-range@0");
}

TEST(field, types_that_are_never_assigned)
{
    CHECK_FIELDS("02 00 02", "02+1=1 !bad-field-type@1");
    CHECK_FIELDS("0D", "!bad-field-type@0");
    CHECK_FIELDS("0E", "!bad-field-type@0");
    CHECK_FIELDS("0F", "!bad-field-type@0");
    for (unsigned type = 0x17; type < 256; type += 8) {
        char bytes[32];
        snprintf(bytes, sizeof bytes, "%02X 00 00 00", type);
        CHECK_FIELDS(bytes, "!bad-field-type@0");
    }
}

TEST(field, data_past_the_end)
{
    CHECK_FIELDS("05", "!field-past-end@0");
    CHECK_FIELDS("02 05 80", "02+1=1 !field-past-end@1");
    CHECK_FIELDS("08 04 61 62 63", "!field-past-end@0");
    CHECK_FIELDS("08 FF FF FF FF FF FF FF FF FF 01 61", "!field-past-end@0");
    CHECK_FIELDS("09 05", "!field-past-end@0");
    CHECK_FIELDS("0C 03 01 02", "!field-past-end@0");
    CHECK_FIELDS("0C FF FF FF FF FF FF FF FF FF 01 01 02", "!field-past-end@0");
    CHECK_FIELDS("13 01 02 03", "!field-past-end@0");
    CHECK_FIELDS("14 01 02 03 04 05 06 07", "!field-past-end@0");
    CHECK_FIELDS("12 01", "!field-past-end@0");
    CHECK_FIELDS("39 41", "!field-past-end@0");
    CHECK_FIELDS("25 07 01 02 03 04 05 06 07 02", "!field-past-end@0");
}

TEST(field, varints_out_of_range)
{
    CHECK_FIELDS("05 FF FF FF FF FF FF FF FF FF 02", "!varint-range@0");
    CHECK_FIELDS("02 04 80 80 80 80 80 80 80 80 80 80 00", "02+1=1 !varint-long@1");
    CHECK_FIELDS("08 80 80 80 80 80 80 80 80 80 80 00", "!varint-long@0");
    CHECK_FIELDS("09 01 FF FF FF FF FF FF FF FF FF 7F", "!varint-range@0");
    CHECK_FIELDS("0C 03 01 FF FF FF FF FF FF FF FF FF 02", "!varint-range@0");
    CHECK_FIELDS("16 FF 01 80 80 80 80 80 80 80 80 80 80", "!varint-long@0");
    CHECK_FIELDS("12 01 80 80 80 80 80 80 80 80 80 80", "!varint-long@0");
}

TEST(field, padded_varints_are_marked)
{
    CHECK_FIELDS("05 80 00 | 05 00 | 04 81 80 00 | 08 81 00 61 | 15 80 00",
                 "05+3~=0 05+2=0 04+4~=-1 08+4~[61] 15+3~[]");
    CHECK_FIELDS("09 80 00 05 | 09 05 80 00 | 0C 82 00 01 02 | 0C 01 81 00",
                 "09+4~:0@5 09+4~:5@0 0C+5~(1,2) 0C+4~(1)");
    CHECK_FIELDS("39 C1 00 05 | 39 41 85 00 | 13 00 00 00 00 | 12 01 82 00", "39+4~?65 39+4~?65 13+5=0 12+4~?18");
}

TEST(field, go1_26_moved_its_types)
{
    CHECK_GO1_26("0A 80 20 02 DE AD | 0B B8 07 | 0C 85 01 | 0D 02 01 AC 02",
                 "25+6@4096[DEAD] 0A+3=952 0B+3=133 0C+5(1,300)");
    CHECK_GO1_26("0A 01 00 | 0A 81 00 00", "25+3@1[] 25+4~@1[]");
    CHECK_GO1_26("01 02 03 04 01 05 02 06 03 07 04 08 01 61 09 01 02",
                 "01+1 02+1=1 03+1=0 04+2=-1 05+2=2 06+2=3 07+2=4 08+3[61] 09+3:1@2");
    CHECK_GO1_26("02 0A 01 03 61 62", "02+1=1 !field-past-end@1");
    CHECK_GO1_26("0A 01", "!field-past-end@0");
    CHECK_GO1_26("00", "!bad-field-type@0");
    CHECK_GO1_26("0E", "!bad-field-type@0");
    CHECK_GO1_26("0F", "!bad-field-type@0");
    CHECK_GO1_26("11 09 25 08 01 00 00 00 00 00 00 00 40", "11+2=9 25+10@1[] !critical-field@12");
}

TEST(field, values_are_taken_one_by_one)
{
    const struct strand_hex hex = strand_hex_of("01 AC 02 80");
    struct strand_span values = {hex.data, hex.len};
    uint64_t value = 77;
    CHECK_EQ(strand_decode_value(&values, &value), STRAND_OK);
    CHECK_EQ(value, 1);
    CHECK_EQ(strand_decode_value(&values, &value), STRAND_OK);
    CHECK_EQ(value, 300);
    CHECK_EQ(values.len, 1);
    CHECK_EQ(strand_decode_value(&values, &value), STRAND_END);
    CHECK_EQ(value, 300);
    values = (struct strand_span){NULL, 0};
    CHECK_EQ(strand_decode_value(&values, &value), STRAND_END);
}

// ---------------------------------------------------------------------------------------------------------------
// Every type byte, and random bodies, against a reading that goes by the tables of the format

struct model {
    const uint8_t *bytes;
    size_t len;
    size_t pos;
    bool padded;
    enum strand_status status;
};

static uint64_t model_varint(struct model *m)
{
    uint64_t value = 0;
    bool range = false;
    for (unsigned i = 0; i < 10 && m->status == STRAND_OK; i++) {
        if (m->pos == m->len) {
            m->status = STRAND_FIELD_PAST_END;
            return 0;
        }
        const uint8_t byte = m->bytes[m->pos++];
        range = i == 9 && (byte & 127) > 1;
        value |= (uint64_t)(byte & 127) << (7 * i);
        if (byte < 128) {
            m->padded = m->padded || (i > 0 && byte == 0);
            m->status = range ? STRAND_VARINT_RANGE : STRAND_OK;
            return value;
        }
    }
    m->status = m->status == STRAND_OK ? STRAND_VARINT_LONG : m->status;
    return 0;
}

static struct strand_span model_span(struct model *m, uint64_t len)
{
    const struct strand_span span = {m->bytes + m->pos, (size_t)len};
    if (m->status == STRAND_OK && len > m->len - m->pos) {
        m->status = STRAND_FIELD_PAST_END;
    }
    if (m->status != STRAND_OK) {
        return (struct strand_span){NULL, 0};
    }
    m->pos += (size_t)len;
    return span;
}

static uint64_t model_fixed(struct model *m, size_t len)
{
    const struct strand_span bytes = model_span(m, len);
    uint64_t value = 0;
    for (size_t i = bytes.len; i > 0; i--) {
        value = value << 8 | bytes.data[i - 1];
    }
    return value;
}

static struct strand_span model_values(struct model *m, uint64_t count)
{
    const size_t start = m->pos;
    for (uint64_t i = 0; i < count && m->status == STRAND_OK; i++) {
        model_varint(m);
    }
    return (struct strand_span){m->bytes + start, m->pos - start};
}

// What stands behind the type byte: n nothing, v varint, p pair, 4 and 8 bytes, s string, c counted, x rejected.
static char model_class(uint8_t type)
{
    return type < 16 ? "xnnnvvvvspvvcxxx"[type] : "nvp48scx"[type & 7];
}

static void model_data(struct model *m, char class, struct strand_field *f)
{
    switch (class) {
    case 'v': f->value = model_varint(m); break;
    case 'p':
        f->const_len = model_varint(m);
        f->value = model_varint(m);
        break;
    case '4': f->value = model_fixed(m, 4); break;
    case '8': f->value = model_fixed(m, 8); break;
    case 's':
        f->value = model_varint(m);
        f->data = model_span(m, f->value);
        break;
    case 'c':
        f->value = model_varint(m);
        f->data = model_values(m, f->value);
        break;
    default: break;
    }
}

static void model_field(struct model *m, bool go1_26, struct strand_field *f)
{
    static const uint8_t known[] = {0x11, 0x19, 0x21, 0x29, 0x13, 0x1B, 0x23, 0x14,
                                    0x1C, 0x24, 0x15, 0x1D, 0x25, 0x41, 0x46};
    const uint8_t wire_type = m->bytes[m->pos++];
    const bool moved = go1_26 && wire_type >= 10 && wire_type <= 13;
    const bool numbered = wire_type >= 16 && (wire_type & 0x38) == 0x38;
    f->type = moved ? (uint8_t[]){0x25, 10, 11, 12}[wire_type - 10] : wire_type;
    f->known = f->type < 16 || memchr(known, f->type, sizeof known) != NULL;
    f->number = f->type;
    const char class = model_class(f->type);
    if (class == 'x') {
        m->status = STRAND_BAD_FIELD_TYPE;
    } else if (numbered) {
        f->number = model_varint(m);
    }
    if (m->status == STRAND_OK && !f->known && (f->type & 0x40) != 0) {
        m->status = STRAND_CRITICAL_FIELD;
    }
    if (moved && f->type == 0x25) {
        f->value = model_varint(m);
        f->data = model_span(m, model_varint(m));
        return;
    }
    model_data(m, class, f);
    if (f->type == STRAND_WIRE_MEMDUMP && m->status == STRAND_OK) {
        struct model inner = {f->data.data, f->data.len, 0, false, STRAND_OK};
        f->value = model_fixed(&inner, 8);
        f->data = model_span(&inner, f->data.len - inner.pos);
        m->status = inner.status;
    }
}

static int64_t model_signed(const struct strand_field *f)
{
    switch (f->type) {
    case STRAND_WIRE_INT: return (int64_t)(f->value >> 1 ^ (0 - (f->value & 1)));
    case STRAND_WIRE_I32: return (int64_t)f->value - ((f->value >> 31) != 0 ? (int64_t)1 << 32 : 0);
    default: return (int64_t)f->value;
    }
}

static void model_list(const uint8_t *bytes, size_t len, bool go1_26, struct listing *l)
{
    struct model m = {bytes, len, 0, false, STRAND_OK};
    l->len = 0;
    l->text[0] = '\0';
    while (m.pos < len) {
        struct strand_field f = {0};
        const size_t before = m.pos;
        m.padded = false;
        model_field(&m, go1_26, &f);
        if (m.status != STRAND_OK) {
            print(l, l->len > 0 ? " !" : "!", 0);
            print(l, strand_status_slug(m.status), 0);
            print(l, "@%llu", before);
            return;
        }
        f.value = f.type == STRAND_WIRE_TRUE ? 1 : f.value;
        f.svalue = model_signed(&f);
        f.padded = m.padded;
        f.raw = (struct strand_span){bytes + before, m.pos - before};
        print_field(l, &f);
    }
}

static void check_against_model(const uint8_t *bytes, size_t len)
{
    for (int dialect = 0; dialect < 2; dialect++) {
        struct listing got, want;
        list(bytes, len, dialect == 0 ? STRAND_DIALECT_NATIVE : STRAND_DIALECT_GO1_26, &got);
        model_list(bytes, len, dialect == 1, &want);
        CHECK_BYTES(got.text, got.len, want.text, want.len);
    }
}

TEST(field, every_type_with_every_length_of_data)
{
    const char *data[] = {"02 02 02 02 02 02 02 02 02 02 02 02 02 02", "41 02 61 62 63 64 65 66 67 68 69 6A 02 02",
                          "C1 00 81 00 02 81 80 00 02 03 02 02 02 02", "0A 01 02 03 04 05 06 07 08 FF FE FD FC FB",
                          "FF FF FF FF FF FF FF FF FF 01 02 02 02 02", "80 80 80 80 80 80 80 80 80 80 80 80 80 80"};
    for (unsigned type = 0; type < 256; type++) {
        for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
            const struct strand_hex hex = strand_hex_of(data[i]);
            uint8_t bytes[32] = {(uint8_t)type};
            memcpy(bytes + 1, hex.data, hex.len);
            for (size_t len = 1; len <= hex.len + 1; len++) {
                check_against_model(bytes, len);
            }
        }
    }
}

TEST(field, random_bodies_agree_with_the_model)
{
    static const uint8_t types[] = {1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,
                                    12,   13,   0x11, 0x13, 0x14, 0x15, 0x16, 0x1B, 0x1C, 0x1D, 0x12,
                                    0x24, 0x25, 0x39, 0x3D, 0x3E, 0x41, 0x46, 0xB8, 0x95, 0x86};
    uint64_t seed = 1;
    for (int i = 0; i < 60000; i++) {
        uint8_t bytes[64];
        const uint64_t shape = strand_test_random(&seed);
        const size_t len = shape % sizeof bytes;
        for (size_t k = 0; k < len; k++) {
            const uint64_t r = strand_test_random(&seed);
            const uint8_t small = (uint8_t)(r >> 8 & 7), any = (uint8_t)(r >> 16);
            bytes[k] = r % 4 == 0 ? types[(r >> 32) % sizeof types] : r % 4 == 1 ? any : small;
        }
        check_against_model(bytes, len);
    }
}
