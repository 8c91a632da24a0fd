#define _GNU_SOURCE
#include "publishers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "event.h"
#include "fail.h"
#include "loop.h"

/* The answer to a batch of a hundred events has a cursor for each. */
enum { ANSWER_BYTES = 32768 };

struct publisher {
  int fd;
  int connected;
  int64_t next; /* number of its next event */
  size_t answer_bytes;
  char answer[ANSWER_BYTES];
};

static int epoll_fd, pace_fd;
static struct publisher publishers[PUBLISHERS];
static uint64_t idle = UINT64_MAX; /* a bit for each publisher that waits for no answer */
static struct sockaddr_in server;
static char *request;
static size_t request_bytes, data_at;
static struct published published;
static struct offer offer;
static int publishing;
static int64_t started_at;
static uint64_t sent, skipped; /* of this offer */

void publishers_start(int epoll) {
  epoll_fd = epoll;
  pace_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = loop_key(LOOP_PACE, 0)};
  if (pace_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, pace_fd, &event) < 0) fail("timerfd");
}

void publishers_target(int port, const char *before, size_t before_bytes, size_t data_bytes, const char *after,
                       size_t after_bytes) {
  errno = 0;
  if (data_bytes < EVENT_LEAST_BYTES) fail("the data has no room for its numbers");
  server.sin_family = AF_INET;
  server.sin_port = htons((uint16_t)port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  request_bytes = before_bytes + data_bytes + after_bytes;
  request = realloc(request, request_bytes);
  if (request == NULL) fail("no memory for the request");
  data_at = before_bytes;
  memcpy(request, before, before_bytes);
  memset(request + data_at, 'x', data_bytes);
  request[data_at] = EVENT_MARKER;
  request[data_at + EVENT_NUMBER_AT - 1] = '.';
  request[data_at + EVENT_MICROS_AT - 1] = '.';
  request[data_at + EVENT_LEAST_BYTES - 1] = '.';
  memcpy(request + data_at + data_bytes, after, after_bytes);
}

static void connect_publisher(uint32_t index) {
  struct publisher *publisher = &publishers[index];
  publisher->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(publisher->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (publisher->fd < 0 || connect(publisher->fd, (struct sockaddr *)&server, sizeof server) < 0) {
    fail("cannot connect to publish");
  }
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = loop_key(LOOP_PUBLISHER, index)};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, publisher->fd, &event) < 0) fail("epoll_ctl");
  publisher->connected = 1;
}

static void disconnect_publisher(struct publisher *publisher) {
  close(publisher->fd);
  publisher->connected = 0;
}

static void send_event(uint32_t index) {
  struct publisher *publisher = &publishers[index];
  if (!publisher->connected) connect_publisher(index);
  char *data = request + data_at;
  write_digits(data + EVENT_PUBLISHER_AT, EVENT_PUBLISHER_DIGITS, index);
  write_digits(data + EVENT_NUMBER_AT, EVENT_NUMBER_DIGITS, publisher->next++);
  write_digits(data + EVENT_MICROS_AT, EVENT_MICROS_DIGITS, clock_micros());
  publisher->answer_bytes = 0;
  idle &= ~(UINT64_C(1) << index);
  sent++;
  published.events++;
  /* A request is shorter than an empty socket's buffer, and the publisher waits for nothing else. */
  if (send(publisher->fd, request, request_bytes, MSG_NOSIGNAL) != (ssize_t)request_bytes) {
    published.failed++;
    disconnect_publisher(publisher);
    idle |= UINT64_C(1) << index;
  }
}

/* How many events should have been sent by now, beyond those that were. */
static uint64_t due_now(void) {
  uint64_t due = UINT64_MAX;
  if (offer.rate > 0) {
    due = (uint64_t)((double)(clock_micros() - started_at) * offer.rate / 1e6) - sent - skipped;
    /* Up to a tenth of a second's worth can be late; a server that is busier than that is not offered the rest. */
    uint64_t most = (uint64_t)(offer.rate / 10) + 1;
    if (due > most) {
      skipped += due - most;
      published.dropped += due - most;
      due = most;
    }
  }
  if (offer.limit > 0 && offer.limit - sent < due) due = offer.limit - sent;
  return due;
}

static void send_what_is_due(void) {
  if (!publishing) return;
  uint64_t due = due_now();
  /* The lowest first, so that only as many are used as are needed. */
  for (; due > 0 && idle != 0; due--) send_event((uint32_t)__builtin_ctzll(idle));
  if (offer.limit > 0 && sent == offer.limit) publishers_stop();
}

void publishers_publish(struct offer wanted) {
  offer = wanted;
  sent = skipped = 0;
  publishing = 1;
  started_at = clock_micros();
  int64_t nanos = offer.rate > 0 ? (int64_t)(1e9 / offer.rate) : 1000000;
  struct timespec interval = {.tv_sec = nanos / 1000000000, .tv_nsec = nanos % 1000000000};
  struct itimerspec pace = {.it_interval = interval, .it_value = interval};
  if (timerfd_settime(pace_fd, 0, &pace, NULL) < 0) fail("timerfd_settime");
  if (offer.rate == 0) send_what_is_due();
}

void publishers_stop(void) {
  publishing = 0;
  struct itimerspec never = {0};
  timerfd_settime(pace_fd, 0, &never, NULL);
}

int publishers_idle(void) { return !publishing && idle == UINT64_MAX; }

void publishers_on_pace(void) {
  uint64_t expirations;
  if (read(pace_fd, &expirations, sizeof expirations) > 0) send_what_is_due();
}

/* Whether an answer is whole. Its length is given, or it comes in chunks, or it has no body. */
static int is_whole(const char *answer, size_t bytes) {
  const char *head_end = memmem(answer, bytes, "\r\n\r\n", 4);
  if (head_end == NULL) return 0;
  const char *body = head_end + 4;
  const char *length = strcasestr(answer, "\r\ncontent-length:");
  if (length != NULL && length < head_end) {
    return (size_t)(answer + bytes - body) >= strtoull(length + strlen("\r\ncontent-length:"), NULL, 10);
  }
  const char *chunked = strcasestr(answer, "\r\ntransfer-encoding: chunked");
  if (chunked != NULL && chunked < head_end) return memmem(head_end + 2, (size_t)(answer + bytes - head_end - 2), "\r\n0\r\n\r\n", 7) != NULL;
  return 1;
}

void publishers_on_event(uint32_t index) {
  struct publisher *publisher = &publishers[index];
  int busy = (idle >> index & 1) == 0;
  ssize_t got = recv(publisher->fd, publisher->answer + publisher->answer_bytes,
                     ANSWER_BYTES - 1 - publisher->answer_bytes, 0);
  if (got <= 0) {
    if (busy) published.failed++;
    disconnect_publisher(publisher);
  } else {
    publisher->answer_bytes += (size_t)got;
    publisher->answer[publisher->answer_bytes] = 0;
    if (!is_whole(publisher->answer, publisher->answer_bytes)) return;
    if (strncmp(publisher->answer, "HTTP/1.1 2", 10) != 0) {
      if (published.failed++ == 0) fprintf(stderr, "load generator: a publication failed:\n%s\n", publisher->answer);
    }
  }
  idle |= UINT64_C(1) << index;
  send_what_is_due();
}

const struct published *publishers_published(void) { return &published; }
