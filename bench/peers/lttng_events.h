/* SPDX-License-Identifier: MIT
 *
 * lttng_events.h: the workloads as LTTng tracepoints.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER strandline_bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "lttng_events.h"

#if !defined(LTTNG_EVENTS_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define LTTNG_EVENTS_H

#include <lttng/tracepoint.h>
#include <stdint.h>

LTTNG_UST_TRACEPOINT_EVENT(strandline_bench, w1, LTTNG_UST_TP_ARGS(), LTTNG_UST_TP_FIELDS())

LTTNG_UST_TRACEPOINT_EVENT(strandline_bench, w2, LTTNG_UST_TP_ARGS(int32_t, a, int32_t, b, int32_t, c),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int32_t, a, a)
                                                   lttng_ust_field_integer(int32_t, b, b)
                                                       lttng_ust_field_integer(int32_t, c, c)))

LTTNG_UST_TRACEPOINT_EVENT(strandline_bench, w3,
                           LTTNG_UST_TP_ARGS(const char *, text, uint64_t, integer, double, number),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_string(text, text)
                                                   lttng_ust_field_integer(uint64_t, integer, integer)
                                                       lttng_ust_field_float(double, number, number)))

LTTNG_UST_TRACEPOINT_EVENT(strandline_bench, w4, LTTNG_UST_TP_ARGS(uint32_t, a, uint32_t, b, uint32_t, stack),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, a, a)
                                                   lttng_ust_field_integer(uint32_t, b, b)
                                                       lttng_ust_field_integer(uint32_t, stack, stack)))

#endif

#include <lttng/tracepoint-event.h>
