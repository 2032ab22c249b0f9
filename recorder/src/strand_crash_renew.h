/* SPDX-License-Identifier: MIT
 *
 * strand_crash_renew.h: what a fork means to the crash handlers.
 */
#ifndef STRAND_CRASH_RENEW_H
#define STRAND_CRASH_RENEW_H

/* In the child of a fork, by its only thread: nobody is installing handlers. */
void strand_crash_renew(void);

#endif
