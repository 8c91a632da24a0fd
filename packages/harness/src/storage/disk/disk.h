// A disk that can lose power, fail and fill up, seen by one process and its children. See broken-disk.ts.
#ifndef TIDINGS_DISK_H
#define TIDINGS_DISK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** A file of the folder: what of it is on the disk (the image), and what was written since (the journal). */
struct file {
  char *name;
  int image;
  int journal;
  struct file *next;
};

/** How much of the journal there was at some moment. */
typedef uint64_t mark;

/** The file, made or found by its path below the folder. A new image is a copy of what the file has. */
struct file *file_named(const char *name, int real);
/** Writes down that bytes were written, before they are; answers where that stands. */
mark journal_write(struct file *file, const void *bytes, uint64_t length, uint64_t offset);
void journal_truncate(struct file *file, uint64_t length);
mark journal_end(struct file *file);
/** All that was written before the mark is on the disk now. */
void journal_synced(struct file *file, mark end);
/** The disk did not take what was written before the mark, and the system does not try again: it counts as clean. */
void journal_dropped(struct file *file, mark end);
/** One write is on the disk, or was dropped; nothing is said of others. */
void journal_one_synced(struct file *file, mark at);
void journal_one_dropped(struct file *file, mark at);
void files_renamed(const char *from, const char *to);
void file_removed(const char *name);
void image_folder(const char *path);

/** What is wrong with the disk and the clock at the moment: read from shared memory that the test writes. */
struct troubles {
  /** The number of the error that syncs fail with, or 0. */
  int64_t sync_error;
  /** How many syncs come before the first that fails. */
  int64_t spared;
  int64_t sync_delay_ms;
  /** How long a file may be, in bytes; 0 for no bound. */
  int64_t room;
  int64_t clock_shift_ms;
  /** Told by this side: syncs that were asked for, and operations that failed on purpose. */
  int64_t syncs;
  int64_t failures;
};

/** Never NULL: without a file for it all is well. */
volatile struct troubles *troubles(void);

void die(const char *what);

#endif
