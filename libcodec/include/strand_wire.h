/* SPDX-License-Identifier: MIT
 *
 * strand_wire.h: every code point of the format.
 *
 * Made from spec/registry.tsv by scripts/registry.py; a test holds the two together.
 * Each line names the clause of spec/FORMAT.md that defines it.
 */
#ifndef STRAND_WIRE_H
#define STRAND_WIRE_H

/* X(name, value, slug, kind of diagnostic or NONE, clause, message):
 * 0 done; 1-15 not errors; 16-127 bad input; 128 and above misuse by the caller. */
#define STRAND_STATUS_LIST(X) \
    X(OK, 0, "ok", NONE, "3.1", "done") \
    X(END, 1, "end", NONE, "3.1", "nothing is left to read") \
    X(MORE, 2, "more", NONE, "3.1", "more input is needed to go on") \
    X(FULL, 3, "full", NONE, "3.1", "the output has no room for it") \
    X(AGAIN, 4, "again", NONE, "3.1", "a new block was opened: encode the record again") \
    X(FRAME_PAST_END, 16, "frame-past-end", TRUNCATED, "5.2", "a frame reaches past the end of the data") \
    X(BAD_SIZE, 17, "bad-size", CORRUPT, "5.1", "a frame size of 2, 3 or 4 cannot be a record") \
    X(BAD_EXT_LENGTH, 18, "bad-ext-length", CORRUPT, "6.1", "an extended frame with an impossible length") \
    X(ZERO_FILL, 19, "zero-fill", ZERO_FILL, "5.5", "the rest is zero bytes") \
    X(ZERO_SYNC, 20, "zero-sync", CORRUPT, "5.3", "a sync of zeros states no time") \
    X(NO_BASE, 21, "no-base", NO_BASE, "5.4", "a record stands before the first sync") \
    X(BAD_HEADER, 22, "bad-header", CORRUPT, "5.4", "a record header cannot be decoded") \
    X(CRITICAL_FRAME, 23, "critical-frame", UNSUPPORTED, "6.2", "an unknown extended frame marked as critical") \
    X(BAD_EXT_BODY, 24, "bad-ext-body", CORRUPT, "6.3", "the body of an extended frame cannot be decoded") \
    X(BAD_FIELD_TYPE, 32, "bad-field-type", CORRUPT, "7.1", "a field type that is never assigned") \
    X(FIELD_PAST_END, 33, "field-past-end", CORRUPT, "7.2", "a field reaches past the end of its record") \
    X(VARINT_LONG, 34, "varint-long", CORRUPT, "4.2", "a varint of more than 10 bytes") \
    X(VARINT_RANGE, 35, "varint-range", CORRUPT, "4.2", "a varint of 2^64 or more") \
    X(CRITICAL_FIELD, 36, "critical-field", UNSUPPORTED, "7.4", "an unknown field marked as critical") \
    X(PADDED_VARINT, 37, "padded-varint", CORRUPT, "4.2", "a varint is longer than its value needs") \
    X(BAD_MAGIC, 48, "bad-magic", CORRUPT, "8.1", "not a stream file") \
    X(UNKNOWN_MAJOR, 49, "unknown-major", UNSUPPORTED, "8.2", "an unknown major version") \
    X(UNKNOWN_FEATURE, 50, "unknown-feature", UNSUPPORTED, "8.2", "an unknown incompatible feature") \
    X(BAD_FILE_HEADER, 51, "bad-file-header", CORRUPT, "8.3", "a file header with impossible values") \
    X(FILE_HEADER_CRC, 52, "file-header-crc", CORRUPT, "8.4", "the checksum of the file header is wrong") \
    X(FILE_HEADER_PAST_END, 53, "file-header-past-end", TRUNCATED, "8.3", "the file ends inside its header") \
    X(BAD_BLOCK_HEADER, 56, "bad-block-header", CORRUPT, "9.2", "no block header where a block should start") \
    X(BLOCK_HEADER_CRC, 57, "block-header-crc", CORRUPT, "9.3", "the checksum of a block header is wrong") \
    X(BLOCK_PAYLOAD_CRC, 58, "block-payload-crc", CORRUPT, "9.3", "the checksum of a block payload is wrong") \
    X(BLOCK_PAST_END, 59, "block-past-end", TRUNCATED, "9.2", "the file ends inside a block") \
    X(OVERWRITTEN, 64, "overwritten", LOST, "10.2", "records that the ring had overwritten") \
    X(REFUSED, 65, "refused", LOST, "10.2", "records that the writer had no room for") \
    X(MISSING_BLOCKS, 66, "missing-blocks", LOST, "10.2", "records in blocks that are missing") \
    X(DAMAGED, 67, "damaged", LOST, "10.2", "records in damaged bytes") \
    X(TRACE_NO_BATCH, 80, "trace-no-batch", CORRUPT, "12.2", "a trace does not open with a batch event") \
    X(TRACE_PAST_END, 81, "trace-past-end", CORRUPT, "12.3", "a trace event reaches past the end of its batch") \
    X(TRACE_BAD_EVENT, 82, "trace-bad-event", CORRUPT, "12.3", "an impossible trace event") \
    X(BAD_ARGUMENT, 128, "bad-argument", NONE, "3.1", "an argument that the contract forbids") \
    X(BAD_VERSION, 129, "bad-version", NONE, "3.1", "caller and library come from different headers") \
    X(BUSY, 130, "busy", NONE, "3.1", "a record is open already") \
    X(NOT_OPEN, 131, "not-open", NONE, "3.1", "no record is open")

/* What kind of thing is wrong. */
enum strand_diag_kind {
    STRAND_DIAG_LOST = 1,                /* 10.2: records are missing */
    STRAND_DIAG_TRUNCATED = 2,           /* 10.1: the data ends too early */
    STRAND_DIAG_CORRUPT = 3,             /* 10.1: bytes that no writer writes */
    STRAND_DIAG_ZERO_FILL = 4,           /* 5.5: zero bytes to the end of a bare strand */
    STRAND_DIAG_NO_BASE = 5,             /* 5.4: no time base */
    STRAND_DIAG_UNSUPPORTED = 6,         /* 10.1: not understood, marked as indispensable */
};

/* What a strand carries. */
enum strand_kind {
    STRAND_KIND_RECORDS = 1,             /* 8.3: records */
    STRAND_KIND_TRACE = 2,               /* 8.3: trace batches */
    STRAND_KIND_DEFINITIONS = 3,         /* 8.3: definitions */
};

/* What P means in a strand. */
enum strand_p_meaning {
    STRAND_P_NONE = 0,                   /* 8.3: P is always -1 */
    STRAND_P_GO_P = 1,                   /* 8.3: P of the Go scheduler */
    STRAND_P_CPU = 2,                    /* 8.3: CPU number */
    STRAND_P_OWN = 3,                    /* 8.3: defined by the writer */
};

/* Kinds of extended frames. */
enum strand_frame_code {
    STRAND_WIRE_FRAME_PAD = 1,           /* 6.4: filler */
    STRAND_WIRE_FRAME_DEF = 2,           /* 6.5: definition */
    STRAND_WIRE_FRAME_LOSS = 3,          /* 6.6: what is missing or damaged here */
    STRAND_WIRE_FRAME_CLOCK = 4,         /* 6.7: clock tuple */
    STRAND_WIRE_FRAME_LARGE = 5,         /* 6.8: record of more than 65535 bytes */
    STRAND_WIRE_FRAME_OWNER = 6,         /* 6.9: who writes from here on */
    STRAND_WIRE_FRAME_END = 7,           /* 6.10: clean close */
};

/* Kinds of definitions. */
enum strand_def_kind {
    STRAND_DEF_KEY = 1,                  /* 6.5: name of a field */
    STRAND_DEF_SITE = 2,                 /* 6.5: call site */
    STRAND_DEF_STACK = 3,                /* 6.5: stack */
    STRAND_DEF_EVENT = 4,                /* 6.5: trace event schema */
    STRAND_DEF_MODULE = 5,               /* 6.5: loaded module */
    STRAND_DEF_SOURCE = 6,               /* 6.5: source of a merged file */
};

/* Field type bytes. */
enum strand_field_code {
    STRAND_WIRE_UNKNOWN = 0x01,          /* 7.3: value of a type that the writer does not know */
    STRAND_WIRE_TRUE = 0x02,             /* 7.3: true */
    STRAND_WIRE_FALSE = 0x03,            /* 7.3: false */
    STRAND_WIRE_INT = 0x04,              /* 7.3: signed integer */
    STRAND_WIRE_UINT = 0x05,             /* 7.3: unsigned integer */
    STRAND_WIRE_HEX = 0x06,              /* 7.3: unsigned integer, shown in hexadecimal */
    STRAND_WIRE_PTR = 0x07,              /* 7.3: address */
    STRAND_WIRE_STRING = 0x08,           /* 7.3: string */
    STRAND_WIRE_CONST_STRING = 0x09,     /* 7.3: string in the read-only image of the main program */
    STRAND_WIRE_OVERFLOW = 0x0A,         /* 7.3: bytes cut from the field before */
    STRAND_WIRE_PC = 0x0B,               /* 7.3: program counter */
    STRAND_WIRE_TRACEBACK = 0x0C,        /* 7.3: return addresses */
    STRAND_WIRE_LEVEL = 0x11,            /* 7.6: severity, 1 to 24 as in OpenTelemetry */
    STRAND_WIRE_KEY_ID = 0x19,           /* 7.6: name of the next field, by definition */
    STRAND_WIRE_SITE_ID = 0x21,          /* 7.6: call site, by definition */
    STRAND_WIRE_STACK_ID = 0x29,         /* 7.6: stack, by definition */
    STRAND_WIRE_F32 = 0x13,              /* 7.6: float */
    STRAND_WIRE_I32 = 0x1B,              /* 7.6: signed integer of fixed width */
    STRAND_WIRE_U32 = 0x23,              /* 7.6: unsigned integer of fixed width */
    STRAND_WIRE_F64 = 0x14,              /* 7.6: double */
    STRAND_WIRE_I64 = 0x1C,              /* 7.6: signed integer of fixed width */
    STRAND_WIRE_U64 = 0x24,              /* 7.6: unsigned integer of fixed width */
    STRAND_WIRE_KEY_INLINE = 0x15,       /* 7.6: name of the next field */
    STRAND_WIRE_BYTES = 0x1D,            /* 7.6: bytes */
    STRAND_WIRE_MEMDUMP = 0x25,          /* 7.6: memory dump */
    STRAND_WIRE_STRAND = 0x41,           /* 7.7: source of a record in a merged file */
    STRAND_WIRE_EVENT = 0x46,            /* 7.7: trace event in a merged file: event, seq, arguments */
};

/* Trace events with a meaning of their own. */
enum strand_trace_code {
    STRAND_WIRE_TRACE_BATCH = 1,         /* 12.4: start of a batch */
    STRAND_WIRE_TRACE_FREQUENCY = 2,     /* 12.4: ticks per second */
    STRAND_WIRE_TRACE_STACK = 3,         /* 12.4: stack definition */
    STRAND_WIRE_TRACE_STRING = 37,       /* 12.4: string definition */
    STRAND_WIRE_TRACE_BEGIN = 50,        /* 12.5: a span begins in this strand */
    STRAND_WIRE_TRACE_END = 51,          /* 12.5: and ends; spans nest */
    STRAND_WIRE_TRACE_COUNT = 52,        /* 12.5: a counter has this value now */
    STRAND_WIRE_TRACE_MARK = 53,         /* 12.5: an instant */
    STRAND_WIRE_TRACE_FLOW_BEGIN = 54,   /* 12.5: an asynchronous flow begins */
    STRAND_WIRE_TRACE_FLOW_STEP = 55,    /* 12.5: it goes on here */
    STRAND_WIRE_TRACE_FLOW_END = 56,     /* 12.5: it ends */
    STRAND_WIRE_TRACE_EXT = 63,          /* 12.4: the type number is the third argument */
};

#define STRAND_INCOMPAT_NANO_DERIVED 1u  /* 8.5: nano deltas are 0: nano follows from the tick */

#define STRAND_COMPAT_MERGED 1u          /* 11.4: a merged file */
#define STRAND_COMPAT_AMORTISED_CLOCK 2u /* 8.5: several records share one reading of the clock */
#define STRAND_COMPAT_FRAGMENT 4u        /* 11.1: some blocks of a strand that grows */

#define STRAND_BLOCK_SEALED 1u           /* 9.3: complete: nothing will be added */
#define STRAND_BLOCK_CRC 2u              /* 9.3: both checksums are valid */

#endif
