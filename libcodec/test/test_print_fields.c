/* SPDX-License-Identifier: MIT
 *
 * test_print_fields.c: fields of every type in every style, whole, cut, and in too little room.
 */
#include "strand_printed.h"

// ---------------------------------------------------------------------------------------------------------------
// Fields

static const struct example core[] = {
    {"", "", "", ""},
    {"01", "{\"type\":\"unknown\"}", "<unknown kind>", "<unknown kind>"},
    {"02", "{\"type\":\"bool\",\"value\":true}", "true", "true"},
    {"03", "{\"type\":\"bool\",\"value\":false}", "false", "false"},
    {"04 05", "{\"type\":\"int\",\"value\":-3}", "-3", "-3"},
    {"04 FFFFFFFFFFFFFFFFFF01", "{\"type\":\"int\",\"value\":-9223372036854775808}", "-9223372036854775808",
     "-9223372036854775808"},
    {"05 FFFFFFFFFFFFFFFFFF01", "{\"type\":\"uint\",\"value\":18446744073709551615}", "18446744073709551615",
     "18446744073709551615"},
    {"06 FF01", "{\"type\":\"hex\",\"value\":255}", "0xff", "0xff"},
    {"07 00", "{\"type\":\"ptr\",\"value\":0}", "0x0", "0x0"},
    {"08 03 616263", "{\"type\":\"string\",\"value\":\"abc\"}", "abc", "abc"},
    {"08 04 61 1B 5C 22", "{\"type\":\"string\",\"value\":\"a\\u001b\\\\\\\"\"}", "a\x1B\\\"", "a\\x1b\\\\\""},
    {"08 02 C328", "{\"type\":\"string\",\"base64\":\"wyg=\"}", "\xC3(", "\\xc3("},
    {"09 05 00", "{\"type\":\"conststring\",\"len\":5,\"off\":0,\"value\":\"const\"}", "const", "const"},
    {"09 01 09", "{\"type\":\"conststring\",\"len\":1,\"off\":9,\"base64\":\"/w==\"}", "\xFF", "\\xff"},
    {"09 05 08", "{\"type\":\"conststring\",\"len\":5,\"off\":8}", "#8", "#8"},
    {"08 01 61 0A B807", "{\"type\":\"string\",\"value\":\"a\"},{\"type\":\"overflow\",\"value\":952}",
     "a ..(952 more bytes)..", "a ..(952 more bytes).."},
    {"0B 8520", "{\"type\":\"pc\",\"value\":4101}", "0x1005 [main.run+0x5 a.go:1]", "0x1005 [main.run+0x5 a.go:1]"},
    {"0B E520", "{\"type\":\"pc\",\"value\":4197}", "0x1065 [main.\x1B+0x25 a.go:3]",
     "0x1065 [main.\\x1b+0x25 a.go:3]"},
    {"0B 01", "{\"type\":\"pc\",\"value\":1}", "0x1 [unknown PC]", "0x1"},
    {"0C 00", "{\"type\":\"traceback\",\"value\":[]}", "", ""},
};

TEST(print_fields, core_fields)
{
    for (size_t i = 0; i < COUNT(core); i++) {
        check_styles(&core[i]);
    }
}

TEST(print_fields, an_empty_string_takes_its_place)
{
    const struct strand_printer canonical = printer_of(STRAND_STYLE_CANONICAL);
    const struct strand_printer debuglog = printer_of(STRAND_STYLE_DEBUGLOG);
    const struct strand_printer text = printer_of(STRAND_STYLE_TEXT);
    check_record(&canonical, "08 00", "{\"type\":\"string\",\"value\":\"\"}");
    check_record(&debuglog, "02 08 00 02", "true  true");
    check_record(&text, "02 08 00 02", "true  true");
}

TEST(print_fields, tracebacks_look_up_the_call)
{
    // Behind a line's last byte; behind a function's; at a function's entry; nowhere; 0.
    static const struct example cases[] = {
        {"05 01 0C 05 9020 C120 8020 8521 00 02",
         "{\"type\":\"uint\",\"value\":1},{\"type\":\"traceback\",\"value\":[4112,4161,4096,4229,0]},"
         "{\"type\":\"bool\",\"value\":true}",
         "1 \n\t0x100f [main.run+0xf a.go:1]\n\t0x1040 [main.\x1B+0x0 a.go:1]\n\t0x1000 [main.run+0x0 a.go:1]"
         "\n\t0x1084 [unknown PC]\n\t0xffffffffffffffff [unknown PC] true",
         "1\n  main.run+0xf a.go:1\n  main.\\x1b+0x0 a.go:1\n  main.run+0x0 a.go:1"
         "\n  0x1084\n  0xffffffffffffffff true"},
        {"0C 01 A020", "{\"type\":\"traceback\",\"value\":[4128]}", "\n\t0x101f [main.run+0x1f a.go:2]",
         "\n  main.run+0x1f a.go:2"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_styles(&cases[i]);
    }
}

static const struct example extensions[] = {
    {"11 09", "{\"type\":\"level\",\"value\":9}", "INFO", "INFO"},
    {"13 0000C03F", "{\"type\":\"f32\",\"bits\":\"3fc00000\"}", "1.5", "1.5"},
    {"14 9A9999999999B93F", "{\"type\":\"f64\",\"bits\":\"3fb999999999999a\"}", "0.1", "0.1"},
    {"1B FEFFFFFF", "{\"type\":\"i32\",\"value\":-2}", "-2", "-2"},
    {"23 FEFFFFFF", "{\"type\":\"u32\",\"value\":4294967294}", "4294967294", "4294967294"},
    {"1C 0000000000000080", "{\"type\":\"i64\",\"value\":-9223372036854775808}", "-9223372036854775808",
     "-9223372036854775808"},
    {"24 0000000000000080", "{\"type\":\"u64\",\"value\":9223372036854775808}", "9223372036854775808",
     "9223372036854775808"},
    {"1D 03 00FF10", "{\"type\":\"bytes\",\"base64\":\"AP8Q\"}", "00ff10", "00ff10"},
    {"25 0A 0110000000000000 4142", "{\"type\":\"memdump\",\"addr\":4097,\"base64\":\"QUI=\"}",
     "\n                   7 6 5 4  3 2 1 0   f e d c  b a 9 8  0123456789abcdef\n"
     "0000000000001000:            4241                        AB\n",
     "0x1001:4142"},
    {"02 41 05", "{\"type\":\"bool\",\"value\":true},{\"type\":\"strand\",\"value\":5}", "true #5", "true #5"},
    {"29 05", "{\"type\":\"stack\",\"id\":5}", "#5", "#5"},
    {"29 02", "{\"type\":\"stack\",\"id\":2,\"value\":[4201,4096]}",
     "#2\n\t0x1068 [main.\x1B+0x28 a.go:3]\n\t0x1000 [main.run+0x0 a.go:1]",
     "#2\n  main.\\x1b+0x28 a.go:3\n  main.run+0x0 a.go:1"},
    {"29 03", "{\"type\":\"stack\",\"id\":3,\"value\":[]}", "#3", "#3"},
    {"21 05", "{\"type\":\"site\",\"id\":5}", "#5", "#5"},
    {"21 06",
     "{\"type\":\"site\",\"id\":6,\"level\":13,\"base64\":\"/w==\",\"line\":42,\"function\":\"f\",\"base64\":\"/"
     "g==\"}",
     "WARN \xFF:42 \xFE", "WARN \\xff:42 \\xfe"},
    {"21 08", "{\"type\":\"site\",\"id\":8}", "#8", "#8"},
    // Skipped by rule: private, of every wire class; EXT.
    {"91 2A", "{\"type\":\"ext\",\"code\":145,\"base64\":\"Kg==\"}", "<ext 0x91 2a>", "<ext 0x91 2a>"},
    {"90", "{\"type\":\"ext\",\"code\":144,\"base64\":\"\"}", "<ext 0x90>", "<ext 0x90>"},
    {"92 01 02", "{\"type\":\"ext\",\"code\":146,\"base64\":\"AQI=\"}", "<ext 0x92 0102>", "<ext 0x92 0102>"},
    {"95 02 0102", "{\"type\":\"ext\",\"code\":149,\"base64\":\"AgEC\"}", "<ext 0x95 020102>", "<ext 0x95 020102>"},
    {"96 02 0102", "{\"type\":\"ext\",\"code\":150,\"base64\":\"AgEC\"}", "<ext 0x96 020102>", "<ext 0x96 020102>"},
    {"39 40 07 02", "{\"type\":\"ext\",\"code\":57,\"base64\":\"QAc=\"},{\"type\":\"bool\",\"value\":true}",
     "<ext 0x39 4007> true", "<ext 0x39 4007> true"},
};

TEST(print_fields, extension_fields)
{
    for (size_t i = 0; i < COUNT(extensions); i++) {
        check_styles(&extensions[i]);
    }
}

TEST(print_fields, levels_have_opentelemetry_names)
{
    static const char *const names[] = {"LEVEL0", "TRACE",  "TRACE2", "TRACE3", "TRACE4", "DEBUG",  "DEBUG2",
                                        "DEBUG3", "DEBUG4", "INFO",   "INFO2",  "INFO3",  "INFO4",  "WARN",
                                        "WARN2",  "WARN3",  "WARN4",  "ERROR",  "ERROR2", "ERROR3", "ERROR4",
                                        "FATAL",  "FATAL2", "FATAL3", "FATAL4", "LEVEL25"};
    const struct strand_printer text = printer_of(STRAND_STYLE_TEXT);
    for (unsigned level = 0; level < COUNT(names); level++) {
        char hex[8];
        snprintf(hex, sizeof hex, "11 %02X", level);
        check_record(&text, hex, names[level]);
    }
}

TEST(print_fields, keys_name_the_next_value)
{
    static const struct example cases[] = {
        {"19 07 04 06", "{\"type\":\"key\",\"id\":7,\"name\":\"fd\"},{\"type\":\"int\",\"value\":3}", "fd=3", "fd=3"},
        {"15 02 6664 04 06 02",
         "{\"type\":\"key\",\"name\":\"fd\"},{\"type\":\"int\",\"value\":3},{\"type\":\"bool\",\"value\":true}",
         "fd=3 true", "fd=3 true"},
        {"19 05 04 06", "{\"type\":\"key\",\"id\":5},{\"type\":\"int\",\"value\":3}", "#5=3", "#5=3"},
        {"19 09 15 02 C328", "{\"type\":\"key\",\"id\":9,\"base64\":\"wyg=\"},{\"type\":\"key\",\"base64\":\"wyg=\"}",
         "\xC3(=\xC3(=", "\\xc3(=\\xc3(="},
        {"15 01 6B 08 00", "{\"type\":\"key\",\"name\":\"k\"},{\"type\":\"string\",\"value\":\"\"}", "k=", "k=\"\""},
        {"15 01 6B 08 03 612062", "{\"type\":\"key\",\"name\":\"k\"},{\"type\":\"string\",\"value\":\"a b\"}",
         "k=a b", "k=\"a b\""},
        {"15 01 6B 08 03 613D62", "{\"type\":\"key\",\"name\":\"k\"},{\"type\":\"string\",\"value\":\"a=b\"}",
         "k=a=b", "k=\"a=b\""},
        {"15 01 6B 08 03 612262", "{\"type\":\"key\",\"name\":\"k\"},{\"type\":\"string\",\"value\":\"a\\\"b\"}",
         "k=a\"b", "k=\"a\\\"b\""},
        {"15 01 6B 08 01 61 08 03 612062",
         "{\"type\":\"key\",\"name\":\"k\"},{\"type\":\"string\",\"value\":\"a\"},"
         "{\"type\":\"string\",\"value\":\"a b\"}",
         "k=a a b", "k=a a b"},
        {"15 01 6B 09 08 02",
         "{\"type\":\"key\",\"name\":\"k\"},"
         "{\"type\":\"conststring\",\"len\":8,\"off\":2,\"base64\":\"bnN0YW50IP8=\"}",
         "k=nstant \xFF", "k=\"nstant \\xff\""},
        {"15 01 6B 0C 01 A020 08 03 612062",
         "{\"type\":\"key\",\"name\":\"k\"},{\"type\":\"traceback\",\"value\":[4128]},"
         "{\"type\":\"string\",\"value\":\"a b\"}",
         "k=\n\t0x101f [main.run+0x1f a.go:2] a b", "k=\n  main.run+0x1f a.go:2 a b"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_styles(&cases[i]);
    }
}

TEST(print_fields, definitions_that_are_none_resolve_nothing)
{
    static const struct example cases[] = {
        {"19 0B 01", "{\"type\":\"key\",\"id\":11},{\"type\":\"unknown\"}", "#11=<unknown kind>",
         "#11=<unknown kind>"},
        {"19 0D 02", "{\"type\":\"key\",\"id\":13},{\"type\":\"bool\",\"value\":true}", "#13=true", "#13=true"},
        {"19 0F 02", "{\"type\":\"key\",\"id\":15},{\"type\":\"bool\",\"value\":true}", "#15=true", "#15=true"},
        {"19 11 02", "{\"type\":\"key\",\"id\":17},{\"type\":\"bool\",\"value\":true}", "#17=true", "#17=true"},
        {"19 13 02", "{\"type\":\"key\",\"id\":19,\"name\":\"x\"},{\"type\":\"bool\",\"value\":true}", "x=true",
         "x=true"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_styles(&cases[i]);
    }
}

TEST(print_fields, a_definition_has_the_fields_of_its_kind)
{
    static const char *const whole[] = {
        [STRAND_DEF_KEY] = "08 01 6B",
        [STRAND_DEF_SITE] = "11 09 | 08 01 61 | 05 01 | 08 01 66 | 08 01 6D",
        [STRAND_DEF_STACK] = "0C 01 05",
        [STRAND_DEF_EVENT] = "08 01 65 | 01",
        [STRAND_DEF_MODULE] = "08 01 6D | 1D 01 AA | 07 05 | 05 05",
        [STRAND_DEF_SOURCE] = "1D 01 AA",
    };
    static const uint8_t pc[] = {STRAND_WIRE_PC, 1}; // no definition begins with one
    for (uint64_t kind = 0; kind < COUNT(whole) + 2; kind++) {
        const bool known = kind > 0 && kind < COUNT(whole);
        const struct strand_hex body = strand_hex_of(known ? whole[kind] : "08 01 6B");
        struct strand_def def = {kind, 2, {body.data, body.len}};
        CHECK_EQ(strand_def_is_whole(&def, STRAND_DIALECT_NATIVE), known);
        for (size_t len = 0; len < body.len; len++) {
            def.body.len = len;
            CHECK(!strand_def_is_whole(&def, STRAND_DIALECT_NATIVE));
        }
        def.body = (struct strand_span){pc, sizeof pc};
        CHECK(!strand_def_is_whole(&def, STRAND_DIALECT_NATIVE));
    }
}

TEST(print_fields, a_site_names_the_values_behind_it)
{
    static const char site[] = "{\"type\":\"site\",\"id\":4,\"level\":13,\"file\":\"net.c\",\"line\":42,"
                               "\"function\":\"serve\",\"message\":\"accepted\"}";
    const struct strand_printer canonical = printer_of(STRAND_STYLE_CANONICAL);
    const struct strand_printer text = printer_of(STRAND_STYLE_TEXT);
    check_record(&canonical, "21 04", site);
    check_record(&text, "21 04", "WARN net.c:42 accepted");
    // Two keys for three values; what is no value takes none, nor does what has a key of its own.
    check_record(&text, "21 04 04 0E 08 04 3A203A31 02", "WARN net.c:42 accepted fd=7 peer=\": :1\" true");
    check_record(&text, "21 04 11 09 29 05 08 00 0A 01 02",
                 "WARN net.c:42 accepted INFO #5 fd=\"\" "
                 "..(1 more bytes).. peer=true");
    check_record(&text, "21 04 15 01 6B 02 03 02 03", "WARN net.c:42 accepted k=true fd=false peer=true false");
    check_record(&text, "21 04 0C 01 A020 02",
                 "WARN net.c:42 accepted fd=\n  main.run+0x1f a.go:2 peer=true");
}

TEST(print_fields, without_a_resolver)
{
    static const struct strand_resolver *const resolvers[] = {NULL, &nothing};
    for (size_t i = 0; i < COUNT(resolvers); i++) {
        struct strand_printer printer = {.style = STRAND_STYLE_CANONICAL, .resolver = resolvers[i]};
        CHECK_LINE(print_record(&printer, "09 05 00 19 07 21 04 29 02"),
                   "{\"stream\":3,\"tick\":77,\"nano\":5000000123,\"p\":2,\"fields\":["
                   "{\"type\":\"conststring\",\"len\":5,\"off\":0},{\"type\":\"key\",\"id\":7},"
                   "{\"type\":\"site\",\"id\":4},{\"type\":\"stack\",\"id\":2}]}\n");
        printer.style = STRAND_STYLE_DEBUGLOG;
        CHECK_LINE(print_record(&printer, "09 05 64 19 07 21 04 29 02 0B 8520 0C 01 8020"),
                   "[5.000000123 P 2] #100 #7=#4 #2 0x1005 [unknown PC] \n\t0xfff [unknown PC]\n");
    }
    // All zero is a text printer.
    const struct strand_printer zero = {0};
    CHECK_LINE(print_record(&zero, "0B 8520 0C 01 8020"), "5.000000123 main P2 0x1005\n\t0xfff\n");
}

// ---------------------------------------------------------------------------------------------------------------
// What can't be decoded

struct bad_example {
    const char *hex;
    enum strand_status status;
    size_t bad_off;
    const char *canonical; // fields in front and base64 of the rest
    const char *debuglog;
    const char *text;
};

TEST(print_fields, what_cannot_be_decoded_is_opaque)
{
    static const struct bad_example cases[] = {
        {"00", STRAND_BAD_FIELD_TYPE, 0, "{\"type\":\"opaque\",\"base64\":\"AA==\"}",
         "<unknown field type 0x0 pos 506 end 507>", "<opaque 00>"},
        {"02 0D 01", STRAND_BAD_FIELD_TYPE, 1,
         "{\"type\":\"bool\",\"value\":true},{\"type\":\"opaque\",\"base64\":\"DQE=\"}",
         "true <unknown field type 0xd pos 507 end 509>", "true <opaque 0d01>"},
        {"02 17", STRAND_BAD_FIELD_TYPE, 1,
         "{\"type\":\"bool\",\"value\":true},{\"type\":\"opaque\",\"base64\":\"Fw==\"}",
         "true <unknown field type 0x17 pos 507 end 508>", "true <opaque 17>"},
        {"08 05 6162", STRAND_FIELD_PAST_END, 0, "{\"type\":\"opaque\",\"base64\":\"CAVhYg==\"}",
         "<string length corrupted>", "<opaque 08056162>"},
        {"02 08 80", STRAND_FIELD_PAST_END, 1,
         "{\"type\":\"bool\",\"value\":true},{\"type\":\"opaque\",\"base64\":\"CIA=\"}",
         "true <string length corrupted>", "true <opaque 0880>"},
        {"05 FFFFFFFFFFFFFFFFFFFF01", STRAND_VARINT_LONG, 0, "{\"type\":\"opaque\",\"base64\":\"Bf////////////8B\"}",
         "<unknown field type 0x5 pos 506 end 518>", "<opaque 05ffffffffffffffffffff01>"},
        {"05 FFFFFFFFFFFFFFFFFF02", STRAND_VARINT_RANGE, 0, "{\"type\":\"opaque\",\"base64\":\"Bf///////////wI=\"}",
         "<unknown field type 0x5 pos 506 end 517>", "<opaque 05ffffffffffffffffff02>"},
        {"49 05", STRAND_CRITICAL_FIELD, 0, "{\"type\":\"opaque\",\"base64\":\"SQU=\"}",
         "<unknown field type 0x49 pos 506 end 508>", "<opaque 4905>"},
        {"15 01 6B 00", STRAND_BAD_FIELD_TYPE, 3,
         "{\"type\":\"key\",\"name\":\"k\"},{\"type\":\"opaque\",\"base64\":\"AA==\"}",
         "k=<unknown field type 0x0 pos 509 end 510>", "k=<opaque 00>"},
        {"0A", STRAND_FIELD_PAST_END, 0, "{\"type\":\"opaque\",\"base64\":\"Cg==\"}",
         "<unknown field type 0xa pos 506 end 507>", "<opaque 0a>"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct example example = {cases[i].hex, cases[i].canonical, cases[i].debuglog, cases[i].text};
        check_styles(&example);
        for (int style = STRAND_STYLE_TEXT; style <= STRAND_STYLE_CANONICAL; style++) {
            const struct strand_printer printer = printer_of((enum strand_style)style);
            const struct printed out = print_record(&printer, cases[i].hex);
            CHECK_EQ(out.status, cases[i].status);
            CHECK_EQ(out.bad_off, cases[i].bad_off);
        }
    }
}

TEST(print_fields, a_good_record_leaves_the_bad_offset_alone)
{
    const struct strand_printer printer = printer_of(STRAND_STYLE_CANONICAL);
    const struct printed out = print_record(&printer, "02");
    CHECK_EQ(out.status, STRAND_OK);
    CHECK_EQ(out.bad_off, SIZE_MAX);
}

TEST(print_fields, the_dialect_of_go1_26)
{
    static const struct example cases[] = {
        {"0A 8010 02 4142 0B 01",
         "{\"type\":\"memdump\",\"addr\":2048,\"base64\":\"QUI=\"},"
         "{\"type\":\"overflow\",\"value\":1}",
         "\n                   7 6 5 4  3 2 1 0   f e d c  b a 9 8  0123456789abcdef\n"
         "0000000000000800:              4241                     AB\n ..(1 more bytes)..",
         "0x800:4142 ..(1 more bytes).."},
        {"0C 01 0D 01 8020", "{\"type\":\"pc\",\"value\":1},{\"type\":\"traceback\",\"value\":[4096]}",
         "0x1 [unknown PC] \n\t0x1000 [main.run+0x0 a.go:1]", "0x1\n  main.run+0x0 a.go:1"},
        {"0A 01 09 41", "{\"type\":\"opaque\",\"base64\":\"CgEJQQ==\"}", "<hexdump length corrupted>",
         "<opaque 0a010941>"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct strand_printer printer = printer_of(STRAND_STYLE_CANONICAL);
        printer.dialect = STRAND_DIALECT_GO1_26;
        check_record(&printer, cases[i].hex, cases[i].canonical);
        printer.style = STRAND_STYLE_DEBUGLOG;
        check_record(&printer, cases[i].hex, cases[i].debuglog);
        printer.style = STRAND_STYLE_TEXT;
        check_record(&printer, cases[i].hex, cases[i].text);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Room

static void check_every_room(const struct strand_printer *printer, const char *hex)
{
    const struct printed whole = print_record(printer, hex);
    const struct strand_hex body = strand_hex_of(hex);
    const struct strand_frame record = record_of(&body);
    for (size_t cap = 0; cap <= whole.len; cap++) {
        char *room = malloc(cap + 1); // of exactly this size, so that a sanitizer sees more than the canary does
        CHECK(room != NULL);
        room[cap] = '#';
        struct strand_text text = {cap > 0 ? room : NULL, cap, 0};
        size_t bad_off = 0;
        CHECK_EQ(strand_print_record(&text, printer, 3, main_label, &record, &bad_off), whole.status);
        CHECK_EQ(text.len, whole.len);
        CHECK_EQ(memcmp(room, whole.base, cap), 0);
        CHECK_EQ(room[cap], '#');
        free(room);
    }
}

TEST(print_fields, counts_past_the_end_and_writes_nothing_there)
{
    for (int style = STRAND_STYLE_TEXT; style <= STRAND_STYLE_CANONICAL; style++) {
        const struct strand_printer printer = printer_of((enum strand_style)style);
        for (size_t i = 0; i < COUNT(core); i++) {
            check_every_room(&printer, core[i].hex);
        }
        for (size_t i = 0; i < COUNT(extensions); i++) {
            check_every_room(&printer, extensions[i].hex);
        }
        check_every_room(&printer, "21 04 04 0E 08 04 3A203A31 15 01 6B 08 00 00 01 02 03 04");
        check_every_room(&printer, "46 05 0D 05 09 08 AC02");
    }
}
