/* SPDX-License-Identifier: MIT
 *
 * strand_decode.h: bytes → frames → fields.
 *
 *     struct strand_decoder d;
 *     strand_decoder_init(&d, sizeof d, STRAND_ABI_VERSION);
 *     strand_decoder_feed(&d, bytes, len, true);
 *     struct strand_frame frame;
 *     for (enum strand_status s; (s = strand_decode_frame(&d, &frame)) != STRAND_END;) {
 *         if (s != STRAND_OK) { report(s, strand_decoder_error_off(&d)); continue; }
 *         if (frame.kind != STRAND_FRAME_RECORD) continue;
 *         struct strand_fields fields;
 *         strand_fields_init(&fields, frame.body, STRAND_DIALECT_NATIVE);
 *         struct strand_field field;
 *         while ((s = strand_decode_field(&fields, &field)) == STRAND_OK) …
 *     }
 *
 * There is one decoder and it checks every byte. It makes progress on every call: a bad record costs itself, a
 * field that can't be decoded costs the rest of its record, a frame with an impossible length ends the strand
 * (its status is told once, then STRAND_END). Extended frames and unknown fields are skipped by rule.
 *
 * The input may come in windows: when a window ends inside a frame the answer is STRAND_MORE; feed a window that
 * begins at strand_decoder_off and has at least strand_decoder_need bytes. Whatever the windows, the frames and
 * statuses are the same. Results point into the window.
 *
 * Cost: O(bytes), no allocation, ≤ 400 bytes of stack.
 */
#ifndef STRAND_DECODE_H
#define STRAND_DECODE_H

#include "strand_base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Frames are what their first two bytes say. Spec: 5.1. */
enum strand_frame_kind {
    STRAND_FRAME_SYNC = 1, /* tick, nano: the new time base */
    STRAND_FRAME_RECORD,   /* tick, nano, p; body: the fields (also from a LARGE frame) */
    STRAND_FRAME_EXT       /* ext_kind, ext_flags; body as the kind says */
};

struct strand_frame {
    enum strand_frame_kind kind;
    uint8_t ext_kind; /* enum strand_frame_code, or a kind that this library does not know */
    uint8_t ext_flags;
    uint64_t off;            /* offset of the frame's first byte */
    uint64_t len;            /* bytes of the whole frame */
    uint64_t tick;           /* ticks */
    uint64_t nano;           /* ns */
    int64_t p;               /* -1: none */
    struct strand_span body; /* in the caller's window; its end is the frame's end */
};

/* The members are private. */
struct strand_decoder {
    const uint8_t *priv_base; /* the window */
    size_t priv_len;
    size_t priv_pos;          /* next frame, in the window */
    uint64_t priv_window_off; /* offset of the window's first byte */
    uint64_t priv_tick;       /* time base */
    uint64_t priv_nano;
    uint64_t priv_zero_off; /* where the current run of zero syncs began */
    uint64_t priv_error_off;
    size_t priv_need;
    enum strand_status priv_latched; /* why the strand ended early; STRAND_OK while it goes on */
    uint8_t priv_has_base;
    uint8_t priv_base_told; /* no-base was reported, or can't occur any more */
    uint8_t priv_in_zeros;  /* a run of zero syncs is open */
    uint8_t priv_final;     /* nothing follows the window */
};

/* Starts a decoder at offset 0 without input. Returns: STRAND_OK · STRAND_BAD_VERSION. */
STRAND_API enum strand_status strand_decoder_init(struct strand_decoder *d, size_t size, unsigned abi_version);

/* Gives the time base that holds before the first sync, as a ring's reader state or a user knows it. Spec: 5.4. */
STRAND_API void strand_decoder_set_base(struct strand_decoder *d, uint64_t tick, uint64_t nano);

/* Sets the offset of the next byte to be fed: offsets in frames and errors count from there. */
STRAND_API void strand_decoder_set_off(struct strand_decoder *d, uint64_t off);

/* Gives the window that begins at strand_decoder_off. `final`: nothing follows it.
 * In: bytes[0 … len), which must stay until the next feed; len below 2^30.
 * Returns: STRAND_OK · STRAND_BAD_ARGUMENT (len). */
STRAND_API enum strand_status strand_decoder_feed(struct strand_decoder *d, const uint8_t *bytes, size_t len,
                                                  bool final);

/* Decodes the next frame.
 * Returns: STRAND_OK · STRAND_END (for ever after) · STRAND_MORE (feed more; at most zero syncs were consumed) ·
 * bad input, told once each, after which the next call goes on: STRAND_ZERO_SYNC, STRAND_NO_BASE (the record
 * follows), STRAND_BAD_HEADER · bad input that ends the strand: STRAND_FRAME_PAST_END, STRAND_BAD_SIZE,
 * STRAND_BAD_EXT_LENGTH, STRAND_ZERO_FILL, STRAND_CRITICAL_FRAME. Spec: 5, 6. */
STRAND_API enum strand_status strand_decode_frame(struct strand_decoder *d, struct strand_frame *ret_frame);

/* Offset of the next undecoded byte: where the next window must begin. */
STRAND_API uint64_t strand_decoder_off(const struct strand_decoder *d);

/* Bytes from strand_decoder_off on that the frame needs after STRAND_MORE; at most STRAND_EXT_FRAME_MAX. */
STRAND_API size_t strand_decoder_need(const struct strand_decoder *d);

/* Offset of what the last bad status was about. */
STRAND_API uint64_t strand_decoder_error_off(const struct strand_decoder *d);

/* Numbering of field types: ours (Go's of 2018 to 1.25), or that of Go 1.26. Spec: 7.8. */
enum strand_dialect { STRAND_DIALECT_NATIVE = 0, STRAND_DIALECT_GO1_26 = 1 };

/* One field. Which members are set depends on the type. Spec: 7. */
struct strand_field {
    uint8_t type;            /* type byte (enum strand_field_code), in our numbering */
    uint8_t padded;          /* a varint of it was longer than its value needs */
    bool known;              /* false: an unknown field that was skipped; `raw` holds its bytes */
    uint64_t number;         /* type number of an EXT field, else the type byte */
    uint64_t value;          /* UINT HEX PTR PC OVERFLOW LEVEL …: the value; CONST_STRING: the offset; MEMDUMP: the
                              * address; F32 F64: the bits; TRACEBACK EVENT: the number of values;
                              * TRUE FALSE: 1, 0; STRING BYTES KEY_INLINE: the length */
    int64_t svalue;          /* INT I32 I64: the value */
    uint64_t const_len;      /* CONST_STRING: the length, bytes */
    struct strand_span data; /* STRING BYTES KEY_INLINE MEMDUMP: the bytes; TRACEBACK EVENT: the varints,
                              * for strand_decode_value */
    struct strand_span raw;  /* the whole field, type byte included */
};

/* The fields of a record or definition, in order. The members are private but for `off`. */
struct strand_fields {
    const uint8_t *priv_base;
    size_t priv_len;
    size_t off; /* next field in the body; after an error the bad one: from there on the record is opaque */
    enum strand_status priv_latched;
    uint8_t priv_dialect;
};

/* Starts at a body's first field. */
STRAND_API void strand_fields_init(struct strand_fields *f, struct strand_span body, enum strand_dialect dialect);

/* Decodes the next field.
 * Returns: STRAND_OK · STRAND_END · STRAND_BAD_FIELD_TYPE, STRAND_FIELD_PAST_END, STRAND_VARINT_LONG,
 * STRAND_VARINT_RANGE, STRAND_CRITICAL_FIELD (these for ever after). Spec: 7. */
STRAND_API enum strand_status strand_decode_field(struct strand_fields *f, struct strand_field *ret_field);

/* Takes the next varint off the values of a TRACEBACK or EVENT field.
 * In/out: values, a copy of field.data. Returns: STRAND_OK · STRAND_END. */
STRAND_API enum strand_status strand_decode_value(struct strand_span *values, uint64_t *ret_value);

/* Bodies of extended frames. Each returns STRAND_OK or STRAND_BAD_EXT_BODY. Spec: 6.5 to 6.9. */
struct strand_def {
    uint64_t def_kind;       /* enum strand_def_kind, or unknown */
    uint64_t id;             /* even: session scope; odd: block scope */
    struct strand_span body; /* the fields */
};
struct strand_owner {
    uint64_t tid;
    struct strand_span name;
};
STRAND_API enum strand_status strand_decode_def(struct strand_span body, struct strand_def *ret_def);
STRAND_API enum strand_status strand_decode_loss(struct strand_span body, struct strand_diag *ret_diag,
                                                 struct strand_span *ret_fields);
STRAND_API enum strand_status strand_decode_clock(struct strand_span body, struct strand_clock *ret_clock);
STRAND_API enum strand_status strand_decode_owner(struct strand_span body, struct strand_owner *ret_owner);

#ifdef __cplusplus
}
#endif

#endif
