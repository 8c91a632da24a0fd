#ifndef STREAMS_H
#define STREAMS_H

#include <stddef.h>
#include <stdint.h>

#include "tally.h"

/* The streams that the load generator holds open, each on a socket of its own, numbered from 0. */

/* How the streams that were opened again are doing. */
struct resumption {
  uint64_t expected;      /* events that each of them must have seen in the end */
  uint32_t complete;      /* streams that have */
  int64_t since;          /* when they were opened, in microseconds */
  struct histogram times; /* how long each took, in microseconds */
};

/* Sets which epoll the streams wait in, how much is read at a time, and where everything is counted. */
void streams_start(int epoll, size_t read_bytes, struct tally *tally);

/* Sets the server's port and the head of the request, without the blank line at its end. */
void streams_target(int port, const char *request, size_t bytes);

/* Adds streams, and opens them, a few hundred at a time. */
void streams_add(uint32_t count);

/* Cuts every stream with a reset. What each has seen is kept. */
void streams_cut(void);

/* Opens every stream again, all at once, each with the id of the last event that it got. */
void streams_reopen(uint64_t expected);

/* To be called when the epoll tells of a stream. */
void streams_on_event(uint32_t index, uint32_t events);

/* How many streams there are, and how many of them have their head. */
uint32_t streams_count(void);
uint32_t streams_open(void);

/* Events that streams have not seen, of so many that were published to each. */
uint64_t streams_outstanding(uint64_t published);

const struct resumption *streams_resumption(void);

#endif
