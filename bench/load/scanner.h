#ifndef SCANNER_H
#define SCANNER_H

#include <stddef.h>

#include "event.h"
#include "tally.h"

enum { ID_BYTES = 160 };

/*
 * Counts the events in the body of one stream and checks their order. It is no parser of the format: it looks for the
 * blank line that ends a frame and for the marker that begins an event's data. The lines of a chunked body are passed over
 * in this way, as no server that is measured cuts a frame's data into chunks.
 */
struct scanner {
  uint32_t index;            /* number of the stream; spreads the samples of latency over all of them */
  uint32_t next[PUBLISHERS]; /* the number that must come next, for each publisher */
  uint64_t seen;             /* the sum of them: how many of the published events have passed */
  size_t frame_bytes;        /* the shape of the last frame with an event: */
  size_t marker_at;
  size_t id_at;
  size_t id_bytes;
  char id[ID_BYTES]; /* the last event id, with a 0 at its end; empty while there is none */
};

/*
 * Scans bytes that begin where a frame begins; answers how many of them are done with. The rest is a frame that is not
 * whole, to be handed in again with what comes after it. `now` is when the bytes were read, in microseconds.
 */
size_t scanner_scan(struct scanner *scanner, const char *bytes, size_t length, int64_t now, struct tally *tally);

#endif
