// What a disk gives to a loop that does nothing but write and sync: a group of events is written with one call, synced,
// and the next one follows. The file grows, as a log does.
//
//   write-loop <file> <events in a group> <bytes of an event> <seconds>
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../load/clock.h"
#include "../load/fail.h"

int main(int count, char **arguments) {
  if (count != 5) fail("write-loop <file> <events in a group> <bytes of an event> <seconds>");
  size_t group = strtoul(arguments[2], NULL, 10);
  size_t bytes = strtoul(arguments[3], NULL, 10);
  double seconds = strtod(arguments[4], NULL);
  char *data = malloc(group * bytes);
  if (data == NULL) fail("no memory");
  memset(data, 'x', group * bytes);
  int fd = open(arguments[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) fail(arguments[1]);
  uint64_t commits = 0;
  int64_t started = clock_micros();
  int64_t end = started + (int64_t)(seconds * 1e6);
  int64_t now = started;
  for (; now < end; now = clock_micros(), commits++) {
    if (write(fd, data, group * bytes) != (ssize_t)(group * bytes)) fail("write");
    if (fdatasync(fd) < 0) fail("fdatasync");
  }
  printf("{\"events\":%lu,\"commits\":%lu,\"seconds\":%.6f}\n", (unsigned long)(commits * group), (unsigned long)commits,
         (double)(now - started) / 1e6);
  return 0;
}
