// Stands in for the calls that write and sync (LD_PRELOAD), for the files of one folder: passes each on, and tells the
// journal. What cannot be followed (a mapping that is written to, a copy inside the kernel) ends the process.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "disk.h"
#include "real.h"

#define REAL(result, name, ...)                                        \
  static result (*found)(__VA_ARGS__);                                 \
  if (found == NULL) found = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

enum { MOST_FDS = 1 << 20 };

/** A descriptor of a file that is followed. */
struct open_file {
  struct file *file;
  bool synced_writes;
};

static struct open_file *open_files[MOST_FDS];
static char folder[PATH_MAX];
static size_t folder_length;

int real_open(const char *path, int flags, mode_t mode) {
  REAL(int, "open64", const char *, int, ...);
  return found(path, flags, mode);
}

ssize_t real_pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  return found(fd, bytes, length, offset);
}

int real_ftruncate(int fd, off_t length) {
  REAL(int, "ftruncate64", int, off_t);
  return found(fd, length);
}

int real_rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  return found(from, to);
}

int real_unlink(const char *path) {
  REAL(int, "unlink", const char *);
  return found(path);
}

__attribute__((constructor)) static void begin(void) {
  const char *watched = getenv("TIDINGS_DISK_FOLDER");
  const char *image = getenv("TIDINGS_DISK_IMAGE");
  if (watched == NULL || image == NULL) return;
  if (realpath(watched, folder) == NULL) die(watched);
  image_folder(image);
  folder_length = strlen(folder);
}

// A name below the folder, or NULL. The lock file holds nothing that is of use after a power cut.
static const char *followed(const char *path) {
  if (folder_length == 0 || strncmp(path, folder, folder_length) != 0 || path[folder_length] != '/') return NULL;
  const char *name = path + folder_length + 1;
  size_t length = strlen(name);
  return length >= 8 && strcmp(name + length - 8, "lock.mdb") == 0 ? NULL : name;
}

static const char *followed_link(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return NULL;
  path[length] = '\0';
  return followed(path);
}

static int opened(int fd, int flags) {
  int saved = errno;
  if (fd < 0 || fd >= MOST_FDS || folder_length == 0 || (flags & O_ACCMODE) == O_RDONLY) return fd;
  char path[PATH_MAX];
  struct stat status;
  const char *name = followed_link(fd, path);
  if (name != NULL && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
    struct open_file *entry = malloc(sizeof *entry);
    if (entry == NULL) die("no memory");
    // With a descriptor of its own: this one may be for writing alone.
    int readable = real_open(path, O_RDONLY | O_CLOEXEC, 0);
    entry->file = file_named(name, readable);
    close(readable);
    entry->synced_writes = (flags & (O_SYNC | O_DSYNC)) != 0;
    if ((flags & O_TRUNC) != 0) journal_truncate(entry->file, 0);
    __atomic_store_n(&open_files[fd], entry, __ATOMIC_RELEASE);
  }
  errno = saved;
  return fd;
}

static struct open_file *of(int fd) {
  return fd < 0 || fd >= MOST_FDS ? NULL : __atomic_load_n(&open_files[fd], __ATOMIC_ACQUIRE);
}

#define MODE_OF(flags)                          \
  mode_t mode = 0;                              \
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {   \
    va_list list;                               \
    va_start(list, flags);                      \
    mode = (mode_t)va_arg(list, unsigned int);  \
    va_end(list);                               \
  }

int open(const char *path, int flags, ...) {
  MODE_OF(flags)
  return opened(real_open(path, flags, mode), flags);
}

int open64(const char *path, int flags, ...) {
  MODE_OF(flags)
  return opened(real_open(path, flags, mode), flags);
}

static int real_openat(int at, const char *path, int flags, mode_t mode) {
  REAL(int, "openat64", int, const char *, int, ...);
  return found(at, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
  MODE_OF(flags)
  return opened(real_openat(at, path, flags, mode), flags);
}

int openat64(int at, const char *path, int flags, ...) {
  MODE_OF(flags)
  return opened(real_openat(at, path, flags, mode), flags);
}

int close(int fd) {
  REAL(int, "close", int);
  if (fd >= 0 && fd < MOST_FDS) free(__atomic_exchange_n(&open_files[fd], NULL, __ATOMIC_ACQ_REL));
  return found(fd);
}

static int pause_and_fail(void) {
  int64_t ms = troubles()->sync_delay_ms;
  if (ms > 0) {
    struct timespec rest = {ms / 1000, (ms % 1000) * 1000000};
    nanosleep(&rest, NULL);
  }
  __atomic_add_fetch(&troubles()->syncs, 1, __ATOMIC_SEQ_CST);
  int error = (int)troubles()->sync_error;
  if (error != 0 && __atomic_sub_fetch(&troubles()->spared, 1, __ATOMIC_SEQ_CST) >= 0) return 0;
  if (error != 0) __atomic_add_fetch(&troubles()->failures, 1, __ATOMIC_SEQ_CST);
  return error;
}

// All writes come through here: where they go, how many bytes there is room for, and whether they are synced at once.
static ssize_t write_to(struct open_file *open, int fd, const void *bytes, size_t length, off_t offset) {
  int64_t room = troubles()->room;
  if (room > 0 && offset + (off_t)length > room) {
    struct stat status;
    off_t has = fstat(fd, &status) == 0 ? status.st_size : 0;
    off_t end = has > room ? has : room;
    if (offset + (off_t)length > end) {
      __atomic_add_fetch(&troubles()->failures, 1, __ATOMIC_SEQ_CST);
      if (offset >= end) {
        errno = ENOSPC;
        return -1;
      }
      length = (size_t)(end - offset);
    }
  }
  mark at = journal_write(open->file, bytes, length, (uint64_t)offset);
  ssize_t written = real_pwrite(fd, bytes, length, offset);
  if (written != (ssize_t)length) {
    // The real disk is full: what it took is all that was written.
    int error = errno;
    journal_one_dropped(open->file, at);
    errno = error;
    if (written <= 0) return written;
    at = journal_write(open->file, bytes, (uint64_t)written, (uint64_t)offset);
  }
  if (!open->synced_writes) return written;
  int error = pause_and_fail();
  if (error == 0) {
    journal_one_synced(open->file, at);
    return written;
  }
  journal_one_dropped(open->file, at);
  errno = error;
  return -1;
}

static ssize_t write_here(struct open_file *open, int fd, const struct iovec *parts, int count) {
  int flags = fcntl(fd, F_GETFL);
  off_t offset = (flags & O_APPEND) != 0 ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
  ssize_t total = 0;
  for (int index = 0; index < count; index++) {
    if (parts[index].iov_len == 0) continue;
    ssize_t written = write_to(open, fd, parts[index].iov_base, parts[index].iov_len, offset + total);
    if (written < 0) {
      if (total > 0) break;
      return -1;
    }
    total += written;
    if (written < (ssize_t)parts[index].iov_len) break;
  }
  lseek(fd, offset + total, SEEK_SET);
  return total;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  REAL(ssize_t, "write", int, const void *, size_t);
  struct open_file *open = of(fd);
  if (open == NULL) return found(fd, bytes, length);
  struct iovec part = {(void *)bytes, length};
  return write_here(open, fd, &part, 1);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  struct open_file *open = of(fd);
  return open == NULL ? found(fd, parts, count) : write_here(open, fd, parts, count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
  struct open_file *open = of(fd);
  return open == NULL ? real_pwrite(fd, bytes, length, offset) : write_to(open, fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) { return pwrite64(fd, bytes, length, offset); }

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) {
  REAL(ssize_t, "pwritev64", int, const struct iovec *, int, off_t);
  struct open_file *open = of(fd);
  if (open == NULL) return found(fd, parts, count, offset);
  ssize_t total = 0;
  for (int index = 0; index < count; index++) {
    ssize_t written = write_to(open, fd, parts[index].iov_base, parts[index].iov_len, offset + total);
    if (written < 0) return total > 0 ? total : -1;
    total += written;
    if (written < (ssize_t)parts[index].iov_len) break;
  }
  return total;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return pwritev64(fd, parts, count, offset);
}

int ftruncate64(int fd, off_t length) {
  struct open_file *open = of(fd);
  if (open != NULL) journal_truncate(open->file, (uint64_t)length);
  return real_ftruncate(fd, length);
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

static int sync_with(int (*sync)(int), int fd) {
  struct open_file *open = of(fd);
  if (open == NULL) return sync(fd);
  // What others write while this one waits is not promised.
  mark end = journal_end(open->file);
  int error = pause_and_fail();
  if (error != 0) {
    journal_dropped(open->file, end);
    errno = error;
    return -1;
  }
  if (sync(fd) != 0) die("the real disk does not sync");
  journal_synced(open->file, end);
  return 0;
}

int fsync(int fd) {
  REAL(int, "fsync", int);
  return sync_with(found, fd);
}

int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return sync_with(found, fd);
}

// It promises nothing of what is on the disk, in its own words; so it has no effect on the image.
int sync_file_range(int fd, off_t offset, off_t length, unsigned int flags) {
  REAL(int, "sync_file_range", int, off_t, off_t, unsigned int);
  return found(fd, offset, length, flags);
}

static void *map(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  REAL(void *, "mmap64", void *, size_t, int, int, int, off_t);
  bool writes = (protection & PROT_WRITE) != 0 && (flags & MAP_TYPE) != MAP_PRIVATE && (flags & MAP_ANONYMOUS) == 0;
  if (writes && of(fd) != NULL) {
    errno = ENOTSUP;
    die("a mapping that is written to cannot be followed");
  }
  return found(address, length, protection, flags, fd, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return map(address, length, protection, flags, fd, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return map(address, length, protection, flags, fd, offset);
}

ssize_t copy_file_range(int from, off_t *from_offset, int to, off_t *to_offset, size_t length, unsigned int flags) {
  REAL(ssize_t, "copy_file_range", int, off_t *, int, off_t *, size_t, unsigned int);
  if (of(to) != NULL) {
    errno = ENOTSUP;
    die("a copy inside the kernel cannot be followed");
  }
  return found(from, from_offset, to, to_offset, length, flags);
}

int rename(const char *from, const char *to) {
  char before[PATH_MAX];
  const char *old = folder_length > 0 && realpath(from, before) != NULL ? followed(before) : NULL;
  int result = real_rename(from, to);
  char after[PATH_MAX];
  if (result == 0 && old != NULL && realpath(to, after) != NULL && followed(after) != NULL) {
    files_renamed(old, followed(after));
  }
  return result;
}

int unlink(const char *path) {
  char whole[PATH_MAX];
  const char *name = folder_length > 0 && realpath(path, whole) != NULL ? followed(whole) : NULL;
  int result = real_unlink(path);
  if (result == 0 && name != NULL) file_removed(name);
  return result;
}
