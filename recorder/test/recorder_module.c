/* SPDX-License-Identifier: MIT
 *
 * recorder_module.c: a shared object with a call site of its own, which recorder_child loads, twice.
 */
#include "strand_recorder.h"

void log_in_module(int number);

void log_in_module(int number)
{
    strand_log("in the module", number);
}
