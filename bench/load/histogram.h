#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

/* Values below 128 have a bucket each; above, every power of two is cut into 128, so a value is off by 0.8 % at most. */
enum { HISTOGRAM_FINE = 128, HISTOGRAM_BUCKETS = HISTOGRAM_FINE * 40 };

struct histogram {
  uint64_t count;
  int64_t max;
  uint32_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_reset(struct histogram *histogram);

/* Counts a value; one below 0 counts as 0. */
void histogram_record(struct histogram *histogram, int64_t value);

/* Writes it as JSON: null where nothing was counted. */
void histogram_print(FILE *out, const struct histogram *histogram);

#endif
