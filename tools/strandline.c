/* SPDX-License-Identifier: MIT
 *
 * strandline.c: the program. `strandline merge FILE…` puts strands into one timeline, `strandline print FILE` shows
 * one file, `strandline stats FILE…` counts. Called as logcat-merge it is `strandline merge`.
 */
#include "binary.h"
#include "gotrace.h"
#include "inputs.h"
#include "options.h"
#include "output.h"
#include "printing.h"
#include "report.h"
#include "stats.h"
#include "timeline.h"

#include <fcntl.h>
#include <unistd.h>

// Where a standard stream is closed the next file would take its number, and get what is meant for the stream. What
// is opened in its place here can't be used for it either.
static void strandline_reserve_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

static void strandline_check_output(const struct options *options, const struct inputs *inputs)
{
    const char *input = options->output == NULL ? NULL : inputs_same_file(inputs, options->output);
    if (input != NULL) {
        report_and_exit(EXIT_USAGE, options->output, "is an input too");
    }
    bool is_binary = options->format == FORMAT_BINARY || options->format == FORMAT_GO_TRACE;
    if (options->command != COMMAND_STATS && is_binary && options->output == NULL && isatty(STDOUT_FILENO)) {
        report_and_exit(EXIT_USAGE, NULL, "a merged file is not for the terminal; give -o FILE");
    }
}

static bool strandline_run(const struct options *options, struct inputs *inputs)
{
    struct timeline timeline;
    struct output output;
    output_open(&output, options->output);
    timeline_open(&timeline, inputs, options);
    if (options->command == COMMAND_STATS) {
        stats_run(&timeline, &output);
    } else if (options->format == FORMAT_BINARY) {
        binary_run(&timeline, &output);
    } else if (options->format == FORMAT_GO_TRACE) {
        gotrace_run(&timeline, &output);
    } else {
        printing_run(&timeline, &output, options);
    }
    output_close(&output);
    timeline_close(&timeline);
    return timeline.damaged;
}

int main(int argc, char **argv)
{
    struct options options;
    struct inputs inputs;
    strandline_reserve_standard_streams();
    report_program(options_program(argv[0]));
    options_parse(&options, argc, argv);
    inputs_open(&inputs, &options);
    enum exit_status status = EXIT_UNREADABLE;
    if (inputs.stream_count > 0) {
        strandline_check_output(&options, &inputs);
        bool damaged = strandline_run(&options, &inputs);
        status = damaged || !inputs_are_read(&inputs) ? EXIT_DAMAGE : EXIT_CLEAN;
    }
    inputs_close(&inputs);
    return (int)status;
}
