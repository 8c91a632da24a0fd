/*
 * The load generator: holds thousands of event streams open, publishes, counts what comes, and checks it. It is told what
 * to do by lines on its standard input, answers each with one line of JSON, and ends when the input does.
 *
 *   target <port> <bytes>                          the server, and the head of the request for a stream (follows)
 *   open <count>                                   opens more streams; answers when each has its head
 *   publication <bytes> <data bytes> <bytes>       what stands before and after the data in a request (both follow)
 *   publish <rate> <limit>                         begins to publish
 *   stop                                           stops; answers when every request has its answer
 *   publish-all <count>                            publishes so many as fast as it goes; answers like stop
 *   look                                           what has been counted so far, and latencies since the last look
 *   account <timeout ms>                           answers when every stream has every event, or after that time
 *   cut                                            cuts every stream
 *   resume <timeout ms>                            opens every stream again; answers when each has every event
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"
#include "loop.h"
#include "publishers.h"
#include "streams.h"

enum { EVENTS_AT_A_TIME = 512, NAP_MICROS = 250, TICK_MICROS = 10000, COMMAND_BYTES = 65536, READ_BYTES = 262144 };

/* What the answer to the last command waits for. */
enum waiting { FOR_NOTHING, FOR_STREAMS, FOR_PUBLISHERS, FOR_ACCOUNT, FOR_RESUMPTION };

static enum waiting waiting;
static int64_t deadline;
static int port;
static int tick_fd;
static struct tally tally;
static struct histogram delay; /* how late the loop was, in microseconds, every 10 ms */
static char commands[COMMAND_BYTES];
static size_t command_bytes;

static void answer_published(void) {
  const struct published *published = publishers_published();
  printf("{\"events\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"failed\":%" PRIu64 "}\n", published->events,
         published->dropped, published->failed);
}

static void answer_look(void) {
  printf("{\"micros\":%" PRId64 ",\"deliveries\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"latency\":", clock_micros(),
         tally.deliveries, tally.bytes);
  histogram_print(stdout, &tally.latency);
  printf(",\"delay\":");
  histogram_print(stdout, &delay);
  printf("}\n");
  histogram_reset(&tally.latency);
  histogram_reset(&delay);
}

static void answer_account(void) {
  uint64_t outstanding = streams_outstanding(publishers_published()->events);
  printf("{\"deliveries\":%" PRIu64 ",\"otherFrames\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"outOfOrder\":%" PRIu64
         ",\"outstanding\":%" PRIu64 ",\"closedEarly\":%" PRIu64 "}\n",
         tally.deliveries, tally.other_frames, tally.lost, tally.out_of_order, outstanding, tally.closed_early);
}

static void answer_resumption(void) {
  const struct resumption *resumption = streams_resumption();
  printf("{\"streams\":%" PRIu32 ",\"complete\":%" PRIu32 ",\"times\":", streams_count(), resumption->complete);
  histogram_print(stdout, &resumption->times);
  printf("}\n");
}

/* Answers the last command if what it waits for is there, or the time for it is over. */
static void answer_when_due(void) {
  int late = clock_micros() >= deadline;
  switch (waiting) {
    case FOR_NOTHING:
      return;
    case FOR_STREAMS:
      if (streams_open() < streams_count()) return;
      printf("{\"open\":%" PRIu32 "}\n", streams_open());
      break;
    case FOR_PUBLISHERS:
      if (!publishers_idle()) return;
      answer_published();
      break;
    case FOR_ACCOUNT:
      if (!late && streams_outstanding(publishers_published()->events) > 0) return;
      answer_account();
      break;
    case FOR_RESUMPTION:
      if (!late && streams_resumption()->complete < streams_count()) return;
      answer_resumption();
      break;
  }
  waiting = FOR_NOTHING;
  fflush(stdout);
}

static void wait_for(enum waiting what, int64_t timeout_ms) {
  waiting = what;
  deadline = clock_micros() + timeout_ms * 1000;
}

/* Runs the command at the beginning of the input. Answers how long it is, or 0 if it is not all there. */
static size_t run_command(void) {
  char *end = memchr(commands, '\n', command_bytes);
  if (end == NULL) return 0;
  size_t line = (size_t)(end - commands) + 1;
  const char *payload = commands + line;
  size_t left = command_bytes - line;
  size_t before, data, after;
  uint32_t count;
  int64_t timeout;
  struct offer offer = {0};
  *end = 0;
  if (sscanf(commands, "target %d %zu", &port, &before) == 2) {
    if (left < before) goto incomplete;
    streams_target(port, payload, before);
    line += before;
    printf("{}\n");
  } else if (sscanf(commands, "publication %zu %zu %zu", &before, &data, &after) == 3) {
    if (left < before + after) goto incomplete;
    publishers_target(port, payload, before, data, payload + before, after);
    line += before + after;
    printf("{}\n");
  } else if (sscanf(commands, "open %" SCNu32, &count) == 1) {
    streams_add(count);
    wait_for(FOR_STREAMS, 0);
  } else if (sscanf(commands, "publish %lf %" SCNu64, &offer.rate, &offer.limit) == 2) {
    publishers_publish(offer);
    printf("{}\n");
  } else if (sscanf(commands, "publish-all %" SCNu64, &offer.limit) == 1) {
    publishers_publish(offer);
    wait_for(FOR_PUBLISHERS, 0);
  } else if (strcmp(commands, "stop") == 0) {
    publishers_stop();
    wait_for(FOR_PUBLISHERS, 0);
  } else if (strcmp(commands, "look") == 0) {
    answer_look();
  } else if (sscanf(commands, "account %" SCNd64, &timeout) == 1) {
    wait_for(FOR_ACCOUNT, timeout);
  } else if (strcmp(commands, "cut") == 0) {
    streams_cut();
    printf("{}\n");
  } else if (sscanf(commands, "resume %" SCNd64, &timeout) == 1) {
    streams_reopen(publishers_published()->events);
    wait_for(FOR_RESUMPTION, timeout);
  } else {
    errno = 0;
    fprintf(stderr, "%s\n", commands);
    fail("no such command");
  }
  fflush(stdout);
  return line;
incomplete:
  *end = '\n';
  return 0;
}

static void on_commands(void) {
  errno = 0;
  if (command_bytes == COMMAND_BYTES) fail("a command is too long");
  ssize_t got = read(STDIN_FILENO, commands + command_bytes, COMMAND_BYTES - command_bytes);
  if (got == 0) exit(0);
  if (got < 0) fail("standard input");
  command_bytes += (size_t)got;
  for (size_t done = run_command(); done > 0; done = run_command()) {
    memmove(commands, commands + done, command_bytes - done);
    command_bytes -= done;
  }
}

/* The clock ticks every 10 ms; a tick that was missed was late by as much more. */
static void on_tick(void) {
  static int64_t ticks, began;
  uint64_t expirations = 0;
  if (read(tick_fd, &expirations, sizeof expirations) < 0) return;
  int64_t now = clock_micros();
  if (ticks == 0) began = now - (int64_t)expirations * TICK_MICROS;
  int64_t first_missed = began + (ticks + 1) * TICK_MICROS;
  ticks += (int64_t)expirations;
  histogram_record(&delay, now - first_missed);
}

static void watch(int epoll, int fd, enum loop_kind kind) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = loop_key(kind, 0)};
  if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
}

/* The one argument there may be is how many bytes are read at a time: tests cut streams with it wherever they like. */
int main(int argc, char **argv) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  watch(epoll, STDIN_FILENO, LOOP_COMMANDS);
  watch(epoll, tick_fd, LOOP_TICK);
  struct timespec tick = {.tv_nsec = TICK_MICROS * 1000};
  timerfd_settime(tick_fd, 0, &(struct itimerspec){.it_interval = tick, .it_value = tick}, NULL);
  streams_start(epoll, argc > 1 ? strtoull(argv[1], NULL, 10) : READ_BYTES, &tally);
  publishers_start(epoll);

  static struct epoll_event events[EVENTS_AT_A_TIME];
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS_AT_A_TIME, -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    for (int at = 0; at < count; at++) {
      uint32_t index = (uint32_t)events[at].data.u64;
      switch ((enum loop_kind)(events[at].data.u64 >> 32)) {
        case LOOP_COMMANDS: on_commands(); break;
        case LOOP_TICK: on_tick(); break;
        case LOOP_PACE: publishers_on_pace(); break;
        case LOOP_PUBLISHER: publishers_on_event(index); break;
        case LOOP_STREAM: streams_on_event(index, events[at].events); break;
      }
    }
    answer_when_due();
    /*
     * Whoever writes to a stream wakes a generator that waits for it, and pays for that, up to once for each write. Clients
     * of a real server are on other machines. So the generator does not wait but sleeps, and looks again.
     */
    if (count < EVENTS_AT_A_TIME) clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = NAP_MICROS * 1000}, NULL);
  }
}
