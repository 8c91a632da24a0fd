#include "frame.h"
#include <string.h>

static void keep(struct text *field, const char *value, const char *end) {
  if (value < end && *value == ' ') value++;
  field->at = value;
  field->length = (size_t)(end - value);
}

const char *frame_read(const char *at, const char *end, struct frame *frame) {
  memset(frame, 0, sizeof *frame);
  for (;;) {
    const char *line_end = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
    if (line_end == NULL) return NULL;
    size_t length = (size_t)(line_end - at);
    if (length == 0) return at + 1;
    if (length >= 3 && memcmp(at, "id:", 3) == 0) keep(&frame->id, at + 3, line_end);
    else if (length >= 5 && memcmp(at, "data:", 5) == 0) keep(&frame->data, at + 5, line_end);
    else if (length >= 6 && memcmp(at, "event:", 6) == 0) keep(&frame->event, at + 6, line_end);
    else if (length >= 6 && memcmp(at, "topic:", 6) == 0) keep(&frame->topic, at + 6, line_end);
    at = line_end + 1;
  }
}

int text_is(struct text text, const char *other) {
  return text.length == strlen(other) && memcmp(text.at, other, text.length) == 0;
}
