/*
 * The limit of what one core can do without joining writes: for each event, one send for each subscriber, and nothing
 * else. GET opens a stream, POST publishes its body to all of them. It has no history, no heartbeats and no queue: a
 * subscriber whose socket is full is cut. Prints its port when it listens, and ends when its standard input does.
 */
#define _GNU_SOURCE
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

enum { CONNECTIONS = 20000, REQUEST_BYTES = 4096, FRAME_BYTES = 8192, EVENTS_AT_A_TIME = 256 };

static const char STREAM_HEAD[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n\r\n: open\n\n";
static const char ANSWER[] = "HTTP/1.1 204 No Content\r\n\r\n";

/* A request that is not whole yet, by file descriptor; a subscriber has none. */
static struct request {
  size_t bytes;
  char text[REQUEST_BYTES];
} *requests[CONNECTIONS];

static int subscribers[CONNECTIONS];
static int place[CONNECTIONS]; /* where a file descriptor stands among the subscribers, counted from 1; 0 if it does not */
static int subscriber_count;
static unsigned long next_id;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void drop(int fd) {
  if (place[fd] > 0) {
    int last = subscribers[--subscriber_count];
    subscribers[place[fd] - 1] = last;
    place[last] = place[fd];
    place[fd] = 0;
  }
  free(requests[fd]);
  requests[fd] = NULL;
  close(fd);
}

static void publish(const char *data, size_t bytes) {
  static char frame[FRAME_BYTES];
  int length = snprintf(frame, sizeof frame, "id: %lu\nevent: tick\ndata: %.*s\n\n", next_id++, (int)bytes, data);
  for (int at = subscriber_count - 1; at >= 0; at--) {
    if (send(subscribers[at], frame, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL) != length) drop(subscribers[at]);
  }
}

static void subscribe(int fd) {
  send(fd, STREAM_HEAD, sizeof STREAM_HEAD - 1, MSG_NOSIGNAL);
  free(requests[fd]);
  requests[fd] = NULL;
  subscribers[subscriber_count++] = fd;
  place[fd] = subscriber_count;
}

/* Answers the request that a connection has sent, if it is whole. */
static void serve(int fd, struct request *request) {
  char *head_end = memmem(request->text, request->bytes, "\r\n\r\n", 4);
  if (head_end == NULL) return;
  if (strncmp(request->text, "GET ", 4) == 0) {
    subscribe(fd);
    return;
  }
  *head_end = 0;
  const char *length = strcasestr(request->text, "\r\nContent-Length:");
  size_t body_bytes = length == NULL ? 0 : strtoul(length + 17, NULL, 10);
  *head_end = '\r';
  const char *body = head_end + 4;
  if ((size_t)(request->text + request->bytes - body) < body_bytes) return;
  publish(body, body_bytes);
  request->bytes = 0;
  send(fd, ANSWER, sizeof ANSWER - 1, MSG_NOSIGNAL);
}

static void on_readable(int fd) {
  static char passed_over[REQUEST_BYTES];
  struct request *request = requests[fd];
  if (request == NULL) {
    ssize_t got = recv(fd, passed_over, sizeof passed_over, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) drop(fd);
    return;
  }
  ssize_t got = recv(fd, request->text + request->bytes, REQUEST_BYTES - 1 - request->bytes, 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    drop(fd);
    return;
  }
  request->bytes += (size_t)got;
  request->text[request->bytes] = 0;
  serve(fd, request);
}

static void accept_all(int listener, int epoll) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && errno == EAGAIN) return;
    if (fd < 0 || fd >= CONNECTIONS) fail("accept");
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    requests[fd] = calloc(1, sizeof(struct request));
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (requests[fd] == NULL || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("a connection");
  }
}

int main(void) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) < 0 || listen(listener, 4096) < 0 ||
      getsockname(listener, (struct sockaddr *)&address, &size) < 0) {
    fail("listen");
  }
  struct epoll_event on_listener = {.events = EPOLLIN, .data.fd = listener};
  struct epoll_event on_input = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &on_listener) < 0 ||
      epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &on_input) < 0) {
    fail("epoll_ctl");
  }
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  static struct epoll_event events[EVENTS_AT_A_TIME];
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS_AT_A_TIME, -1);
    for (int at = 0; at < count; at++) {
      int fd = events[at].data.fd;
      if (fd == STDIN_FILENO) return 0;
      if (fd == listener) accept_all(listener, epoll);
      else on_readable(fd);
    }
  }
}
