// The system's own calls, beneath those that stand in for them.
#ifndef TIDINGS_REAL_H
#define TIDINGS_REAL_H

#include <sys/types.h>

int real_open(const char *path, int flags, mode_t mode);
ssize_t real_pwrite(int fd, const void *bytes, size_t length, off_t offset);
int real_ftruncate(int fd, off_t length);
int real_rename(const char *from, const char *to);
int real_unlink(const char *path);

#endif
