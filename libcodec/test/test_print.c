/* SPDX-License-Identifier: MIT
 *
 * test_print.c: lines: records, events and diagnostics as wholes; and what Go prints, as Go prints it.
 */
#include "strand_printed.h"

// ---------------------------------------------------------------------------------------------------------------
// Lines

static struct printed print_time(const struct strand_printer *printer, uint64_t nano, int64_t p,
                                 struct strand_span label)
{
    const struct strand_frame record = {.kind = STRAND_FRAME_RECORD, .tick = UINT64_MAX, .nano = nano, .p = p};
    struct printed out;
    struct strand_text text = {out.base, ROOM, 0};
    CHECK_EQ(strand_print_record(&text, printer, UINT64_MAX, label, &record, &out.bad_off), STRAND_OK);
    out.len = text.len;
    return out;
}

TEST(print, time_p_and_label)
{
    static const struct strand_span odd = {(const uint8_t *)"a\x1B\xFF", 3};
    struct strand_printer printer = printer_of(STRAND_STYLE_TEXT);
    CHECK_LINE(print_time(&printer, 1000000000, -1, main_label), "0.000000000 main\n");
    CHECK_LINE(print_time(&printer, 999999999, 0, main_label), "-0.000000001 main P0\n");
    CHECK_LINE(print_time(&printer, 2000000001, INT64_MAX, no_label),
               "1.000000001 18446744073709551615 P9223372036854775807\n");
    CHECK_LINE(print_time(&printer, 0, INT64_MIN, odd), "-1.000000000 a\\x1b\\xff\n");
    printer.style = STRAND_STYLE_DEBUGLOG;
    CHECK_LINE(print_time(&printer, 999999999, -1, main_label), "[0.000000000 P -1] \n");
    CHECK_LINE(print_time(&printer, 13345678901, 12, main_label), "[12.345678901 P 12] \n");
    printer.init_nano = UINT64_MAX; // -1 to Go
    CHECK_LINE(print_time(&printer, 1, 0, main_label), "[0.000000002 P 0] \n");
    printer.style = STRAND_STYLE_CANONICAL;
    CHECK_LINE(print_time(&printer, UINT64_MAX, INT64_MIN, main_label),
               "{\"stream\":18446744073709551615,\"tick\":18446744073709551615,\"nano\":18446744073709551615,"
               "\"p\":-9223372036854775808,\"fields\":[]}\n");
}

TEST(print, a_leading_strand_is_the_stream)
{
    struct strand_printer printer = printer_of(STRAND_STYLE_CANONICAL);
    check_record(&printer, "41 03 02", "{\"type\":\"bool\",\"value\":true}");
    check_record(&printer, "41 03", "");
    check_record(&printer, "41 03 41 04", "{\"type\":\"strand\",\"value\":4}");
    const struct printed out = print_record(&printer, "41 03 02 00");
    CHECK_EQ(out.status, STRAND_BAD_FIELD_TYPE);
    CHECK_EQ(out.bad_off, 3);
    printer.keep_strand = true;
    check_record(&printer, "41 05 02", "{\"type\":\"strand\",\"value\":5},{\"type\":\"bool\",\"value\":true}");
}

TEST(print, a_record_of_one_event_is_the_event)
{
    static const char line[] = "{\"stream\":3,\"tick\":77,\"seq\":5,\"p\":2,\"event\":13,\"args\":[9,8,300]}\n";
    struct strand_printer printer = printer_of(STRAND_STYLE_CANONICAL);
    CHECK_LINE(print_record(&printer, "46 05 0D 05 09 08 AC02"), line);
    CHECK_LINE(print_record(&printer, "41 03 46 05 0D 05 09 08 AC02"), line);
    printer.keep_strand = true;
    check_record(&printer, "41 03 46 05 0D 05 09 08 AC02",
                 "{\"type\":\"strand\",\"value\":3},{\"type\":\"ext\",\"code\":70,\"base64\":\"BQ0FCQisAg==\"}");
    printer = printer_of(STRAND_STYLE_TEXT);
    CHECK_LINE(print_record(&printer, "46 05 0D 05 09 08 AC02"),
               "4.000000123 main P2 GoCreate g=9 new_stack=8 stack=#300\n");
    printer = printer_of(STRAND_STYLE_DEBUGLOG);
    CHECK_LINE(print_record(&printer, "46 05 0D 05 09 08 AC02"),
               "[4.000000123 P 2] GoCreate g=9 new_stack=8 stack=#300\n");
}

TEST(print, any_other_event_field_is_a_field)
{
    static const struct example cases[] = {
        {"46 01 0D", "{\"type\":\"ext\",\"code\":70,\"base64\":\"AQ0=\"}", "<ext 0x46 010d>", "<ext 0x46 010d>"},
        {"46 02 0D 05 02", "{\"type\":\"ext\",\"code\":70,\"base64\":\"Ag0F\"},{\"type\":\"bool\",\"value\":true}",
         "<ext 0x46 020d05> true", "<ext 0x46 020d05> true"},
        {"02 46 02 0D 05", "{\"type\":\"bool\",\"value\":true},{\"type\":\"ext\",\"code\":70,\"base64\":\"Ag0F\"}",
         "true <ext 0x46 020d05>", "true <ext 0x46 020d05>"},
        {"46 03 0D 05", "{\"type\":\"opaque\",\"base64\":\"RgMNBQ==\"}", "<unknown field type 0x46 pos 506 end 510>",
         "<opaque 46030d05>"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_styles(&cases[i]);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Events

static struct printed print_event(enum strand_style style, const struct strand_event *event)
{
    const struct strand_printer printer = printer_of(style);
    struct printed out;
    struct strand_text text = {out.base, ROOM, 0};
    strand_print_event(&text, &printer, 3, main_label, 1500000000u, event);
    out.len = text.len;
    return out;
}

static struct strand_event event_of(uint64_t type, const struct strand_hex *args)
{
    struct strand_event event = {
        .type = type, .tick = 77, .seq = 5, .p = 2, .timed = true, .has_seq = true, .args = {args->data, args->len}};
    for (size_t i = 0; i < args->len; i++) {
        event.arg_count += args->data[i] < 0x80 ? 1 : 0;
    }
    return event;
}

TEST(print, events)
{
    const struct strand_hex args = strand_hex_of("09 08 AC02 07");
    struct strand_event event = event_of(13, &args);
    CHECK_LINE(print_event(STRAND_STYLE_CANONICAL, &event),
               "{\"stream\":3,\"tick\":77,\"seq\":5,\"p\":2,\"event\":13,\"args\":[9,8,300,7]}\n");
    CHECK_LINE(print_event(STRAND_STYLE_TEXT, &event),
               "0.500000000 main P2 GoCreate g=9 new_stack=8 stack=#300 arg3=7\n");
    event.has_seq = false;
    event.p = UINT64_MAX; // -1
    event.args.len = 0;
    CHECK_LINE(print_event(STRAND_STYLE_CANONICAL, &event),
               "{\"stream\":3,\"tick\":77,\"p\":-1,\"event\":13,\"args\":[]}\n");
    CHECK_LINE(print_event(STRAND_STYLE_TEXT, &event), "0.500000000 main GoCreate\n");
    CHECK_LINE(print_event(STRAND_STYLE_DEBUGLOG, &event), "[0.500000000 P -1] GoCreate\n");
}

TEST(print, events_by_definition_or_by_number)
{
    const struct strand_hex args = strand_hex_of("09 08 07");
    struct strand_event event = event_of(70, &args);
    CHECK_LINE(print_event(STRAND_STYLE_TEXT, &event), "0.500000000 main P2 flush bytes=9 ms=8 arg2=7\n");
    event.type = 71; // its definition is none
    CHECK_LINE(print_event(STRAND_STYLE_TEXT, &event), "0.500000000 main P2 event#71 arg0=9 arg1=8 arg2=7\n");
    event.type = UINT64_MAX;
    CHECK_LINE(print_event(STRAND_STYLE_DEBUGLOG, &event),
               "[0.500000000 P 2] event#18446744073709551615 arg0=9 arg1=8 arg2=7\n");
}

TEST(print, our_own_events_are_about_declared_ones)
{
    static const struct {
        uint64_t type;
        const char *args;
        const char *want;
    } cases[] = {
        {50, "46", "begin flush"},
        {51, "46", "end flush"},
        {52, "46 | 0C", "count flush value=12"},
        {53, "48 | 02", "mark read\\n stack=#2\n  main.\\x1b+0x28 a.go:3\n  main.run+0x0 a.go:1"},
        {54, "46 | 07", "flow_begin flush id=7"},
        {55, "4A | 07", "flow_step #74 id=7"}, // nobody defines 74
        {56, "47 | 07 | 00 | 05", "flow_end #71 id=7 stack=#0 arg3=5"}, // nor 71, really
        {52, "", "count"},
        {57, "46", "event#57 arg0=70"},
        {7, "05", "GCStart stack=#5"}, // as Go 1.5 wrote it
        {7, "09 05", "GCStart seq=9 stack=#5"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct strand_hex args = strand_hex_of(cases[i].args);
        const struct strand_event event = event_of(cases[i].type, &args);
        char want[200];
        snprintf(want, sizeof want, "0.500000000 main P2 %s\n", cases[i].want);
        CHECK_LINE(print_event(STRAND_STYLE_TEXT, &event), want);
    }
}

TEST(print, the_stack_of_an_event)
{
    const struct strand_hex args = strand_hex_of("09 02 07");
    struct strand_event event = event_of(72, &args);
    CHECK_LINE(print_event(STRAND_STYLE_TEXT, &event),
               "0.500000000 main P2 read\\n bytes=9 at=#2 fd=7\n  main.\\x1b+0x28 a.go:3\n"
               "  main.run+0x0 a.go:1\n");
    CHECK_LINE(print_event(STRAND_STYLE_CANONICAL, &event),
               "{\"stream\":3,\"tick\":77,\"seq\":5,\"p\":2,\"event\":72,\"args\":[9,2,7]}\n");
    const struct strand_hex unknown = strand_hex_of("09 05 07"); // stack 5
    event.args = (struct strand_span){unknown.data, unknown.len};
    CHECK_LINE(print_event(STRAND_STYLE_TEXT, &event), "0.500000000 main P2 read\\n bytes=9 at=#5 fd=7\n");
    const struct strand_hex created = strand_hex_of("09 08 02"); // Go's too
    event = event_of(13, &created);
    CHECK_LINE(print_event(STRAND_STYLE_DEBUGLOG, &event),
               "[0.500000000 P 2] GoCreate g=9 new_stack=8 stack=#2\n\t0x1068 [main.\x1B+0x28 a.go:3]\n"
               "\t0x1000 [main.run+0x0 a.go:1]\n");
}

TEST(print, the_string_of_an_event)
{
    const struct strand_hex args = strand_hex_of("01 02 03");
    struct strand_event event = event_of(48, &args);
    event.text = (struct strand_span){(const uint8_t *)"a b\n", 4};
    CHECK_LINE(print_event(STRAND_STYLE_TEXT, &event),
               "0.500000000 main P2 UserLog id=1 keyid=2 stack=#3 text=\"a b\\n\"\n");
    event.text.len = 0;
    CHECK_LINE(print_event(STRAND_STYLE_TEXT, &event),
               "0.500000000 main P2 UserLog id=1 keyid=2 stack=#3 text=\"\"\n");
}

TEST(print, events_without_a_time_are_not_printed)
{
    const struct strand_hex args = strand_hex_of("01 02");
    struct strand_event event = event_of(1, &args);
    event.timed = false;
    for (int style = STRAND_STYLE_TEXT; style <= STRAND_STYLE_CANONICAL; style++) {
        CHECK_EQ(print_event((enum strand_style)style, &event).len, 0);
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Diagnostics

static struct printed print_diag(enum strand_style style, struct strand_span label, const struct strand_diag *diag)
{
    const struct strand_printer printer = printer_of(style);
    struct printed out;
    struct strand_text text = {out.base, ROOM, 0};
    strand_print_diag(&text, &printer, 3, label, diag);
    out.len = text.len;
    return out;
}

TEST(print, diagnostics)
{
    struct strand_diag diag = {.kind = STRAND_DIAG_CORRUPT, .code = STRAND_BAD_SIZE, .off = 77, .records = 9};
    CHECK_LINE(print_diag(STRAND_STYLE_CANONICAL, main_label, &diag),
               "{\"diag\":\"corrupt\",\"stream\":3,\"offset\":77,\"code\":\"bad-size\"}\n");
    CHECK_LINE(print_diag(STRAND_STYLE_TEXT, main_label, &diag), "-- main: corrupt (bad-size) at offset 77 --\n");
    CHECK_LINE(print_diag(STRAND_STYLE_TEXT, no_label, &diag), "-- 3: corrupt (bad-size) at offset 77 --\n");
    CHECK_LINE(print_diag(STRAND_STYLE_DEBUGLOG, main_label, &diag), "");
}

TEST(print, losses)
{
    struct strand_diag diag = {
        .kind = STRAND_DIAG_LOST,
        .code = STRAND_OVERWRITTEN,
        .off = 64,
        .records_known = true,
        .bytes_known = true,
        .exact_known = true,
        .exact = true,
        .records = 12,
        .bytes = 1,
    };
    CHECK_LINE(print_diag(STRAND_STYLE_CANONICAL, main_label, &diag),
               "{\"diag\":\"lost\",\"stream\":3,\"offset\":64,\"code\":\"overwritten\",\"records\":12,\"bytes\":1,"
               "\"exact\":true}\n");
    CHECK_LINE(print_diag(STRAND_STYLE_TEXT, main_label, &diag),
               "-- main: lost 12 records, 1 byte (overwritten) at offset 64 --\n");
    diag.exact = false;
    diag.bytes_known = false;
    diag.records = 1;
    CHECK_LINE(
        print_diag(STRAND_STYLE_CANONICAL, main_label, &diag),
        "{\"diag\":\"lost\",\"stream\":3,\"offset\":64,\"code\":\"overwritten\",\"records\":1,\"exact\":false}\n");
    CHECK_LINE(print_diag(STRAND_STYLE_TEXT, main_label, &diag),
               "-- main: lost at least 1 record (overwritten) at offset 64 --\n");
    diag.records = 0;
    CHECK_LINE(print_diag(STRAND_STYLE_TEXT, main_label, &diag),
               "-- main: lost records, how many is not known (overwritten) at offset 64 --\n");
    diag.records_known = false;
    diag.bytes_known = true;
    diag.exact_known = false;
    CHECK_LINE(print_diag(STRAND_STYLE_CANONICAL, main_label, &diag),
               "{\"diag\":\"lost\",\"stream\":3,\"offset\":64,\"code\":\"overwritten\",\"bytes\":1}\n");
    CHECK_LINE(print_diag(STRAND_STYLE_TEXT, main_label, &diag),
               "-- main: lost 1 byte (overwritten) at offset 64 --\n");
}

TEST(print, where_a_go_log_begins)
{
    static const struct {
        uint64_t lost;
        const char *want;
    } cases[] = {
        {0, ">> begin log 4 <<\n"},
        {1023, ">> begin log 4; lost first 0KB <<\n"},
        {27084, ">> begin log 4; lost first 26KB <<\n"},
        {UINT64_MAX, ">> begin log 4; lost first 18014398509481983KB <<\n"},
    };
    char room[100];
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (int style = STRAND_STYLE_TEXT; style <= STRAND_STYLE_CANONICAL; style++) {
            const struct strand_printer printer = printer_of((enum strand_style)style);
            struct strand_text text = {room, sizeof room, 0};
            strand_print_begin_log(&text, &printer, 4, cases[i].lost);
            CHECK_BYTES(room, text.len, cases[i].want, style == STRAND_STYLE_DEBUGLOG ? strlen(cases[i].want) : 0);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------
// Go's own words

// What Go 1.19 knew of the addresses that the records below hold.
static bool find_go_symbol(void *context, uint64_t stream, uint64_t pc, struct strand_span *ret_function,
                           struct strand_span *ret_file, uint64_t *ret_line, uint64_t *ret_entry)
{
    static const struct {
        uint64_t first, last, entry, line;
        const char *function, *file;
    } symbols[] = {
        {0x4707C0, 0x4707C5, 0x4707C0, 41, "main.allTypes", "dlogprog/main.go"},
        {0x470BDF, 0x470BDF, 0x4707C0, 104, "main.allTypes", "dlogprog/main.go"},
        {0x470BE0, 0x470BF2, 0x4707C0, 247, "main.allTypes", "runtime/extern.go"},
        {0x4713D6, 0x4713D7, 0x4712E0, 172, "main.main.func1", "dlogprog/main.go"},
        {0x45E4F0, 0x45E4FF, 0x45E4F0, 1590, "runtime.rt0_go", "runtime/asm_amd64.s"},
        {0x45E500, 0x45E501, 0x45E500, 1594, "runtime.goexit", "runtime/asm_amd64.s"},
    };
    (void)context;
    (void)stream;
    for (size_t i = 0; i < COUNT(symbols); i++) {
        if (pc >= symbols[i].first && pc <= symbols[i].last) {
            *ret_function = (struct strand_span){(const uint8_t *)symbols[i].function, strlen(symbols[i].function)};
            *ret_file = (struct strand_span){(const uint8_t *)symbols[i].file, strlen(symbols[i].file)};
            *ret_line = symbols[i].line;
            *ret_entry = symbols[i].entry;
            return true;
        }
    }
    return false;
}

static bool find_go_string(void *context, uint64_t stream, uint64_t off, uint64_t len, struct strand_span *ret_bytes)
{
    (void)context;
    (void)stream;
    const char *string = off == 95214 ? "empty traceback" : "record without a P";
    *ret_bytes = (struct strand_span){(const uint8_t *)string, strlen(string)};
    return len == strlen(string);
}

// Frames of a ring that a Go 1.19 program left, and what its runtime printed for them.
TEST(print, prints_what_go_prints)
{
    static const struct strand_resolver go = {NULL, NULL, find_go_string, find_go_symbol};
    static const char frames[] = "0000 9B69C0BF3E020000 A23E9A5EDD000000 | "
                                 "2C00 88F82D E4D811 04 08 03 706373 0B C08F9C02 0B C58F9C02 0B 01 0C 04 F2979C02 "
                                 "E0979C02 D7A79C02 81CA9702 | "
                                 "1200 8885 2E E5DD11 04 09 0F EEE705 0C 00 04 02 | "
                                 "0900 A8882E FCDE11 04 | "
                                 "0000 BBB6C5C03E020000 21E5FE5EDD000000 | 1000 FAD117 C98D09 01 09 12 E9FA05 04 0E";
    static const char want[] = "[0.010288042 P 2] pcs 0x4707c0 [main.allTypes+0x0 dlogprog/main.go:41] "
                               "0x4707c5 [main.allTypes+0x5 dlogprog/main.go:41] 0x1 [unknown PC] \n"
                               "\t0x470bf1 [main.allTypes+0x431 runtime/extern.go:247]\n"
                               "\t0x470bdf [main.allTypes+0x41f dlogprog/main.go:104]\n"
                               "\t0x4713d6 [main.main.func1+0xf6 dlogprog/main.go:172]\n"
                               "\t0x45e500 [runtime.goexit+0x0 runtime/asm_amd64.s:1594]\n"
                               "[0.010288683 P 2] empty traceback  1\n"
                               "[0.010288834 P 2] \n"
                               "[0.016743566 P -1] record without a P 7\n";
    const struct strand_hex hex = strand_hex_of(frames);
    const struct strand_printer printer = {
        .style = STRAND_STYLE_DEBUGLOG, .init_nano = 950764941148u, .resolver = &go};
    struct strand_decoder decoder;
    struct strand_frame frame;
    char room[ROOM];
    struct strand_text text = {room, sizeof room, 0};
    CHECK_EQ(strand_decoder_init(&decoder, sizeof decoder, STRAND_ABI_VERSION), STRAND_OK);
    CHECK_EQ(strand_decoder_feed(&decoder, hex.data, hex.len, true), STRAND_OK);
    for (enum strand_status status; (status = strand_decode_frame(&decoder, &frame)) != STRAND_END;) {
        CHECK_EQ(status, STRAND_OK);
        size_t bad_off = 0;
        if (frame.kind == STRAND_FRAME_RECORD) {
            CHECK_EQ(strand_print_record(&text, &printer, 4, no_label, &frame, &bad_off), STRAND_OK);
        }
    }
    CHECK_BYTES(room, text.len, want, strlen(want));
}

// In text style a frame is the place of its call, and only what comes first can be no return address.
TEST(print, tracebacks_of_named_places)
{
    static const struct strand_resolver go = {NULL, NULL, NULL, find_go_symbol};
    static const struct strand_resolver nobody = {NULL, NULL, NULL, NULL};
    static const struct {
        const struct strand_resolver *resolver;
        const char *body, *want;
    } cases[] = {
        {&go, "0C 03 E0979C02 D7A79C02 01",
         "1.000000000 4\n  main.allTypes+0x41f dlogprog/main.go:104\n  main.main.func1+0xf6 dlogprog/main.go:172\n"
         "  0x0\n"},
        {&go, "0C 02 80CA9702 80CA9702", "1.000000000 4\n  runtime.goexit+0x0 runtime/asm_amd64.s:1594\n"
         "  runtime.rt0_go+0xf runtime/asm_amd64.s:1590\n"},
        {&go, "0C 02 F0C99702 F0C99702",
         "1.000000000 4\n  runtime.rt0_go+0x0 runtime/asm_amd64.s:1590\n"
         "  runtime.rt0_go+0x0 runtime/asm_amd64.s:1590\n"},
        {&go, "0C 02 81CA9702 82CA9702",
         "1.000000000 4\n  runtime.goexit+0x0 runtime/asm_amd64.s:1594\n"
         "  runtime.goexit+0x1 runtime/asm_amd64.s:1594\n"},
        {&go, "0B C58F9C02", "1.000000000 4 0x4707c5 [main.allTypes+0x5 dlogprog/main.go:41]\n"},
        {&nobody, "0C 01 81CA9702", "1.000000000 4\n\t0x45e500\n"},
        {NULL, "0C 01 81CA9702", "1.000000000 4\n\t0x45e500\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct strand_printer printer = {.style = STRAND_STYLE_TEXT, .resolver = cases[i].resolver};
        const struct strand_hex hex = strand_hex_of(cases[i].body);
        const struct strand_frame frame = {
            .kind = STRAND_FRAME_RECORD, .nano = 1000000000, .p = -1, .body = {hex.data, hex.len}};
        char room[ROOM];
        struct strand_text text = {room, sizeof room, 0};
        size_t bad_off = 0;
        CHECK_EQ(strand_print_record(&text, &printer, 4, no_label, &frame, &bad_off), STRAND_OK);
        CHECK_BYTES(room, text.len, cases[i].want, strlen(cases[i].want));
    }
}

TEST(print, appends_to_what_is_there)
{
    const struct strand_printer printer = printer_of(STRAND_STYLE_TEXT);
    const struct strand_diag diag = {.kind = STRAND_DIAG_CORRUPT, .code = STRAND_BAD_SIZE, .off = 1};
    char room[64] = "ab";
    struct strand_text text = {room, sizeof room, 2};
    strand_print_diag(&text, &printer, 3, no_label, &diag);
    CHECK_BYTES(room, text.len, "ab-- 3: corrupt (bad-size) at offset 1 --\n", 42);
}
