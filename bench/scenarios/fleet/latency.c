#include "latency.h"
#include <string.h>

/* Below 64 each number has a class of its own; above, 64 classes for each doubling. */
static unsigned class_of(uint64_t micros) {
  if (micros < 64) return (unsigned)micros;
  unsigned doubling = 63u - (unsigned)__builtin_clzll(micros) - 6u;
  unsigned found = (doubling + 1) * 64 + (unsigned)((micros >> doubling) - 64);
  return found < LATENCY_CLASSES ? found : LATENCY_CLASSES - 1;
}

static uint64_t top_of(unsigned found) {
  if (found < 64) return found;
  unsigned doubling = found / 64 - 1;
  return (((uint64_t)(found % 64) + 65) << doubling) - 1;
}

void latency_reset(struct latency *latency) { memset(latency, 0, sizeof *latency); }

void latency_record(struct latency *latency, int64_t micros) {
  uint64_t value = micros > 0 ? (uint64_t)micros : 0;
  latency->count++;
  if (value > latency->max) latency->max = value;
  latency->classes[class_of(value)]++;
}

uint64_t latency_at(const struct latency *latency, double share) {
  uint64_t wanted = (uint64_t)(share * (double)latency->count + 0.999999), seen = 0;
  for (unsigned found = 0; found < LATENCY_CLASSES; found++) {
    seen += latency->classes[found];
    if (seen >= wanted && seen > 0) return top_of(found) < latency->max ? top_of(found) : latency->max;
  }
  return latency->max;
}
