// What is on the disk and what is not yet: an image of each file, and a journal of what was written since the last sync.
// The journal is a file too, so that it outlives a process that is killed, and processes that share files share it.
//
//   u64 begin, u64 end   what has not reached the image; only what is before `end` counts
//   records              { u64 kind, u64 offset, u64 length } and the bytes written
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "real.h"

enum kind { WRITTEN = 1, TRUNCATED = 2, DURABLE = 3, DROPPED = 4 };

struct bounds {
  uint64_t begin;
  uint64_t end;
};

struct record {
  uint64_t kind;
  uint64_t offset;
  uint64_t length;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static const char *images;

void die(const char *what) {
  dprintf(2, "disk: %s: %s\n", what, strerror(errno));
  _exit(97);
}

static void read_at(int fd, void *into, size_t length, uint64_t offset) {
  if (pread(fd, into, length, (off_t)offset) != (ssize_t)length) die("the journal ends early");
}

static void write_at(int fd, const void *bytes, size_t length, uint64_t offset) {
  const char *from = bytes;
  while (length > 0) {
    ssize_t written = real_pwrite(fd, from, length, (off_t)offset);
    if (written <= 0) die("cannot write what is kept aside");
    from += written;
    length -= (size_t)written;
    offset += (uint64_t)written;
  }
}

void image_folder(const char *path) { images = path; }

// Threads by the mutex, processes by the lock of the journal.
static struct bounds lock(struct file *file) {
  pthread_mutex_lock(&mutex);
  while (flock(file->journal, LOCK_EX) != 0)
    if (errno != EINTR) die("flock");
  struct bounds bounds;
  read_at(file->journal, &bounds, sizeof bounds, 0);
  return bounds;
}

static void unlock(struct file *file) {
  flock(file->journal, LOCK_UN);
  pthread_mutex_unlock(&mutex);
}

static void kept_path(char *path, const char *name, const char *ending) {
  int length = snprintf(path, PATH_MAX, "%s/%s%s", images, name, ending);
  if (length < 0 || length >= PATH_MAX) die("a path is too long");
  for (char *at = path + strlen(images) + 1; *at != '\0'; at++)
    if (*at == '/') *at = '%';
}

static void copy(int from, int to) {
  char buffer[65536];
  uint64_t offset = 0;
  for (;;) {
    ssize_t length = pread(from, buffer, sizeof buffer, (off_t)offset);
    // A file that was opened for writing alone is new, or was seen before by another name of its kind.
    if (length <= 0) return;
    write_at(to, buffer, (size_t)length, offset);
    offset += (uint64_t)length;
  }
}

struct file *file_named(const char *name, int real) {
  pthread_mutex_lock(&mutex);
  struct file *file = files;
  while (file != NULL && strcmp(file->name, name) != 0) file = file->next;
  if (file == NULL) {
    char path[PATH_MAX];
    file = calloc(1, sizeof *file);
    if (file == NULL || (file->name = strdup(name)) == NULL) die("no memory");
    kept_path(path, name, ".journal");
    file->journal = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file->journal < 0) die(path);
    while (flock(file->journal, LOCK_EX) != 0)
      if (errno != EINTR) die("flock");
    kept_path(path, name, ".image");
    bool is_new = access(path, F_OK) != 0;
    file->image = real_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file->image < 0) die(path);
    if (is_new) {
      struct bounds bounds = {sizeof bounds, sizeof bounds};
      write_at(file->journal, &bounds, sizeof bounds, 0);
      copy(real, file->image);
    }
    flock(file->journal, LOCK_UN);
    file->next = files;
    files = file;
  }
  pthread_mutex_unlock(&mutex);
  return file;
}

static mark append(struct file *file, struct record record, const void *bytes) {
  struct bounds bounds = lock(file);
  mark at = bounds.end;
  write_at(file->journal, &record, sizeof record, at);
  if (bytes != NULL) write_at(file->journal, bytes, record.length, at + sizeof record);
  bounds.end = at + sizeof record + (bytes == NULL ? 0 : record.length);
  write_at(file->journal, &bounds, sizeof bounds, 0);
  unlock(file);
  return at;
}

mark journal_write(struct file *file, const void *bytes, uint64_t length, uint64_t offset) {
  return append(file, (struct record){WRITTEN, offset, length}, bytes);
}

void journal_truncate(struct file *file, uint64_t length) {
  append(file, (struct record){TRUNCATED, length, 0}, NULL);
}

mark journal_end(struct file *file) {
  mark end = lock(file).end;
  unlock(file);
  return end;
}

static void apply(struct file *file, struct record record, mark at) {
  if (record.kind == TRUNCATED) {
    if (real_ftruncate(file->image, (off_t)record.offset) != 0) die("cannot cut the image");
    return;
  }
  char *bytes = malloc(record.length + 1);
  if (bytes == NULL) die("no memory");
  read_at(file->journal, bytes, record.length, at + sizeof record);
  write_at(file->image, bytes, record.length, record.offset);
  free(bytes);
}

static void forget(struct file *file, struct bounds bounds, mark end) {
  if (end <= bounds.begin) return;
  bounds.begin = end;
  write_at(file->journal, &bounds, sizeof bounds, 0);
  // Only now: a kill between the two leaves records that nobody reads, and not places without a record.
  fallocate(file->journal, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, sizeof bounds, (off_t)(end - sizeof bounds));
}

void journal_synced(struct file *file, mark end) {
  struct bounds bounds = lock(file);
  struct record record;
  for (mark at = bounds.begin; at < end; at += sizeof record + (record.kind == TRUNCATED ? 0 : record.length)) {
    read_at(file->journal, &record, sizeof record, at);
    if (record.kind != DROPPED) apply(file, record, at);
  }
  forget(file, bounds, end);
  unlock(file);
}

void journal_dropped(struct file *file, mark end) {
  forget(file, lock(file), end);
  unlock(file);
}

static void mark_one(struct file *file, mark at, enum kind kind) {
  struct bounds bounds = lock(file);
  // A sync of the whole file may have taken it along meanwhile.
  if (at >= bounds.begin) {
    struct record record;
    read_at(file->journal, &record, sizeof record, at);
    if (kind == DURABLE) apply(file, record, at);
    record.kind = kind;
    write_at(file->journal, &record, sizeof record, at);
  }
  unlock(file);
}

void journal_one_synced(struct file *file, mark at) { mark_one(file, at, DURABLE); }

void journal_one_dropped(struct file *file, mark at) { mark_one(file, at, DROPPED); }

// Names are kept in order by the journals of file systems; what is under them is not.
void files_renamed(const char *from, const char *to) {
  char before[PATH_MAX], after[PATH_MAX];
  pthread_mutex_lock(&mutex);
  for (const char *const *ending = (const char *const[]){".image", ".journal", NULL}; *ending != NULL; ending++) {
    kept_path(before, from, *ending);
    kept_path(after, to, *ending);
    real_rename(before, after);
  }
  for (struct file *file = files; file != NULL; file = file->next) {
    if (strcmp(file->name, to) == 0) file->name[0] = '\0';
    if (strcmp(file->name, from) != 0) continue;
    free(file->name);
    file->name = strdup(to);
  }
  pthread_mutex_unlock(&mutex);
}

void file_removed(const char *name) {
  char path[PATH_MAX];
  pthread_mutex_lock(&mutex);
  for (struct file *file = files; file != NULL; file = file->next)
    if (strcmp(file->name, name) == 0) file->name[0] = '\0';
  kept_path(path, name, ".image");
  real_unlink(path);
  kept_path(path, name, ".journal");
  real_unlink(path);
  pthread_mutex_unlock(&mutex);
}
