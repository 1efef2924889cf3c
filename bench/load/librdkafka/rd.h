/*
 * Stand-in for the private header that librdkafka's performance example includes: what the example uses of it, and
 * nothing else. Written for Odradek's bench suite.
 */
#ifndef ODRADEK_BENCH_RD_H
#define ODRADEK_BENCH_RD_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Microseconds. */
typedef int64_t rd_ts_t;

#define RD_UNUSED __attribute__((unused))
#define RD_INLINE inline
#define RD_ARRAYSIZE(array) (sizeof(array) / sizeof((array)[0]))
#define RD_MAX(a, b) ((a) > (b) ? (a) : (b))
#define RD_MIN(a, b) ((a) < (b) ? (a) : (b))

#define rd_snprintf snprintf
#define rd_strdup strdup

#endif
