#ifndef LATENCY_H
#define LATENCY_H
#include <stdint.h>

/* Times in microseconds, in classes of at most 1/64 of their size: up to an hour, in a table of constant size. */
#define LATENCY_CLASSES 2048

struct latency {
  uint64_t count, max;
  uint32_t classes[LATENCY_CLASSES];
};

void latency_reset(struct latency *latency);
void latency_record(struct latency *latency, int64_t micros);

/* The time that this share (0 to 1) of those recorded did not exceed. 0 where none was. */
uint64_t latency_at(const struct latency *latency, double share);
#endif
