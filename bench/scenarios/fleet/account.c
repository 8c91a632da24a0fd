#define _GNU_SOURCE
#include "account.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy(char *to, size_t room, struct text text) {
  size_t length = text.length < room - 1 ? text.length : room - 1;
  memcpy(to, text.at, length);
  to[length] = 0;
}

/* The number in a cursor, epoch-offset-tag. A client must not look into one; this program is one of the hub's tests. */
static int64_t offset_of(const char *cursor) {
  const char *dash = strchr(cursor, '-');
  return dash == NULL ? -1 : strtoll(dash + 1, NULL, 10);
}

/* The value of a member of the one-line JSON of a notice. */
static void member(struct text json, const char *name, char *to, size_t room) {
  char quoted[32];
  int length = snprintf(quoted, sizeof quoted, "\"%s\":\"", name);
  const char *found = json.at == NULL ? NULL : memmem(json.at, json.length, quoted, (size_t)length);
  to[0] = 0;
  if (found == NULL) return;
  const char *value = found + length, *end = memchr(value, '"', (size_t)(json.at + json.length - value));
  if (end != NULL) copy(to, room, (struct text){value, (size_t)(end - value)});
}

static int64_t digits(const char *at, size_t count) {
  int64_t value = 0;
  for (size_t index = 0; index < count; index++) value = value * 10 + (at[index] - '0');
  return value;
}

/* The first of this client's events from a sequence number on. */
static int64_t due_from(const struct account *account, int64_t sequence) {
  int64_t past = (sequence - account->phase) % account->step;
  return past == 0 ? sequence : sequence + account->step - (past < 0 ? past + account->step : past);
}

void account_open(struct account *account, int64_t step, int64_t phase, int64_t first, const char *last_id) {
  memset(account, 0, sizeof *account);
  account->step = step;
  account->phase = phase;
  account->by_offset = first == -1;
  account->next = first < 0 ? -1 : first;
  account->first_age = -1;
  snprintf(account->last_id, sizeof account->last_id, "%s", last_id);
  if (last_id[0] != 0 && account->by_offset) account->next = due_from(account, offset_of(last_id));
}

static void take_gap(struct account *account, const struct frame *frame) {
  struct gap gap = {.first = -1, .first_age = -1};
  member(frame->data, "reason", gap.reason, sizeof gap.reason);
  member(frame->data, "after", gap.after, sizeof gap.after);
  member(frame->data, "through", gap.through, sizeof gap.through);
  snprintf(gap.had, sizeof gap.had, "%s", account->last_id);
  int64_t after = offset_of(gap.after), through = offset_of(gap.through);
  /* Whatever came before is covered up to `after`, so nothing of this client's may lie between. */
  int continues = account->next == -1 || due_from(account, after) == account->next;
  if (!account->by_offset) account->next = -1;
  else if (after < 0 || through <= after || !continues) account->notices_wrong++;
  else account->next = due_from(account, through);
  if (account->gaps < GAPS_KEPT) account->kept[account->gaps] = gap;
  account->gaps++;
}

static int64_t take_event(struct account *account, const struct frame *frame, int64_t now) {
  /* `#`, ten digits of the sequence number, a space, sixteen of the time: see hub/event-data.ts. */
  int64_t sequence = digits(frame->data.at + 1, 10), age = now - digits(frame->data.at + 12, 16);
  int64_t offset = offset_of(account->last_id);
  account->events++;
  /* An event of a snapshot: it stands for what a gap has confessed. */
  if (frame->id.at == NULL) return age;
  if (account->by_offset ? offset != sequence + 1 : offset < 1) account->notices_wrong++;
  if (account->next != -1 && sequence < account->next) {
    account->doubled++;
    return age;
  }
  if (account->next != -1) account->lost += (uint64_t)((sequence - account->next) / account->step);
  account->next = sequence + account->step;
  if (account->first_age < 0) account->first_age = age;
  if (account->gaps > 0 && account->gaps <= GAPS_KEPT) {
    struct gap *last = &account->kept[account->gaps - 1];
    if (last->first < 0) {
      last->first = sequence;
      last->first_age = age;
    }
  }
  return age;
}

enum told account_take(struct account *account, const struct frame *frame, int64_t now, int64_t *age) {
  struct text event = frame->event;
  int notice = event.length > 8 && memcmp(event.at, "tidings:", 8) == 0;
  account->frames++;
  if (notice && text_is(event, "tidings:gap")) take_gap(account, frame);
  if (frame->id.length > 0) copy(account->last_id, sizeof account->last_id, frame->id);
  if (!notice) {
    if (frame->data.length < 29 || frame->data.at[0] != '#') return TOLD_OTHER;
    *age = take_event(account, frame, now);
    return TOLD_EVENT;
  }
  if (text_is(event, "tidings:reset")) {
    account->resets++;
    account->next = -1;
  } else if (text_is(event, "tidings:cursor")) {
    account->cursors++;
    if (account->next == -1 && frame->id.length > 0 && account->by_offset && account->resets == 0)
      account->next = due_from(account, offset_of(account->last_id));
  } else if (text_is(event, "tidings:live")) {
    account->lives++;
    return TOLD_LIVE;
  }
  return TOLD_OTHER;
}
