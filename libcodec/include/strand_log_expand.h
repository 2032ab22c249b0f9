/* SPDX-License-Identifier: MIT
 *
 * strand_log_expand.h: how STRAND_LOG and STRAND_TRACE expand: for each argument a constant of its own, evaluated once,
 * then the functions of strand_log_inline.h over them. Nothing here is for use by name.
 *
 *     STRAND_LOG(w, "m", a, b)    →    STRAND_EACH_2(DO, a, b)    →    DO(2, a) DO(1, b)
 *
 *     site, listed for STRAND_DEFINE_SITES │ values │ claim │ tick │ begin │ put … │ end
 *                                                                  └ or all of it in strand_log_cold
 */
#ifndef STRAND_LOG_EXPAND_H
#define STRAND_LOG_EXPAND_H

#ifndef __cplusplus

#include "strand_log_inline.h"

// DO(i, x) for each argument, i counting down; a last one that nobody uses keeps the list from being empty.
#define STRAND_EACH_0(DO, ...)
#define STRAND_EACH_1(DO, x, ...) DO(1, x)
#define STRAND_EACH_2(DO, x, ...) DO(2, x) STRAND_EACH_1(DO, __VA_ARGS__)
#define STRAND_EACH_3(DO, x, ...) DO(3, x) STRAND_EACH_2(DO, __VA_ARGS__)
#define STRAND_EACH_4(DO, x, ...) DO(4, x) STRAND_EACH_3(DO, __VA_ARGS__)
#define STRAND_EACH_5(DO, x, ...) DO(5, x) STRAND_EACH_4(DO, __VA_ARGS__)
#define STRAND_EACH_6(DO, x, ...) DO(6, x) STRAND_EACH_5(DO, __VA_ARGS__)
#define STRAND_EACH_7(DO, x, ...) DO(7, x) STRAND_EACH_6(DO, __VA_ARGS__)
#define STRAND_EACH_8(DO, x, ...) DO(8, x) STRAND_EACH_7(DO, __VA_ARGS__)
#define STRAND_EACH_9(DO, x, ...) DO(9, x) STRAND_EACH_8(DO, __VA_ARGS__)
#define STRAND_EACH_10(DO, x, ...) DO(10, x) STRAND_EACH_9(DO, __VA_ARGS__)
#define STRAND_EACH_11(DO, x, ...) DO(11, x) STRAND_EACH_10(DO, __VA_ARGS__)
#define STRAND_EACH_12(DO, x, ...) DO(12, x) STRAND_EACH_11(DO, __VA_ARGS__)
#define STRAND_EACH_13(DO, x, ...) DO(13, x) STRAND_EACH_12(DO, __VA_ARGS__)
#define STRAND_EACH_14(DO, x, ...) DO(14, x) STRAND_EACH_13(DO, __VA_ARGS__)
#define STRAND_EACH_15(DO, x, ...) DO(15, x) STRAND_EACH_14(DO, __VA_ARGS__)
#define STRAND_EACH_16(DO, x, ...) DO(16, x) STRAND_EACH_15(DO, __VA_ARGS__)

#define STRAND_COUNT(...) STRAND_SEVENTEENTH(__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0)
#define STRAND_SEVENTEENTH(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, count, ...) count
#define STRAND_EACH(n) STRAND_EACH_(n)
#define STRAND_EACH_(n) STRAND_EACH_##n

#define STRAND_LOG_ARG(i, x) const struct strand_arg strand_arg_##i = STRAND_ARG(x);
#define STRAND_LOG_NEED(i, x) +strand_log_need(strand_arg_##i, strand_fixed)
#define STRAND_LOG_EXACT(i, x) &&strand_log_exact(strand_arg_##i, strand_fixed)
#define STRAND_LOG_LONG(i, x) || strand_log_too_long(strand_w, strand_arg_##i)
#define STRAND_LOG_PUT(i, x) strand_to = strand_log_put(strand_to, strand_arg_##i, strand_fixed);
#define STRAND_ARG_ITEM(i, x) strand_arg_##i,

#define STRAND_LOG_WITH(writer, tick, level, fixed, text, ...)                                                       \
    STRAND_LOG_N(STRAND_COUNT(__VA_ARGS__), writer, tick, level, fixed, text, __VA_ARGS__, 0)
#define STRAND_LOG_N(n, ...) STRAND_LOG_EACH(STRAND_EACH(n), n, __VA_ARGS__)
#define STRAND_LOG_EACH(each, n, writer, tick, level, fixed, text, message, ...)                                     \
    do {                                                                                                             \
        static struct strand_site strand_site = {__FILE__, __func__, "" message "", text, __LINE__, level, 0, 0};    \
        STRAND_LIST_SITE(strand_site)                                                                                \
        const bool strand_fixed = fixed;                                                                             \
        (void)strand_fixed;                                                                                          \
        each(STRAND_LOG_ARG, __VA_ARGS__) struct strand_writer *const strand_w = (writer);                           \
        const bool strand_mine = strand_log_claim(strand_w);                                                         \
        const uint64_t strand_t = (tick);                                                                            \
        const bool strand_exact = true each(STRAND_LOG_EXACT, __VA_ARGS__);                                          \
        struct strand_inline strand_frame = {NULL, 0, NULL};                                                         \
        if (STRAND_LIKELY(strand_mine) && !(false each(STRAND_LOG_LONG, __VA_ARGS__))) {                             \
            const uint32_t strand_need =                                                                             \
                STRAND_LOG_HEADER_LEN + STRAND_LOG_SITE_LEN each(STRAND_LOG_NEED, __VA_ARGS__);                      \
            strand_frame = strand_log_begin(strand_w, &strand_site, strand_t, strand_need, strand_exact);            \
        }                                                                                                            \
        if (STRAND_LIKELY(strand_frame.at != NULL)) {                                                                \
            uint8_t *strand_to = strand_frame.at + STRAND_LOG_HEADER_LEN + STRAND_LOG_SITE_LEN;                      \
            each(STRAND_LOG_PUT, __VA_ARGS__) strand_log_end(strand_w, strand_frame, strand_to, strand_exact);       \
        } else {                                                                                                     \
            const struct strand_arg strand_args[] = {each(STRAND_ARG_ITEM, __VA_ARGS__){STRAND_ARG_BOOL, 0, NULL}};  \
            strand_log_cold(strand_w, &strand_site, strand_t, strand_args, n,                                        \
                            (strand_mine ? STRAND_LOG_CLAIMED : 0u) | (strand_fixed ? STRAND_LOG_WIDE : 0u));        \
        }                                                                                                            \
    } while (0)

#define STRAND_TRACE_ARG(i, x) const uint64_t strand_arg_##i = (uint64_t)(x);
#define STRAND_TRACE_OR(i, x) | strand_arg_##i
#define STRAND_TRACE_PUT(i, x) strand_to = strand_trace_put(strand_to, strand_arg_##i, strand_fixed);

#define STRAND_TRACE_WITH(writer, tick, fixed, ...)                                                                  \
    STRAND_TRACE_N(STRAND_COUNT(__VA_ARGS__), writer, tick, fixed, __VA_ARGS__, 0)
#define STRAND_TRACE_N(n, ...) STRAND_TRACE_EACH(STRAND_EACH(n), n, __VA_ARGS__)
#define STRAND_TRACE_EACH(each, n, writer, tick, fixed, type, ...)                                                   \
    do {                                                                                                             \
        _Static_assert((type) > 0 && (type) <= 63 && (n) <= 12, "an event type from 1 to 63, at most 12 arguments"); \
        _Static_assert((type) != 63 || (n) > 0, "63: the number of a declared event, then its arguments");           \
        const bool strand_fixed = fixed;                                                                             \
        const uint64_t strand_end = strand_fixed ? STRAND_TRACE_PAD_END : STRAND_LOG_WIDE_END;                       \
        const uint64_t strand_arg_0 = 0;                                                                             \
        each(STRAND_TRACE_ARG, __VA_ARGS__) struct strand_writer *const strand_w = (writer);                         \
        const bool strand_mine = strand_log_claim(strand_w);                                                         \
        const uint64_t strand_t = (tick);                                                                            \
        struct strand_inline strand_frame = {NULL, 0, NULL};                                                         \
        if (STRAND_LIKELY(strand_mine) && STRAND_LIKELY(strand_trace_numbered(type, strand_arg_##n)) &&              \
            STRAND_LIKELY((strand_arg_0 each(STRAND_TRACE_OR, __VA_ARGS__)) < strand_end)) {                         \
            strand_frame = strand_log_at(strand_w, strand_w->priv_event_room, strand_t, 6 + 8 * (n));                \
        }                                                                                                            \
        if (STRAND_LIKELY(strand_frame.at != NULL)) {                                                                \
            const uint64_t strand_delta = strand_t - strand_w->priv_encoder.priv_tick;                               \
            uint8_t *strand_to = strand_trace_put_head(strand_frame.at, (type), strand_delta, (n));                  \
            each(STRAND_TRACE_PUT, __VA_ARGS__) strand_trace_end(strand_w, strand_frame, strand_to, (n), strand_t);  \
        } else {                                                                                                     \
            const uint64_t strand_args[] = {each(STRAND_ARG_ITEM, __VA_ARGS__) 0};                                   \
            strand_trace_cold(strand_w, (type), strand_t, strand_args, (n), strand_mine ? STRAND_LOG_CLAIMED : 0u);  \
        }                                                                                                            \
    } while (0)

// Under STRAND_DISABLE: arguments are looked at by the compiler, so that none is said to be unused, and never run.
#define STRAND_UNUSED(i, x) (void)sizeof(x),
#define STRAND_NOT_LOGGED(writer, ...) STRAND_NOT_N(STRAND_COUNT(__VA_ARGS__), writer, __VA_ARGS__, 0)
#define STRAND_NOT_TRACED(writer, ...) STRAND_NOT_N(STRAND_COUNT(__VA_ARGS__), writer, __VA_ARGS__, 0)
#define STRAND_NOT_N(n, ...) STRAND_NOT_EACH(STRAND_EACH(n), __VA_ARGS__)
#define STRAND_NOT_EACH(each, writer, first, ...) (each(STRAND_UNUSED, __VA_ARGS__)(void) sizeof(writer), (void)0)

#endif

#endif
