#ifndef FRAME_H
#define FRAME_H
#include <stddef.h>

struct text {
  const char *at;
  size_t length;
};

/* The fields of a frame of text/event-stream. Only the last line of each name is kept: the hub writes LF alone, and
   the events of a scenario have data of one line. */
struct frame {
  struct text id, event, topic, data;
};

/* Reads one frame. Answers where the next one begins, or NULL where this one is not whole. */
const char *frame_read(const char *at, const char *end, struct frame *frame);

int text_is(struct text text, const char *other);
#endif
