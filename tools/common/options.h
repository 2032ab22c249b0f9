/* SPDX-License-Identifier: MIT
 *
 * options.h: the command line. `strandline COMMAND …`, and `logcat-merge …`, which is `strandline merge …`.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "stream.h"

enum command { COMMAND_MERGE, COMMAND_PRINT, COMMAND_STATS };

enum format { FORMAT_TEXT, FORMAT_DEBUGLOG, FORMAT_CANONICAL, FORMAT_BINARY, FORMAT_GO_TRACE };

struct options {
    enum command command;
    enum format format;
    bool raw;           /* inputs are bare strands */
    bool image;         /* inputs are images of memory */
    bool symbols;       /* text, debuglog: addresses as functions and lines */
    bool strict;        /* report padded varints */
    struct bare bare;   /* how those are to be read */
    uint64_t init_nano; /* text, debuglog: times count from here, ns */
    const char *output; /* file for the output; NULL: standard output */
    char **inputs;
    size_t input_count;
};

/* Reads the command line. --help and --version answer and end the program with 0; a bad command line is
 * explained and ends it with 2. */
void options_parse(struct options *options, int argc, char **argv);

/* Name of the program as it is called: what messages begin with. */
const char *options_program(const char *argv0);

#endif
