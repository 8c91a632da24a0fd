#include "scanner.h"

#include <string.h>

static void sample(const struct scanner *scanner, const char *data, int64_t number, int64_t now, struct tally *tally) {
  if (((uint64_t)number + scanner->index) % LATENCY_EVERY != 0) return;
  histogram_record(&tally->latency, now - read_digits(data + EVENT_MICROS_AT, EVENT_MICROS_DIGITS));
}

static void keep_id(struct scanner *scanner, const char *frame) {
  size_t bytes = scanner->id_bytes < ID_BYTES ? scanner->id_bytes : ID_BYTES - 1;
  memcpy(scanner->id, frame + scanner->id_at, bytes);
  scanner->id[bytes] = 0;
}

/*
 * Whether a frame of the last one's shape, with the event that must come next, stands here. Counts it if so. The ids of
 * some servers vary in length, so the shape may have become longer or shorter by a byte.
 */
static int is_next(struct scanner *scanner, const char *frame, size_t left, int64_t now, struct tally *tally) {
  size_t bytes = scanner->frame_bytes;
  if (bytes == 0 || bytes > left + 1) return 0;
  const char *data = frame + scanner->marker_at;
  int longer = data[0] == EVENT_MARKER ? 0 : data[1] == EVENT_MARKER ? 1 : data[-1] == EVENT_MARKER ? -1 : 2;
  if (longer == 2) return 0;
  data += longer;
  bytes += (size_t)longer;
  if (bytes > left || frame[bytes - 1] != '\n' || frame[bytes - 2] != '\n') return 0;
  size_t id_bytes = scanner->id_bytes + (size_t)longer;
  if (longer != 0 && (scanner->id_bytes == 0 || frame[scanner->id_at + id_bytes] != '\n')) return 0;
  int64_t publisher = read_digits(data + EVENT_PUBLISHER_AT, EVENT_PUBLISHER_DIGITS);
  int64_t number = read_digits(data + EVENT_NUMBER_AT, EVENT_NUMBER_DIGITS);
  if (publisher < 0 || publisher >= PUBLISHERS || number != scanner->next[publisher]) return 0;
  scanner->frame_bytes = bytes;
  scanner->marker_at = (size_t)(data - frame);
  scanner->id_bytes = id_bytes;
  tally->deliveries++;
  scanner->next[publisher]++;
  scanner->seen++;
  sample(scanner, data, number, now, tally);
  return 1;
}

/* Finds the line of the frame that gives the id, if one does. */
static int find_id(struct scanner *scanner, const char *frame, size_t bytes) {
  const char *line = frame;
  const char *end = frame + bytes;
  while (line < end) {
    const char *stop = memchr(line, '\n', (size_t)(end - line));
    if (stop == NULL) return 0;
    if (stop - line >= 3 && memcmp(line, "id:", 3) == 0) {
      const char *value = line + 3 + (line[3] == ' ');
      if (stop > value && stop[-1] == '\r') stop--;
      scanner->id_at = (size_t)(value - frame);
      scanner->id_bytes = (size_t)(stop - value);
      return 1;
    }
    line = stop + 1;
  }
  return 0;
}

static void scan_frame(struct scanner *scanner, const char *frame, size_t bytes, int64_t now, struct tally *tally) {
  scanner->frame_bytes = 0;
  scanner->id_bytes = 0;
  if (find_id(scanner, frame, bytes)) keep_id(scanner, frame);
  const char *data = memchr(frame, EVENT_MARKER, bytes);
  if (data == NULL || bytes - (size_t)(data - frame) < EVENT_LEAST_BYTES) {
    tally->other_frames++;
    return;
  }
  int64_t publisher = read_digits(data + EVENT_PUBLISHER_AT, EVENT_PUBLISHER_DIGITS);
  int64_t number = read_digits(data + EVENT_NUMBER_AT, EVENT_NUMBER_DIGITS);
  if (publisher < 0 || publisher >= PUBLISHERS || number < 0) {
    tally->other_frames++;
    return;
  }
  scanner->frame_bytes = bytes;
  scanner->marker_at = (size_t)(data - frame);
  tally->deliveries++;
  if (number < scanner->next[publisher]) {
    tally->out_of_order++;
    return;
  }
  uint64_t passed = (uint64_t)number - scanner->next[publisher];
  tally->lost += passed;
  scanner->seen += passed + 1;
  scanner->next[publisher] = (uint32_t)number + 1;
  sample(scanner, data, number, now, tally);
}

/* Finds the end of the frame that begins here. A search for one byte is much faster than one for two. */
static const char *find_end(const char *at, const char *end) {
  while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
    if (++at == end) return NULL;
    if (*at == '\n') return at + 1;
  }
  return NULL;
}

size_t scanner_scan(struct scanner *scanner, const char *bytes, size_t length, int64_t now, struct tally *tally) {
  size_t at = 0;
  const char *guessed = NULL; /* the last frame whose id is not kept yet */
  while (at < length) {
    /* The next frame nearly always has the shape of the last one. To guess that costs no search. */
    if (is_next(scanner, bytes + at, length - at, now, tally)) {
      guessed = bytes + at;
      at += scanner->frame_bytes;
      continue;
    }
    const char *end = find_end(bytes + at, bytes + length);
    if (end == NULL) break;
    size_t frame_bytes = (size_t)(end - bytes) - at;
    if (guessed != NULL && scanner->id_bytes > 0) keep_id(scanner, guessed);
    scan_frame(scanner, bytes + at, frame_bytes, now, tally);
    guessed = NULL;
    at += frame_bytes;
  }
  if (guessed != NULL && scanner->id_bytes > 0) keep_id(scanner, guessed);
  return at;
}
