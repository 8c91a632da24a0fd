#ifndef PUBLISHERS_H
#define PUBLISHERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Publishes events over HTTP, each with a request of its own, on kept connections: up to PUBLISHERS of them, each with one
 * request on its way at a time.
 */

struct offer {
  double rate;    /* events a second; 0 publishes as fast as the server answers */
  uint64_t limit; /* ends after so many events; 0 goes on until it is stopped */
};

struct published {
  uint64_t events;  /* requests sent */
  uint64_t dropped; /* events that were due and not sent, because no publisher had its answer */
  uint64_t failed;  /* requests that were not answered with 2xx */
};

/* Sets which epoll the publishers wait in. */
void publishers_start(int epoll);

/* Sets the server's port, and what stands before and after the data of `data_bytes` bytes in a request. */
void publishers_target(int port, const char *before, size_t before_bytes, size_t data_bytes, const char *after,
                       size_t after_bytes);

/* Begins to publish. */
void publishers_publish(struct offer offer);

/* Publishes no more. What is on its way may still be answered. */
void publishers_stop(void);

/* Whether nothing is due any more and every request has its answer. */
int publishers_idle(void);

/* To be called when the epoll tells of the pace, and of a publisher. */
void publishers_on_pace(void);
void publishers_on_event(uint32_t index);

/* What was published since the program began. */
const struct published *publishers_published(void);

#endif
