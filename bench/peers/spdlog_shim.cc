/* SPDX-License-Identifier: MIT
 *
 * spdlog_shim.cc: an spdlog logger, synchronous or not, that formats every record and keeps the last 4096 lines in memory.
 * With gbench_shim.cc the only C++ of the suite.
 */
#include "spdlog_shim.h"

#include <memory>
#include <spdlog/async.h>
#include <spdlog/sinks/ringbuffer_sink.h>
#include <spdlog/spdlog.h>

static std::shared_ptr<spdlog::details::thread_pool> pool;
static std::shared_ptr<spdlog::logger> logger;

extern "C" void spdlog_shim_start(void)
{
    logger = std::make_shared<spdlog::logger>("bench", std::make_shared<spdlog::sinks::ringbuffer_sink_st>(4096));
}

extern "C" void spdlog_shim_start_async(void)
{
    pool = std::make_shared<spdlog::details::thread_pool>(8192, 1);
    logger =
        std::make_shared<spdlog::async_logger>("bench", std::make_shared<spdlog::sinks::ringbuffer_sink_mt>(4096),
                                               pool, spdlog::async_overflow_policy::block);
}

extern "C" void spdlog_shim_stop(void)
{
    pool.reset();
    logger.reset();
}

extern "C" void spdlog_shim_1(const char *message)
{
    logger->info(message);
}

extern "C" void spdlog_shim_2(const char *message, int32_t a, int32_t b, int32_t c)
{
    logger->info("{} {} {} {}", message, a, b, c);
}

extern "C" void spdlog_shim_3(const char *message, const char *text, size_t len, uint64_t integer, double number)
{
    logger->info("{} {} {} {}", message, std::string_view(text, len), integer, number);
}

extern "C" void spdlog_shim_4(unsigned event, uint32_t a, uint32_t b, uint32_t stack)
{
    logger->info("event {} {} {} {}", event, a, b, stack);
}
