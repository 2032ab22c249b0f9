/* SPDX-License-Identifier: MIT
 *
 * answer.c: verdicts. The categories are those of FORMAT 3.2.
 */
#include "driver.h"

static const char *answer_category(enum strand_status code)
{
    switch (code) {
    case STRAND_BAD_SIZE:
    case STRAND_BAD_EXT_LENGTH:
    case STRAND_BAD_EXT_BODY: return "framing";
    case STRAND_FRAME_PAST_END:
    case STRAND_FILE_HEADER_PAST_END:
    case STRAND_BLOCK_PAST_END:
    case STRAND_ZERO_FILL: return "truncated";
    case STRAND_ZERO_SYNC:
    case STRAND_NO_BASE: return "time";
    case STRAND_BAD_HEADER: return "record";
    case STRAND_BAD_FIELD_TYPE:
    case STRAND_FIELD_PAST_END: return "field";
    case STRAND_VARINT_LONG:
    case STRAND_VARINT_RANGE:
    case STRAND_PADDED_VARINT: return "varint";
    case STRAND_CRITICAL_FRAME:
    case STRAND_CRITICAL_FIELD:
    case STRAND_UNKNOWN_MAJOR:
    case STRAND_UNKNOWN_FEATURE: return "unsupported";
    case STRAND_BAD_MAGIC:
    case STRAND_BAD_FILE_HEADER: return "header";
    case STRAND_BAD_BLOCK_HEADER: return "block";
    case STRAND_FILE_HEADER_CRC:
    case STRAND_BLOCK_HEADER_CRC:
    case STRAND_BLOCK_PAYLOAD_CRC: return "checksum";
    case STRAND_TRACE_NO_BATCH:
    case STRAND_TRACE_PAST_END:
    case STRAND_TRACE_BAD_EVENT: return "trace";
    case STRAND_OVERWRITTEN:
    case STRAND_REFUSED:
    case STRAND_MISSING_BLOCKS:
    case STRAND_DAMAGED: return "lost";
    default: return "argument";
    }
}

void answer_other(struct answer *answer, enum verdict verdict, const char *word)
{
    answer->verdict = verdict;
    answer->word = word;
}

void answer_reject(struct answer *answer, enum strand_status code, uint64_t off)
{
    answer_other(answer, VERDICT_REJECT, answer_category(code));
    answer->code = code;
    answer->off = off;
}
