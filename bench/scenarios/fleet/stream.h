#ifndef STREAM_H
#define STREAM_H
#include "account.h"
#include "latency.h"
#include <netinet/in.h>

/* HEAD: connected or about to be, and the head of the response has not come. */
enum state { CLOSED, HEAD, BODY };

/* How it came to be closed. */
enum ending { NOT_ENDED, ENDED_BY_FLEET, ENDED_BY_PEER, RESET_BY_PEER, REFUSED };

struct group {
  char name[32], path[512];
  struct sockaddr_in address;
  struct stream *streams;
  int count;
  int paused, traced, receive_bytes;
  uint64_t bytes;
  /* From publication to here; from connecting to the first frame; from connecting, or from the cut before it, to
     `tidings:live`. */
  struct latency latency, to_first, to_live;
  /* The longest time without a frame on a stream that is not paused, in microseconds. */
  int64_t longest_silence;
  /* Streams that are to connect, in order of their time, and which of them is next. */
  struct stream **pending;
  int pending_count, pending_at;
  /* How many may be on their way to `tidings:live` at a time, and how many are. */
  int most_opening, opening;
  struct group *following;
};

struct stream {
  int fd;
  enum state state;
  enum ending ending;
  struct group *group;
  struct account account;
  /* What has come of a head or a frame that is not whole. */
  char *part;
  size_t part_bytes;
  /* In microseconds of the monotonic clock; 0: has not happened. */
  int64_t due, cut_at, began, first_at, live_at, closed_at, frame_at;
  int watched;
  /* One line for each frame, where the group is traced. */
  char *trace;
  size_t trace_bytes, trace_room;
};

int64_t monotonic_micros(void);

void stream_connect(struct stream *stream, int epoll);
/* To be called when its socket is ready. */
void stream_ready(struct stream *stream, int epoll, uint32_t what);
/* By a reset, or by a FIN. */
void stream_close(struct stream *stream, int by_reset);
/* Looks at what comes, or no longer. */
void stream_watch(struct stream *stream, int epoll);
#endif
