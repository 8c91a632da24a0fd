#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

/* What the epoll waits for: a kind in the upper half of its key, and a number in the lower one. */
enum loop_kind { LOOP_COMMANDS, LOOP_TICK, LOOP_PACE, LOOP_PUBLISHER, LOOP_STREAM };

static inline uint64_t loop_key(enum loop_kind kind, uint32_t index) { return (uint64_t)kind << 32 | index; }

#endif
