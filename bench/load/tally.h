#ifndef TALLY_H
#define TALLY_H

#include "histogram.h"

/* What all streams count together. */
struct tally {
  uint64_t deliveries;    /* events received */
  uint64_t bytes;         /* bytes received, framing included */
  uint64_t other_frames;  /* frames that are not events: opening frames, heartbeats, comments */
  uint64_t lost;          /* events that a stream never got, though it got a later one of the same publisher */
  uint64_t out_of_order;  /* events that a stream got twice, or after a later one of the same publisher */
  uint64_t closed_early;  /* streams that the server ended */
  struct histogram latency; /* microseconds from publish to receive, of one delivery in LATENCY_EVERY */
};

enum { LATENCY_EVERY = 16 };

#endif
