/* SPDX-License-Identifier: MIT
 *
 * driver.c: libcodec and the tools' reader, as the conformance suite asks them.
 *
 *     conformance_driver [--raw] < INPUT     level 0: one stream file (--raw: bare strand), its canonical lines
 *     conformance_driver --serve             level 1: requests on standard input, each a line; an answer to each
 *
 * A request of level 1 and its answer:
 *
 *     v17 decode raw split=1 0000e803…       v17 ok 2
 *                                            {"stream":0,…}
 *                                            {"diag":"corrupt",…}
 *     v18 encode raw sync 0 0                v18 reject argument at=0
 */
#include "driver.h"

#include "ends.h"
#include "report.h"
#include "words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LEN (2 * DRIVER_INPUT_MAX + 65536)

enum level0_status {
    LEVEL0_CLEAN = 0,
    LEVEL0_DAMAGED = 1,
    LEVEL0_USAGE = 2,
    LEVEL0_REJECTED = 3,
    LEVEL0_UNSUPPORTED = 4
};

struct line {
    char *text; /* without its line feed, and a NUL behind it */
    size_t len;
    size_t cap;
    bool cut; /* it was longer than LINE_MAX_LEN */
};

struct op {
    const char *name;
    const char *on;
    void (*answer)(const struct request *request, struct answer *answer);
    const char *options; /* that it takes */
    size_t inputs_max;   /* 0: value lines */
};

static const struct op driver_ops[] = {
    {"decode", "raw", raw_decode, "ring split strict", 1},
    {"decode", "file", files_merge, "split strict", 1},
    {"decode", "go-trace", gotrace_decode, "split", 1},
    {"decode", "image", files_decode_image, "split strict", 1},
    {"recode", "raw", recode, "split", 1},
    {"encode", "raw", encode, NULL, 0},
    {"merge", "raw", files_merge_raw, "split strict", DRIVER_INPUTS_MAX},
    {"merge", "file", files_merge, "split strict", DRIVER_INPUTS_MAX},
};

// ---------------------------------------------------------------------------------------------------------------
// Requests

static const struct op *driver_op(const char *name, const char *on)
{
    for (size_t i = 0; i < sizeof driver_ops / sizeof *driver_ops; i++) {
        if (strcmp(driver_ops[i].name, name) == 0 && strcmp(driver_ops[i].on, on) == 0) {
            return &driver_ops[i];
        }
    }
    return NULL;
}

// A number and what ends it, off the front of a text.
static bool driver_number(const char **text, char end, uint64_t *ret_value)
{
    bool ok = words_number(*text, text, ret_value) == WORDS_FINE && **text == end;
    *text += ok && end != '\0';
    return ok;
}

static bool driver_split(struct request *request, const char *value)
{
    uint64_t split;
    bool ok = driver_number(&value, '\0', &split) && split > 0 && split <= DRIVER_INPUT_MAX;
    request->split = ok ? (size_t)split : 0;
    return ok;
}

static bool driver_ring(struct request *request, const char *value)
{
    struct strand_ring_view *ring = &request->ring;
    uint64_t size = 0;
    bool ok = driver_number(&value, ',', &size) && driver_number(&value, ',', &ring->begin) &&
              driver_number(&value, ',', &ring->end) && driver_number(&value, ',', &ring->tick) &&
              driver_number(&value, '\0', &ring->nano) && size <= DRIVER_INPUT_MAX;
    ring->size = (size_t)size;
    request->has_ring = ok;
    return ok;
}

// Whether a list of words, parted by spaces, has this one.
static bool driver_has(const char *list, const char *word, size_t len)
{
    for (const char *at = list; *at != '\0'; at += strcspn(at, " "), at += *at == ' ') {
        if (strcspn(at, " ") == len && strncmp(at, word, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool driver_option(const struct op *op, struct request *request, const char *word, struct answer *answer)
{
    size_t len = strcspn(word, "=");
    const char *value = word[len] == '=' ? word + len + 1 : "";
    bool ok = true;
    if (!driver_has(op->options, word, len)) {
        answer_other(answer, VERDICT_SKIP, "op");
        return false;
    }
    if (strncmp(word, "ring=", 5) == 0) {
        ok = driver_ring(request, value);
    } else if (strncmp(word, "split=", 6) == 0) {
        ok = driver_split(request, value);
    } else if (strcmp(word, "strict") == 0) {
        request->strict = true;
    } else {
        ok = false;
    }
    if (!ok) {
        answer_other(answer, VERDICT_ERROR, "an option's value");
    }
    return ok;
}

// Options stand in front of the inputs, which are hexadecimal.
static bool driver_is_option(const char *word)
{
    return strchr(word, '=') != NULL || (*word >= 'g' && *word <= 'z');
}

static bool driver_take_options(const struct op *op, struct words *words, struct request *request,
                                struct answer *answer)
{
    bool ok = true;
    while (ok) {
        const char *next = words->rest + strspn(words->rest, " ");
        char word[160];
        size_t len = strcspn(next, " ");
        if (len >= sizeof word) {
            break;
        }
        memcpy(word, next, len);
        word[len] = '\0';
        if (!driver_is_option(word)) {
            break;
        }
        words_take(words);
        ok = driver_option(op, request, word, answer);
    }
    return ok;
}

static bool driver_take_inputs(const struct op *op, struct words *words, struct request *request,
                               struct answer *answer)
{
    static struct strand_span inputs[DRIVER_INPUTS_MAX];
    size_t total = 0;
    while (words_are_left(words) && words->fault == WORDS_FINE && request->input_count < op->inputs_max) {
        inputs[request->input_count] = words_bytes(words);
        total += inputs[request->input_count++].len;
    }
    request->inputs = inputs;
    if (words->fault == WORDS_FINE && request->input_count == DRIVER_INPUTS_MAX && words_are_left(words)) {
        answer_other(answer, VERDICT_LIMIT, "inputs");
    } else if (words->fault != WORDS_FINE || words_are_left(words) || request->input_count == 0) {
        answer_other(answer, VERDICT_ERROR, "an input that is not hexadecimal, or none, or too many");
    } else if (total > DRIVER_INPUT_MAX) {
        answer_other(answer, VERDICT_LIMIT, "input");
    } else if (request->has_ring && inputs[0].len != request->ring.size) {
        answer_reject(answer, STRAND_BAD_ARGUMENT, 0);
    }
    return answer->verdict == VERDICT_OK;
}

static void driver_ask(const struct op *op, const struct request *request, struct answer *answer)
{
    op->answer(request, answer);
    if (answer->verdict == VERDICT_OK && output_is_gone(&answer->output)) {
        answer_other(answer, VERDICT_LIMIT, "output");
    }
}

static void driver_start(struct answer *answer)
{
    struct output output = answer->output;
    ends_reset(&output);
    *answer = (struct answer){.output = output};
}

// In: words, behind the request's id.
static void driver_answer(struct words *words, struct answer *answer)
{
    struct request request = {0};
    const char *name = words_take(words);
    const struct op *op = driver_op(name, words_take(words));
    if (op == NULL) {
        answer_other(answer, VERDICT_SKIP, "op");
        return;
    }
    if (op->inputs_max == 0) {
        request.lines = words->rest;
    } else if (!driver_take_options(op, words, &request, answer) ||
               !driver_take_inputs(op, words, &request, answer)) {
        return;
    }
    if (request.has_ring) {
        request.ring.data = request.inputs[0].data;
    }
    driver_ask(op, &request, answer);
}

// ---------------------------------------------------------------------------------------------------------------
// Level 1

// Out: a line. Returns: false at the end of the input.
static bool driver_read_line(struct line *line)
{
    int c;
    line->len = 0;
    line->cut = false;
    while ((c = getc_unlocked(stdin)) != EOF && c != '\n') {
        if (line->len + 1 >= line->cap) {
            line->cap = line->cap > 0 ? 2 * line->cap : 4096;
            line->text = report_resize(line->text, line->cap, 1);
        }
        line->cut = line->cut || line->len == LINE_MAX_LEN;
        line->text[line->len] = (char)c;
        line->len += !line->cut;
    }
    if (line->cap == 0) {
        line->cap = 4096;
        line->text = report_resize(NULL, line->cap, 1);
    }
    line->text[line->len] = '\0';
    return c != EOF || line->len > 0;
}

static void driver_write_bytes(const struct output *output)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < output->len; i++) {
        putc_unlocked(digits[(uint8_t)output->buf[i] / 16], stdout);
        putc_unlocked(digits[(uint8_t)output->buf[i] % 16], stdout);
    }
    fputs(output->len == 0 ? "-\n" : "\n", stdout);
}

static void driver_write_lines(const struct output *output)
{
    if (output->len > 0) {
        fwrite(output->buf, 1, output->len, stdout);
    }
}

static void driver_write_ok(const char *id, const struct answer *answer)
{
    const struct output *output = &answer->output;
    size_t lines = 0;
    if (answer->is_bytes) {
        printf("%s ok 1\n", id);
        driver_write_bytes(output);
        return;
    }
    for (size_t i = 0; i < output->len; i++) {
        lines += output->buf[i] == '\n';
    }
    printf("%s ok %zu\n", id, lines);
    driver_write_lines(output);
}

static void driver_write_reject(const struct answer *answer, FILE *file)
{
    fprintf(file, "reject %s at=%" PRIu64 " code=%s\n", answer->word, answer->off, strand_status_slug(answer->code));
}

static void driver_write(const char *id, const struct answer *answer)
{
    switch (answer->verdict) {
    case VERDICT_OK: driver_write_ok(id, answer); break;
    case VERDICT_REJECT:
        printf("%s ", id);
        driver_write_reject(answer, stdout);
        break;
    case VERDICT_LIMIT: printf("%s limit %s\n", id, answer->word); break;
    case VERDICT_SKIP: printf("%s skip %s\n", id, answer->word); break;
    default: printf("%s error %s\n", id, answer->word); break;
    }
    fflush(stdout);
}

static int driver_serve(void)
{
    struct line line = {0};
    struct answer answer = {0};
    printf("strandline 1 impl=libcodec version=%s spec=%d.%d classes=core,file,merge,write,trace,go-trace,image "
           "ops=decode,encode,recode,merge limits=input:%zu,inputs:%zu,output:%zu\n",
           DRIVER_VERSION, STRAND_FORMAT_MAJOR, STRAND_FORMAT_MINOR, DRIVER_INPUT_MAX, DRIVER_INPUTS_MAX,
           DRIVER_OUTPUT_MAX);
    fflush(stdout);
    while (driver_read_line(&line)) {
        bool is_text = line.cut || strlen(line.text) == line.len;
        struct words words = {.rest = line.text};
        const char *id = words_take(&words);
        driver_start(&answer);
        if (line.cut) {
            answer_other(&answer, VERDICT_LIMIT, "input");
        } else if (!is_text || *id == '\0') {
            answer_other(&answer, VERDICT_ERROR, "no request");
        } else {
            driver_answer(&words, &answer);
        }
        driver_write(*id == '\0' ? "-" : id, &answer);
    }
    free(line.text);
    free(answer.output.buf);
    return LEVEL0_CLEAN;
}

// ---------------------------------------------------------------------------------------------------------------
// Level 0

// All of standard input, up to one byte more than the limit.
static struct strand_span driver_read_all(void)
{
    uint8_t *bytes = report_resize(NULL, DRIVER_INPUT_MAX + 1, 1);
    return (struct strand_span){bytes, fread(bytes, 1, DRIVER_INPUT_MAX + 1, stdin)};
}

static enum level0_status driver_status(const struct answer *answer)
{
    if (answer->verdict == VERDICT_OK) {
        return answer->damaged ? LEVEL0_DAMAGED : LEVEL0_CLEAN;
    }
    return answer->verdict == VERDICT_REJECT && strand_status_diag(answer->code) == STRAND_DIAG_UNSUPPORTED
               ? LEVEL0_UNSUPPORTED
               : LEVEL0_REJECTED;
}

static int driver_once(bool is_raw)
{
    struct strand_span input = driver_read_all();
    const struct request request = {.inputs = &input, .input_count = 1};
    struct answer answer = {0};
    if (input.len > DRIVER_INPUT_MAX) {
        answer_other(&answer, VERDICT_LIMIT, "input");
    } else {
        driver_ask(driver_op("decode", is_raw ? "raw" : "file"), &request, &answer);
    }
    if (answer.verdict == VERDICT_OK) {
        driver_write_lines(&answer.output);
    } else if (answer.verdict == VERDICT_REJECT) {
        driver_write_reject(&answer, stderr);
    } else {
        fprintf(stderr, "limit %s\n", answer.word);
    }
    free((void *)input.data);
    free(answer.output.buf);
    return (int)driver_status(&answer);
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        return driver_once(false);
    }
    if (argc == 2 && strcmp(argv[1], "--raw") == 0) {
        return driver_once(true);
    }
    if (argc == 2 && strcmp(argv[1], "--serve") == 0) {
        return driver_serve();
    }
    fputs("usage: conformance_driver [--raw] < INPUT, or conformance_driver --serve\n", stderr);
    return LEVEL0_USAGE;
}
