#ifndef ACCOUNT_H
#define ACCOUNT_H
#include "frame.h"
#include <stdint.h>

#define CURSOR_BYTES 72
#define GAPS_KEPT 8

/* A `tidings:gap`, and what stands on its two sides. */
struct gap {
  char reason[16], after[CURSOR_BYTES], through[CURSOR_BYTES];
  /* The id that the client had before it. */
  char had[CURSOR_BYTES];
  /* Sequence number and age in microseconds of the first event after it; -1 while none has come. */
  int64_t first, first_age;
};

/*
 * What one client was told, over all its connections, held against what must come. Where a scenario's source is the
 * hub's only publisher, its event n has the offset n + 1: so from the cursor of the opening frame on, every next event
 * is known, and so is what a gap covers. Where there are others, its events are still numbered without a hole, from a
 * first one that is given.
 */
struct account {
  /* Of every how many events one is this client's, and which. */
  int64_t step, phase;
  /* Whether event n has the offset n + 1. */
  int by_offset;
  /* Sequence number of the event that must come next; -1 where only the next one will tell. */
  int64_t next;
  char last_id[CURSOR_BYTES];
  uint64_t events, frames, cursors, lives, resets, notices_wrong;
  /* Events that did not come and that nobody confessed; events that came twice or late. */
  uint64_t lost, doubled;
  uint64_t gaps;
  struct gap kept[GAPS_KEPT];
  /* Of the first event since the client last began to read, or connected: how old it was, in microseconds. */
  int64_t first_age;
};

enum told { TOLD_EVENT, TOLD_LIVE, TOLD_OTHER };

/* `first`: the first event's number; -1 where the offsets tell it, -2 where only the first one will. */
void account_open(struct account *account, int64_t step, int64_t phase, int64_t first, const char *last_id);

/* Takes a frame into account. Of an event it answers the age in microseconds by `age`. */
enum told account_take(struct account *account, const struct frame *frame, int64_t now, int64_t *age);
#endif
