/* SPDX-License-Identifier: MIT
 *
 * options.c: the command line. All options are long but -o; numbers are decimal, or hexadecimal behind 0x.
 */
#include "options.h"

#include "report.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef STRANDLINE_VERSION
#define STRANDLINE_VERSION "of unknown version"
#endif

// All of it fits a terminal of 24 lines by 80 columns: a test holds it to that.
static const char options_help[] =
    "FILE is a stream file, several of them concatenated, a directory (its *.strand\n"
    "files in bytewise order), a core dump, or - for standard input.\n"
    "  --format=FORMAT     text (default), debuglog (Go's), canonical (JSON lines),\n"
    "                      binary (a merged stream file), go-trace (Go 1.5's)\n"
    "  -o, --output=FILE   write to FILE\n"
    "  --raw               FILEs are bare strands, without headers; with it:\n"
    "    --base=TICK,NANO    time base before the first sync\n"
    "    --dialect=go1.26    field types are numbered as Go 1.26 does\n"
    "  --image             FILEs are images of memory\n"
    "  --symbols           text, debuglog: functions and lines for addresses\n"
    "  --init-nano=NANO    text, debuglog: times count from here\n"
    "  --strict            report padded integers too\n"
    "  --help, --version\n"
    "Damage is reported on standard error and, in canonical, in its place.\n"
    "Status: 0 clean, 1 read with damage or loss, 2 usage, 3 nothing could be read.\n\n";

static const char *options_command_names[] = {
    [COMMAND_MERGE] = "merge", [COMMAND_PRINT] = "print", [COMMAND_STATS] = "stats"};

static const char *options_format_names[] = {[FORMAT_TEXT] = "text",
                                             [FORMAT_DEBUGLOG] = "debuglog",
                                             [FORMAT_CANONICAL] = "canonical",
                                             [FORMAT_BINARY] = "binary",
                                             [FORMAT_GO_TRACE] = "go-trace"};

static const struct option options_longs[] = {
    {"format", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"raw", no_argument, NULL, 'r'},
    {"image", no_argument, NULL, 'i'},
    {"symbols", no_argument, NULL, 'y'},
    {"strict", no_argument, NULL, 's'},
    {"dialect", required_argument, NULL, 'd'},
    {"base", required_argument, NULL, 'b'},
    {"init-nano", required_argument, NULL, 'n'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

#define OPTIONS_COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *options_program(const char *argv0)
{
    const char *slash = argv0 == NULL ? NULL : strrchr(argv0, '/');
    return slash != NULL ? slash + 1 : argv0 != NULL ? argv0 : "strandline";
}

static bool options_is_merge_alone(const char *program)
{
    return strcmp(program, "logcat-merge") == 0;
}

static void options_print_help(const char *program)
{
    if (options_is_merge_alone(program)) {
        printf("Usage: %s [OPTION]... FILE...\n"
               "Puts the records of strands into one timeline.\n\n",
               program);
    } else {
        printf("Usage: %s COMMAND [OPTION]... FILE...\n"
               "  merge    puts the records of all FILEs into one timeline\n"
               "  print    shows one FILE\n"
               "  stats    counts records and losses of each strand\n\n",
               program);
    }
    fputs(options_help, stdout);
    printf("Example: %s %s/var/log/app/ | less\n", program, options_is_merge_alone(program) ? "" : "merge ");
}

// Ends a run that was asked for nothing else.
static _Noreturn void options_end(void)
{
    if (fflush(stdout) != 0) {
        report_and_exit(EXIT_UNREADABLE, "standard output", strerror(errno));
    }
    exit(EXIT_CLEAN);
}

static _Noreturn void options_bad(const char *what, const char *value)
{
    if (value != NULL) {
        report(value, "%s; see --help", what);
    } else {
        report(NULL, "%s; see --help", what);
    }
    exit(EXIT_USAGE);
}

static size_t options_choose(const char *value, const char *const *names, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(value, names[i]) == 0) {
            return i;
        }
    }
    options_bad(what, value);
}

// Takes a number and what ends it off the text. strtoull alone would take signs and spaces.
static bool options_number(const char **text, char end, uint64_t *ret_value)
{
    char *rest;
    int base = strncmp(*text, "0x", 2) == 0 ? 16 : 10;
    const char *digits = base == 16 ? *text + 2 : *text;
    if (strspn(digits, base == 16 ? "0123456789abcdefABCDEF" : "0123456789") == 0) {
        return false;
    }
    errno = 0;
    unsigned long long value = strtoull(digits, &rest, base);
    if (errno != 0 || *rest != end) {
        return false;
    }
    *text = end == '\0' ? rest : rest + 1;
    *ret_value = value;
    return true;
}

static void options_take(struct options *options, int option, const char *value)
{
    const char *text = value;
    switch (option) {
    case 'f':
        options->format = (enum format)options_choose(value, options_format_names,
                                                      OPTIONS_COUNT(options_format_names), "no such format");
        break;
    case 'o': options->output = value; break;
    case 'r': options->raw = true; break;
    case 'i': options->image = true; break;
    case 'y': options->symbols = true; break;
    case 's': options->strict = true; break;
    case 'd':
        if (strcmp(value, "go1.26") != 0) {
            options_bad("no such dialect", value);
        }
        options->bare.dialect = STRAND_DIALECT_GO1_26;
        break;
    case 'b':
        options->bare.has_base = options_number(&text, ',', &options->bare.base_tick) &&
                                 options_number(&text, '\0', &options->bare.base_nano);
        if (!options->bare.has_base) {
            options_bad("not a base of the form TICK,NANO", value);
        }
        break;
    case 'n':
        if (!options_number(&text, '\0', &options->init_nano)) {
            options_bad("not a number of nanoseconds", value);
        }
        break;
    case ':': options_bad("a value is missing", value);
    default: options_bad("no such option", value);
    }
}

static void options_check(const struct options *options)
{
    if (!options->raw && (options->bare.has_base || options->bare.dialect != STRAND_DIALECT_NATIVE)) {
        options_bad("--base and --dialect go with --raw", NULL);
    }
    if (options->raw && options->image) {
        options_bad("--raw and --image exclude each other", NULL);
    }
    if (options->input_count == 0) {
        options_bad("no FILE given", NULL);
    }
    if (options->command == COMMAND_PRINT && options->input_count > 1) {
        options_bad("print takes one FILE; merge takes several", NULL);
    }
    if (options->command == COMMAND_STATS && options->format != FORMAT_TEXT) {
        options_bad("stats prints text only", NULL);
    }
    if (options->symbols && (options->command == COMMAND_STATS ||
                             (options->format != FORMAT_TEXT && options->format != FORMAT_DEBUGLOG))) {
        options_bad("--symbols goes with text and debuglog", NULL);
    }
    size_t standard_inputs = 0;
    for (size_t i = 0; i < options->input_count; i++) {
        standard_inputs += strcmp(options->inputs[i], "-") == 0;
    }
    if (standard_inputs > 1) {
        options_bad("standard input can be read once", NULL);
    }
}

void options_parse(struct options *options, int argc, char **argv)
{
    const char *program = options_program(argv[0]);
    bool has_command = options_is_merge_alone(program);
    *options = (struct options){.command = COMMAND_MERGE};
    if (!has_command && argc > 1 && argv[1][0] != '-') {
        options->command = (enum command)options_choose(argv[1], options_command_names,
                                                        OPTIONS_COUNT(options_command_names), "no such command");
        has_command = true;
        argc--;
        argv++;
    }
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":o:", options_longs, NULL)) != -1;) {
        if (option == 'h') {
            options_print_help(program);
            options_end();
        }
        if (option == 'v') {
            printf("%s %s, format %d.%d\n", program, STRANDLINE_VERSION, STRAND_FORMAT_MAJOR, STRAND_FORMAT_MINOR);
            options_end();
        }
        options_take(options, option, option == ':' || option == '?' ? argv[optind - 1] : optarg);
    }
    if (!has_command) {
        options_bad("no command given", NULL);
    }
    options->inputs = argv + optind;
    options->input_count = (size_t)(argc - optind);
    options_check(options);
}
