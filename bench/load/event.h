#ifndef EVENT_H
#define EVENT_H

#include <stdint.h>

/*
 * An event's data: "~pp.nnnnnnnnnn.tttttttttttttttt.xxx...": which publisher sent it, its number among that publisher's
 * events, when (microseconds on the monotonic clock), and filler. None of these bytes needs escaping in JSON or in a form,
 * and the marker stands nowhere else in a frame of any side.
 */
enum {
  EVENT_MARKER = '~',
  EVENT_PUBLISHER_AT = 1,
  EVENT_PUBLISHER_DIGITS = 2,
  EVENT_NUMBER_AT = 4,
  EVENT_NUMBER_DIGITS = 10,
  EVENT_MICROS_AT = 15,
  EVENT_MICROS_DIGITS = 16,
  EVENT_LEAST_BYTES = 32,
};

/* Publishers at most; each has one event on its way at a time, so the events of each have an order. */
enum { PUBLISHERS = 64 };

/* Reads a number of fixed width, or answers -1 if a byte of it is not a digit. */
static inline int64_t read_digits(const char *at, int digits) {
  int64_t value = 0;
  for (int index = 0; index < digits; index++) {
    unsigned digit = (unsigned char)at[index] - (unsigned)'0';
    if (digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

static inline void write_digits(char *at, int digits, int64_t value) {
  for (int index = digits - 1; index >= 0; index--, value /= 10) at[index] = (char)('0' + value % 10);
}

#endif
