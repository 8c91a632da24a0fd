/*
 * The clients of a scenario: thousands of streams over sockets of their own, which read or do not, go away and come
 * back, and check what they are told. One process without threads. Commands come by lines on standard input, each is
 * answered by one line of JSON; fleet.ts speaks this for the scenarios. It ends with its standard input.
 */
#define _GNU_SOURCE
#include "stream.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#define LINE_BYTES 4096

static int epoll;
static struct group *groups;

static struct group *find_group(const char *name) {
  struct group *group = groups;
  while (group != NULL && strcmp(group->name, name) != 0) group = group->following;
  return group;
}

/* The value of `name=` in a command's line, or `otherwise`. */
static const char *word(const char *line, const char *name, const char *otherwise, char room[512]) {
  size_t length = strlen(name);
  for (const char *at = strchr(line, ' '); at != NULL; at = strchr(at + 1, ' ')) {
    if (strncmp(at + 1, name, length) != 0 || at[1 + length] != '=') continue;
    const char *value = at + length + 2;
    snprintf(room, 512, "%.*s", (int)strcspn(value, " \n"), value);
    return room;
  }
  return otherwise;
}

static int64_t number(const char *line, const char *name, int64_t otherwise) {
  char room[512];
  const char *value = word(line, name, NULL, room);
  return value == NULL ? otherwise : strtoll(value, NULL, 10);
}

/* All streams that are closed connect, evenly over some milliseconds, in an order that is not that of their opening. */
static void connect_all(struct group *group, int64_t over) {
  int64_t now = monotonic_micros();
  group->pending_count = group->pending_at = 0;
  for (int index = 0; index < group->count; index++)
    if (group->streams[index].state == CLOSED) group->pending[group->pending_count++] = &group->streams[index];
  for (int index = group->pending_count - 1; index > 0; index--) {
    int other = rand() % (index + 1);
    struct stream *swapped = group->pending[index];
    group->pending[index] = group->pending[other];
    group->pending[other] = swapped;
  }
  for (int index = 0; index < group->pending_count; index++)
    group->pending[index]->due = now + over * 1000 * index / group->pending_count;
}

static void open_group(const char *line) {
  struct group *group = calloc(1, sizeof *group);
  char name[512], path[512], last_id[512];
  snprintf(group->name, sizeof group->name, "%s", word(line, "group", "", name));
  snprintf(group->path, sizeof group->path, "%s", word(line, "path", "/", path));
  group->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)number(line, "port", 0))};
  inet_pton(AF_INET, "127.0.0.1", &group->address.sin_addr);
  group->count = (int)number(line, "count", 1);
  group->paused = (int)number(line, "paused", 0);
  group->traced = (int)number(line, "traced", 0);
  group->receive_bytes = (int)number(line, "receive", 0);
  group->most_opening = (int)number(line, "opening", 200);
  group->streams = calloc((size_t)group->count, sizeof *group->streams);
  group->pending = calloc((size_t)group->count, sizeof *group->pending);
  int64_t step = number(line, "step", 1), phase = number(line, "phase", 0), first = number(line, "first", -1);
  for (int index = 0; index < group->count; index++) {
    group->streams[index].group = group;
    group->streams[index].fd = -1;
    account_open(&group->streams[index].account, step, phase, first, word(line, "last", "", last_id));
  }
  group->following = groups;
  groups = group;
  connect_all(group, number(line, "over", 0));
}

static void print_latency(const char *name, const struct latency *latency) {
  printf(",\"%s\":{\"count\":%lu,\"p50\":%lu,\"p99\":%lu,\"max\":%lu}", name, latency->count, latency_at(latency, 0.5),
         latency_at(latency, 0.99), latency->max);
}

static void report(const struct group *group) {
  struct account sum = {0};
  int state[3] = {0}, ending[5] = {0}, live = 0;
  int64_t least = INT64_MAX, most = -1;
  for (int index = 0; index < group->count; index++) {
    const struct stream *stream = &group->streams[index];
    const struct account *account = &stream->account;
    state[stream->state]++;
    if (stream->state == CLOSED) ending[stream->ending]++;
    live += stream->state == BODY && stream->live_at > 0;
    sum.events += account->events;
    sum.frames += account->frames;
    sum.cursors += account->cursors;
    sum.lives += account->lives;
    sum.resets += account->resets;
    sum.notices_wrong += account->notices_wrong;
    sum.lost += account->lost;
    sum.doubled += account->doubled;
    sum.gaps += account->gaps;
    if (account->next < least) least = account->next;
    if (account->next > most) most = account->next;
  }
  printf("{\"streams\":%d,\"open\":%d,\"live\":%d,\"endedByPeer\":%d,\"resetByPeer\":%d,\"refused\":%d", group->count,
         state[BODY], live, ending[ENDED_BY_PEER], ending[RESET_BY_PEER], ending[REFUSED]);
  printf(",\"events\":%lu,\"bytes\":%lu,\"cursors\":%lu,\"lives\":%lu,\"gaps\":%lu,\"resets\":%lu", sum.events,
         group->bytes, sum.cursors, sum.lives, sum.gaps, sum.resets);
  printf(",\"lost\":%lu,\"doubled\":%lu,\"wrong\":%lu,\"leastNext\":%ld,\"mostNext\":%ld,\"longestSilence\":%ld",
         sum.lost, sum.doubled, sum.notices_wrong, least, most, group->longest_silence);
  print_latency("latency", &group->latency);
  print_latency("toFirst", &group->to_first);
  print_latency("toLive", &group->to_live);
  printf("}\n");
}

static void print_stream(const struct stream *stream) {
  static const char *const endings[] = {"", "fleet", "peer", "reset", "refused"};
  const struct account *account = &stream->account;
  printf("{\"state\":\"%s\",\"ending\":\"%s\",\"closedAt\":%ld,\"liveAt\":%ld,\"cutAt\":%ld",
         stream->state == CLOSED ? "closed" : "open", endings[stream->ending], stream->closed_at, stream->live_at,
         stream->cut_at);
  printf(",\"lastId\":\"%s\",\"next\":%ld,\"events\":%lu,\"lost\":%lu,\"doubled\":%lu,\"resets\":%lu,\"firstAge\":%ld",
         account->last_id, account->next, account->events, account->lost, account->doubled, account->resets,
         account->first_age);
  printf(",\"gaps\":[");
  for (uint64_t index = 0; index < account->gaps && index < GAPS_KEPT; index++) {
    const struct gap *gap = &account->kept[index];
    printf("%s{\"reason\":\"%s\",\"after\":\"%s\",\"through\":\"%s\",\"had\":\"%s\",\"first\":%ld,\"firstAge\":%ld}",
           index > 0 ? "," : "", gap->reason, gap->after, gap->through, gap->had, gap->first, gap->first_age);
  }
  printf("]}");
}

static void print_text(const char *text, size_t length) {
  putchar('"');
  for (size_t index = 0; index < length; index++) {
    char byte = text[index];
    if (byte == '\t') fputs("\\t", stdout);
    else if (byte == '\n') fputs("\\n", stdout);
    else if (byte == '"' || byte == '\\') printf("\\%c", byte);
    else putchar(byte);
  }
  putchar('"');
}

static void print_list(const struct group *group, int traces) {
  printf("[");
  for (int index = 0; index < group->count; index++) {
    const struct stream *stream = &group->streams[index];
    if (index > 0) printf(",");
    if (traces) print_text(stream->trace, stream->trace_bytes);
    else print_stream(stream);
  }
  printf("]\n");
}

static void print_usage(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("{\"seconds\":%.3f}\n", (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                                     (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

static void run(const char *line) {
  char name[512];
  struct group *group = find_group(word(line, "group", "", name));
  size_t length = strcspn(line, " \n");
#define IS(command) (length == strlen(command) && strncmp(line, command, length) == 0)
  if (IS("usage")) {
    print_usage();
    return;
  }
  if (IS("open") && group == NULL) open_group(line);
  else if (group == NULL) {
    printf("{\"error\":\"no such group, or one of that name already: %s\"}\n", name);
    return;
  } else if (IS("report") || IS("streams") || IS("traces")) {
    if (IS("report")) report(group);
    else print_list(group, IS("traces"));
    return;
  } else if (IS("pause") || IS("resume")) {
    group->paused = IS("pause");
    for (int index = 0; index < group->count; index++) stream_watch(&group->streams[index], epoll);
  } else if (IS("cut")) {
    for (int index = 0; index < group->count; index++)
      stream_close(&group->streams[index], (int)number(line, "reset", 1));
  } else if (IS("reconnect")) connect_all(group, number(line, "over", 0));
  else if (IS("measure")) {
    latency_reset(&group->latency);
    latency_reset(&group->to_first);
    latency_reset(&group->to_live);
    group->longest_silence = 0;
    int64_t now = monotonic_micros();
    for (int index = 0; index < group->count; index++) {
      group->streams[index].frame_at = now;
      group->streams[index].cut_at = 0;
    }
  } else {
    printf("{\"error\":\"no such command\"}\n");
    return;
  }
  printf("{}\n");
}

/* Connects whose time has come. Answers in how many milliseconds the next one's will, or -1. */
static int connect_due(void) {
  int64_t now = monotonic_micros(), next = -1;
  for (struct group *group = groups; group != NULL; group = group->following) {
    while (group->pending_at < group->pending_count && group->opening < group->most_opening) {
      struct stream *stream = group->pending[group->pending_at];
      if (stream->due > now) {
        if (next == -1 || stream->due < next) next = stream->due;
        break;
      }
      group->pending_at++;
      stream_connect(stream, epoll);
    }
  }
  return next == -1 ? -1 : (int)((next - now) / 1000);
}

/* Runs the whole lines that have come. Answers whether more can come. */
static int read_commands(void) {
  static char lines[LINE_BYTES + 1];
  static size_t bytes;
  ssize_t length = read(STDIN_FILENO, lines + bytes, LINE_BYTES - bytes);
  if (length <= 0) return 0;
  bytes += (size_t)length;
  for (char *end; (end = memchr(lines, '\n', bytes)) != NULL;) {
    *end = 0;
    run(lines);
    bytes -= (size_t)(end + 1 - lines);
    memmove(lines, end + 1, bytes);
  }
  fflush(stdout);
  return bytes < LINE_BYTES;
}

int main(void) {
  struct epoll_event events[256], commands = {.events = EPOLLIN, .data.ptr = NULL};
  epoll = epoll_create1(EPOLL_CLOEXEC);
  epoll_ctl(epoll, EPOLL_CTL_ADD, STDIN_FILENO, &commands);
  srand(1);
  for (;;) {
    int ready = epoll_wait(epoll, events, 256, connect_due());
    for (int index = 0; index < ready; index++) {
      struct stream *stream = events[index].data.ptr;
      if (stream != NULL) stream_ready(stream, epoll, events[index].events);
      else if (!read_commands()) return 0;
    }
  }
}
