#include "histogram.h"

#include <inttypes.h>
#include <string.h>

void histogram_reset(struct histogram *histogram) { memset(histogram, 0, sizeof *histogram); }

static int bucket_of(uint64_t value) {
  if (value < HISTOGRAM_FINE) return (int)value;
  int shift = 63 - __builtin_clzll(value) - 7;
  int bucket = (shift + 1) * HISTOGRAM_FINE + (int)((value >> shift) & (HISTOGRAM_FINE - 1));
  return bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1;
}

static int64_t value_of(int bucket) {
  if (bucket < HISTOGRAM_FINE) return bucket;
  int shift = bucket / HISTOGRAM_FINE - 1;
  return ((int64_t)HISTOGRAM_FINE + bucket % HISTOGRAM_FINE) << shift;
}

void histogram_record(struct histogram *histogram, int64_t value) {
  if (value < 0) value = 0;
  histogram->count++;
  histogram->buckets[bucket_of((uint64_t)value)]++;
  if (value > histogram->max) histogram->max = value;
}

static int64_t percentile(const struct histogram *histogram, double share) {
  uint64_t rank = (uint64_t)((double)histogram->count * share);
  uint64_t passed = 0;
  for (int bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
    passed += histogram->buckets[bucket];
    if (passed > rank) return value_of(bucket);
  }
  return histogram->max;
}

void histogram_print(FILE *out, const struct histogram *histogram) {
  if (histogram->count == 0) {
    fputs("null", out);
    return;
  }
  fprintf(out, "{\"p50\":%" PRId64 ",\"p90\":%" PRId64 ",\"p99\":%" PRId64 ",\"max\":%" PRId64 ",\"samples\":%" PRIu64 "}",
          percentile(histogram, 0.5), percentile(histogram, 0.9), percentile(histogram, 0.99), histogram->max,
          histogram->count);
}
