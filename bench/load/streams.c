#define _GNU_SOURCE
#include "streams.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"
#include "loop.h"
#include "scanner.h"

enum {
  OPENING_AT_A_TIME = 256,
  /* As many streams come from one address: a server may limit them, and there are 28,000 ports. */
  STREAMS_PER_ADDRESS = 1000,
  /* No frame and no head is longer. */
  PARTIAL_BYTES = 65536,
};

enum state { CLOSED, CONNECTING, AWAITING_HEAD, OPEN };

struct stream {
  int fd;
  enum state state;
  char *partial; /* what the last read left over: a frame, or a head, that is not whole */
  size_t partial_bytes;
  size_t partial_room;
  struct scanner scanner;
};

static int epoll_fd;
static struct tally *counts;
static struct stream *streams;
static uint32_t count, room, next_to_open, opening, open_count;
static uint64_t seen; /* the sum over all streams */
static struct resumption resumption;
static struct sockaddr_in server;
static char *request;
static size_t request_bytes;
/* What is left over of a stream is put before what is read of it, so that a frame is always in one piece. */
static char *buffer;
static size_t read_size;

void streams_start(int epoll, size_t read_bytes, struct tally *tally) {
  epoll_fd = epoll;
  counts = tally;
  read_size = read_bytes;
  buffer = malloc(PARTIAL_BYTES + read_bytes);
  if (buffer == NULL) fail("no memory for the buffer");
}

void streams_target(int port, const char *head, size_t bytes) {
  server.sin_family = AF_INET;
  server.sin_port = htons((uint16_t)port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  request = realloc(request, bytes);
  if (request == NULL) fail("no memory for the request");
  memcpy(request, head, bytes);
  request_bytes = bytes;
}

static void connect_stream(uint32_t index) {
  struct stream *stream = &streams[index];
  stream->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (stream->fd < 0) fail("socket");
  int on = 1;
  struct linger reset = {.l_onoff = 1, .l_linger = 0};
  setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(stream->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  setsockopt(stream->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  struct sockaddr_in from = {.sin_family = AF_INET};
  from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + index / STREAMS_PER_ADDRESS);
  if (bind(stream->fd, (struct sockaddr *)&from, sizeof from) < 0) fail("bind");
  if (connect(stream->fd, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS) fail("connect");
  struct epoll_event event = {.events = EPOLLOUT, .data.u64 = loop_key(LOOP_STREAM, index)};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, stream->fd, &event) < 0) fail("epoll_ctl");
  stream->state = CONNECTING;
  opening++;
}

static void open_more(uint32_t at_a_time) {
  while (next_to_open < count && opening < at_a_time) connect_stream(next_to_open++);
}

void streams_add(uint32_t more) {
  if (count + more > room) {
    room = count + more;
    streams = realloc(streams, room * sizeof *streams);
    if (streams == NULL) fail("no memory for the streams");
  }
  memset(streams + count, 0, more * sizeof *streams);
  for (uint32_t index = count; index < count + more; index++) streams[index].scanner.index = index;
  count += more;
  open_more(OPENING_AT_A_TIME);
}

static void close_stream(struct stream *stream) {
  if (stream->state == CLOSED) return;
  if (stream->state == OPEN) open_count--;
  else opening--;
  close(stream->fd);
  stream->state = CLOSED;
  stream->partial_bytes = 0;
}

void streams_cut(void) {
  for (uint32_t index = 0; index < count; index++) close_stream(&streams[index]);
}

void streams_reopen(uint64_t expected) {
  resumption.expected = expected;
  resumption.complete = 0;
  resumption.since = clock_micros();
  histogram_reset(&resumption.times);
  next_to_open = 0;
  open_more(UINT32_MAX);
}

static void send_request(uint32_t index) {
  struct stream *stream = &streams[index];
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    errno = error;
    fail("cannot connect to the server");
  }
  static char text[4096];
  if (request_bytes + ID_BYTES + 32 > sizeof text) fail("the request is too long");
  memcpy(text, request, request_bytes);
  int more = stream->scanner.id[0] == 0
                 ? snprintf(text + request_bytes, sizeof text - request_bytes, "\r\n")
                 : snprintf(text + request_bytes, sizeof text - request_bytes, "Last-Event-ID: %s\r\n\r\n",
                            stream->scanner.id);
  ssize_t bytes = (ssize_t)request_bytes + more;
  if (send(stream->fd, text, (size_t)bytes, MSG_NOSIGNAL) != bytes) fail("cannot send a request");
  /* On edges: otherwise the epoll would look at every stream twice, the second time to find nothing. */
  struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u64 = loop_key(LOOP_STREAM, index)};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, stream->fd, &event) < 0) fail("epoll_ctl");
  stream->state = AWAITING_HEAD;
}

/* Answers how many bytes the head has, or 0 if it is not whole. Ends the program if it is not the head of a stream. */
static size_t read_head(char *bytes, size_t length) {
  char *end = memmem(bytes, length, "\r\n\r\n", 4);
  if (end == NULL) return 0;
  *end = 0;
  if (strncmp(bytes, "HTTP/1.1 200", 12) != 0 || strcasestr(bytes, "\r\ncontent-type: text/event-stream") == NULL) {
    errno = 0;
    fprintf(stderr, "%s\n", bytes);
    fail("the answer is no event stream");
  }
  return (size_t)(end - bytes) + 4;
}

static void keep_partial(struct stream *stream, const char *bytes, size_t length) {
  errno = 0;
  if (length > PARTIAL_BYTES) fail("a frame of more than 64 KiB");
  if (length > stream->partial_room) {
    stream->partial_room = length * 2;
    stream->partial = realloc(stream->partial, stream->partial_room);
    if (stream->partial == NULL) fail("no memory for a frame");
  }
  memcpy(stream->partial, bytes, length);
  stream->partial_bytes = length;
}

static void note_completion(struct stream *stream, uint64_t before, int64_t now) {
  if (before >= resumption.expected || stream->scanner.seen < resumption.expected) return;
  resumption.complete++;
  histogram_record(&resumption.times, now - resumption.since);
}

/* Reads once; answers whether there may be more to read. */
static int read_once(struct stream *stream) {
  size_t had = stream->partial_bytes;
  memcpy(buffer, stream->partial, had);
  ssize_t got = recv(stream->fd, buffer + had, read_size, 0);
  if (got < 0 && errno == EAGAIN) return 0;
  if (got <= 0) {
    counts->closed_early++;
    close_stream(stream);
    return 0;
  }
  counts->bytes += (uint64_t)got;
  int64_t now = clock_micros();
  size_t length = had + (size_t)got;
  size_t at = 0;
  if (stream->state == AWAITING_HEAD) {
    at = read_head(buffer, length);
    if (at > 0) {
      stream->state = OPEN;
      opening--;
      open_count++;
    }
  }
  if (stream->state == OPEN) {
    uint64_t before = stream->scanner.seen;
    at += scanner_scan(&stream->scanner, buffer + at, length - at, now, counts);
    seen += stream->scanner.seen - before;
    note_completion(stream, before, now);
  }
  keep_partial(stream, buffer + at, length - at);
  return (size_t)got == read_size;
}

static void read_stream(struct stream *stream, int to_its_end) {
  while (read_once(stream) || (to_its_end && stream->state != CLOSED)) continue;
}

void streams_on_event(uint32_t index, uint32_t events) {
  struct stream *stream = &streams[index];
  if (stream->state == CONNECTING) send_request(index);
  else if (stream->state != CLOSED) read_stream(stream, (events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0);
  open_more(OPENING_AT_A_TIME);
}

uint32_t streams_count(void) { return count; }

uint32_t streams_open(void) { return open_count; }

uint64_t streams_outstanding(uint64_t published) { return published * count - seen; }

const struct resumption *streams_resumption(void) { return &resumption; }
