/* Stand-in for the private header of the same name: the one function of it that the performance example calls. */
#ifndef ODRADEK_BENCH_RDTIME_H
#define ODRADEK_BENCH_RDTIME_H

#include "rd.h"

/* Microseconds of a clock that never goes back. */
static inline rd_ts_t rd_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (rd_ts_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
