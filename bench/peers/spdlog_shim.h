/* SPDX-License-Identifier: MIT
 *
 * spdlog_shim.h: spdlog for C: it is a C++ library without a C interface.
 */
#ifndef SPDLOG_SHIM_H
#define SPDLOG_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A logger for the calls below, until stop, which waits for its thread. */
void spdlog_shim_start(void);
void spdlog_shim_start_async(void);
void spdlog_shim_stop(void);

void spdlog_shim_1(const char *message);
void spdlog_shim_2(const char *message, int32_t a, int32_t b, int32_t c);
void spdlog_shim_3(const char *message, const char *text, size_t len, uint64_t integer, double number);
void spdlog_shim_4(unsigned event, uint32_t a, uint32_t b, uint32_t stack);

#ifdef __cplusplus
}
#endif

#endif
