#define _GNU_SOURCE
#include "stream.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Read at a time from one socket, before the others have their turn. */
#define READ_BYTES 262144
/* The longest frame. */
#define PART_BYTES 131072

/* What a stream has left over stands before what it reads next. One for all streams. */
static char buffer[PART_BYTES + READ_BYTES];

int64_t monotonic_micros(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void opened(struct stream *stream) {
  if (stream->live_at == 0 && stream->ending == NOT_ENDED) stream->group->opening--;
}

static void ended(struct stream *stream, enum ending ending) {
  opened(stream);
  stream->ending = ending;
  stream->state = CLOSED;
  stream->closed_at = monotonic_micros();
  stream->part_bytes = 0;
  free(stream->part);
  stream->part = NULL;
  close(stream->fd);
  stream->fd = -1;
}

void stream_close(struct stream *stream, int by_reset) {
  if (stream->state == CLOSED) return;
  struct linger reset = {.l_onoff = 1, .l_linger = 0};
  if (by_reset) setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  ended(stream, ENDED_BY_FLEET);
  stream->cut_at = stream->closed_at;
}

/* One that is not to read does so until it is live, so that it is where the others are. */
static int is_paused(const struct stream *stream) {
  return stream->group->paused && stream->state == BODY && stream->live_at > 0;
}

void stream_watch(struct stream *stream, int epoll) {
  int paused = is_paused(stream);
  struct epoll_event event = {.events = paused ? 0 : EPOLLIN, .data.ptr = stream};
  if (stream->state != BODY) return;
  epoll_ctl(epoll, stream->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, stream->fd, &event);
  stream->watched = 1;
  if (!paused) stream->frame_at = monotonic_micros();
  stream->account.first_age = -1;
}

void stream_connect(struct stream *stream, int epoll) {
  struct group *group = stream->group;
  const char *last_id = stream->account.last_id;
  char request[1024];
  int on = 1;
  stream->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (group->receive_bytes > 0)
    setsockopt(stream->fd, SOL_SOCKET, SO_RCVBUF, &group->receive_bytes, sizeof group->receive_bytes);
  stream->began = monotonic_micros();
  stream->first_at = stream->live_at = 0;
  stream->watched = 0;
  stream->ending = NOT_ENDED;
  stream->state = HEAD;
  group->opening++;
  /* Loopback: the connection is made, or waits in a queue of the kernel, when this returns. Its request waits with it. */
  if (connect(stream->fd, (struct sockaddr *)&group->address, sizeof group->address) < 0 && errno != EINPROGRESS) {
    ended(stream, REFUSED);
    return;
  }
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = stream};
  int length = snprintf(request, sizeof request,
                        "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n%s%s%s\r\n", group->path,
                        ntohs(group->address.sin_port), last_id[0] ? "Last-Event-ID: " : "", last_id,
                        last_id[0] ? "\r\n" : "");
  stream->part = malloc((size_t)length);
  memcpy(stream->part, request, (size_t)length);
  stream->part_bytes = (size_t)length;
  epoll_ctl(epoll, EPOLL_CTL_ADD, stream->fd, &event);
  stream->watched = 1;
}

static void send_request(struct stream *stream, int epoll) {
  ssize_t sent = send(stream->fd, stream->part, stream->part_bytes, MSG_NOSIGNAL);
  if (sent != (ssize_t)stream->part_bytes) {
    ended(stream, REFUSED);
    return;
  }
  free(stream->part);
  stream->part = NULL;
  stream->part_bytes = 0;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = stream};
  epoll_ctl(epoll, EPOLL_CTL_MOD, stream->fd, &event);
}

static void trace(struct stream *stream, const struct frame *frame) {
  struct text event = frame->event, topic = frame->topic, id = frame->id, data = frame->data;
  size_t needed = event.length + topic.length + id.length + data.length + 8;
  if (stream->trace_bytes + needed > stream->trace_room) {
    stream->trace_room = (stream->trace_room + needed) * 2;
    stream->trace = realloc(stream->trace, stream->trace_room);
  }
  /* Of an event the two numbers are enough. */
  if (data.length > 0 && data.at[0] == '#') data.length = data.length < 28 ? data.length : 28;
  stream->trace_bytes += (size_t)snprintf(stream->trace + stream->trace_bytes, stream->trace_room - stream->trace_bytes,
                                          "%.*s\t%.*s\t%.*s\t%.*s\n", (int)event.length, event.at, (int)topic.length,
                                          topic.at, (int)id.length, id.at, (int)data.length, data.at);
}

static void take(struct stream *stream, const struct frame *frame, int64_t now) {
  struct group *group = stream->group;
  int64_t age;
  enum told told = account_take(&stream->account, frame, now, &age);
  if (now - stream->frame_at > group->longest_silence) group->longest_silence = now - stream->frame_at;
  stream->frame_at = now;
  if (stream->first_at == 0) {
    stream->first_at = now;
    latency_record(&group->to_first, now - stream->began);
  }
  if (group->traced) trace(stream, frame);
  if (told == TOLD_EVENT) latency_record(&group->latency, age);
  if (told == TOLD_LIVE && stream->live_at == 0) {
    opened(stream);
    stream->live_at = now;
    latency_record(&group->to_live, now - (stream->cut_at > 0 ? stream->cut_at : stream->began));
  }
}

/* Where the body begins, or NULL: what came is no stream. */
static const char *body_of(const char *at, const char *end) {
  const char *found = memmem(at, (size_t)(end - at), "\r\n\r\n", 4);
  if (found == NULL || (size_t)(end - at) < 12 || memcmp(at, "HTTP/1.1 200", 12) != 0) return NULL;
  if (memmem(at, (size_t)(found - at), "text/event-stream", 17) == NULL) return NULL;
  return memmem(at, (size_t)(found - at), "chunked", 7) == NULL ? found + 4 : NULL;
}

static void read_some(struct stream *stream, int epoll) {
  if (stream->part_bytes > 0) memcpy(buffer, stream->part, stream->part_bytes);
  ssize_t length = recv(stream->fd, buffer + stream->part_bytes, READ_BYTES, 0);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) {
    ended(stream, length == 0 ? ENDED_BY_PEER : RESET_BY_PEER);
    return;
  }
  const char *at = buffer, *end = buffer + stream->part_bytes + length;
  int64_t now = monotonic_micros();
  stream->group->bytes += (uint64_t)length;
  if (stream->state == HEAD) {
    const char *body = body_of(at, end);
    if (body == NULL && memmem(at, (size_t)(end - at), "\r\n\r\n", 4) != NULL) {
      ended(stream, REFUSED);
      return;
    }
    if (body != NULL) {
      stream->state = BODY;
      stream->frame_at = now;
      at = body;
    }
  }
  if (stream->state == BODY) {
    struct frame frame;
    for (const char *next; (next = frame_read(at, end, &frame)) != NULL; at = next) take(stream, &frame, now);
    if (is_paused(stream)) stream_watch(stream, epoll);
  }
  size_t left = (size_t)(end - at);
  if (left > PART_BYTES) {
    fprintf(stderr, "fleet: a frame of more than %d bytes\n", PART_BYTES);
    exit(1);
  }
  free(stream->part);
  stream->part = left > 0 ? malloc(left) : NULL;
  if (left > 0) memcpy(stream->part, at, left);
  stream->part_bytes = left;
}

void stream_ready(struct stream *stream, int epoll, uint32_t what) {
  if (stream->state == CLOSED) return;
  if (stream->state == HEAD && stream->part != NULL && (what & EPOLLOUT)) {
    send_request(stream, epoll);
    return;
  }
  if (is_paused(stream)) {
    /* A reset: one who does not read does not notice. It is found, with what came before it, when reading goes on. */
    epoll_ctl(epoll, EPOLL_CTL_DEL, stream->fd, NULL);
    stream->watched = 0;
    stream->closed_at = monotonic_micros();
    return;
  }
  read_some(stream, epoll);
}
