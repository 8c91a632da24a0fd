#include "fail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fail(const char *what) {
  if (errno == 0) fprintf(stderr, "load generator: %s\n", what);
  else fprintf(stderr, "load generator: %s: %s\n", what, strerror(errno));
  exit(1);
}
