import type { Mutant } from "./mutant.ts";

const FAN_OUT: readonly Mutant[] = [
  {
    name: "drops one event in a thousand",
    file: "hub/fan-out.ts",
    find: "if (group.live.length === 0) return;",
    replace: "if (group.live.length === 0 || this.#runtime.random() < 0.001) return;",
  },
  {
    name: "swaps the events of a flush",
    file: "hub/batch-trie.ts",
    find: "concat(frames.toReversed())",
    replace: "concat(frames)",
  },
  {
    name: "sends an event of two topics twice",
    file: "hub/fan-out.ts",
    find: "} else if (node.offset !== offset) {",
    replace: "} else {",
  },
  {
    name: "leaves out the event at which a flush is full",
    file: "hub/fan-out.ts",
    find: "if (bytes > 0 && bytes + size > FLUSH_BYTES) break;",
    replace: "if (bytes > 0 && bytes + size > FLUSH_BYTES) { this.#dispatched = recent.position; break; }",
  },
  {
    name: "lets one join an event early",
    file: "hub/replay.ts",
    find: "isInTail && isAtEnd && !isEarly",
    replace: "isInTail && position.offset >= dispatched.offset - 1 && !isEarly",
  },
  {
    name: "does not go to the log where the tail has a gap",
    file: "hub/engine.ts",
    find: "if (entry.offset !== tail.head.offset + 1) {",
    replace: "if (entry.offset !== tail.head.offset + 1 && entry.offset < 0) {",
  },
  {
    name: "forgets who was live when the tail began anew",
    file: "hub/engine.ts",
    find: "for (const subscriber of this.#subscribers) subscriber.lag(positionOf(subscriber));",
    replace: "void positionOf;",
  },
  {
    name: "closes on what was not delivered",
    file: "hub/engine.ts",
    find: "while (!this.#isDelivered() &&",
    replace: "while (!this.#isDelivered() && begun < 0 &&",
  },
  {
    name: "keeps the groups of those who have left",
    file: "hub/group.ts",
    find: "if (!group.closed) return;",
    replace: "if (group.closed || !group.closed) return;",
  },
];

const MATCHING: readonly Mutant[] = [
  {
    name: "takes a pattern for met when a part of it is",
    file: "wire/topic-pattern.ts",
    find: "return patternDone && topicDone;",
    replace: "return patternDone || topicDone;",
  },
  {
    name: "finds one segment by ** alone",
    file: "hub/topic-index.ts",
    find: 'const one = node.any.get("*");',
    replace: 'const one = depth > 0 ? undefined : node.any.get("*");',
  },
  {
    name: "forgets ** deeper than its first segment",
    file: "hub/topic-index.ts",
    find: 'this.#visitEnd(node.any.get("**"), found);',
    replace: 'if (depth === 0) this.#visitEnd(node.any.get("**"), found);',
  },
];

const CATCHING_UP: readonly Mutant[] = [
  {
    name: "goes live after a full sink without reading on",
    file: "hub/subscriber.ts",
    find: 'else if (this.state === "catching-up") this.#replay("behind");',
    replace: 'else if (this.state === "catching-up") this.goLive();',
  },
  {
    name: "falls behind to before what it was just sent",
    file: "hub/subscriber.ts",
    find: "#fallBehind(position: Position): void {",
    replace:
      "#fallBehind(given: Position): void {\n    const position = { ...given, offset: Math.max(0, given.offset - 1), tag: 0 };",
  },
  {
    name: "never reads on after a full sink",
    file: "hub/subscriber.ts",
    find: "if (this.#replaying) this.#wakeOnDrain?.();",
    replace: "if (this.#replaying) return;",
  },
  {
    name: "begins a page of the tail one too late",
    file: "hub/tail.ts",
    find: "search(filter, this, after.offset,",
    replace: "search(filter, this, after.offset + 1,",
  },
  {
    name: "takes any place of the tail for one of this history",
    file: "hub/tail.ts",
    find: "return this.at(position.offset)?.entry.tag === position.tag;",
    replace: "return this.at(position.offset) !== undefined;",
  },
  {
    name: "shares a page with those who asked for other topics",
    file: "hub/shared-pages.ts",
    find: "`${group.number} ${offset}`",
    replace: "`${group.number * 0} ${offset}`",
  },
  {
    name: "begins a page of the log one too late",
    file: "hub/log/memory-log.ts",
    find: "const start = Math.max(after.offset, this.#entries.evicted);",
    replace: "const start = Math.min(this.#entries.head, Math.max(after.offset, this.#entries.evicted) + 1);",
  },
];

const CONFESSING: readonly Mutant[] = [
  {
    name: "does not confess what retention took",
    file: "hub/replay.ts",
    find: "if (isBehind(subscriber.position, found)) {\n      if (!this.#gap(",
    replace: "if (isBehind(subscriber.position, found) && found.through.offset < 0) {\n      if (!this.#gap(",
  },
  {
    name: "hides in the log what retention took",
    file: "hub/log/memory-log.ts",
    find: "through: this.#at(through), evictedThrough, corrupt: [] };",
    replace: "through: this.#at(through), evictedThrough: this.#at(0), corrupt: [] };",
  },
  {
    name: "confesses more than is gone",
    file: "hub/replay.ts",
    find: 'this.#gap("evicted", { after: subscriber.position, through: found.evictedThrough })',
    replace: 'this.#gap("evicted", { after: subscriber.position, through: found.through })',
  },
  {
    name: "confesses from before what it has sent",
    file: "hub/replay.ts",
    find: 'this.#gap("evicted", { after: subscriber.position, through: found.evictedThrough })',
    replace:
      'this.#gap("evicted", { after: { ...subscriber.position, offset: Math.max(0, subscriber.position.offset - 1) }, through: found.evictedThrough })',
  },
  {
    name: "does not tell a reset",
    file: "hub/replay.ts",
    find: "this.#confess((position) => resetFrame(reason, position), found.oldest);",
    replace: "subscriber.position = found.oldest;",
  },
  {
    name: "goes on from the head after a reset",
    file: "hub/log/memory-log.ts",
    find: "return { reset: true, oldest: evictedThrough };",
    replace: "return { reset: true, oldest: this.#at(this.#entries.head) };",
  },
  {
    name: "resets whoever comes back",
    file: "hub/log/memory-log.ts",
    find: "return known === undefined || known === tag;",
    replace: "return known === tag && offset > this.#entries.evicted;",
  },
  {
    name: "does not compare tags",
    file: "hub/log/memory-log.ts",
    find: "return known === undefined || known === tag;",
    replace: "return known === undefined || tag >= 0;",
  },
  {
    name: "begins every history under one epoch",
    file: "hub/log/memory-log.ts",
    find: "this.#runtime.random() * 36 ** 5).toString(36)",
    replace: "this.#runtime.random() * 0 + 36 ** 4).toString(36)",
  },
];

const CURSORS: readonly Mutant[] = [
  {
    name: "tells by a heartbeat what is still to be written",
    file: "hub/fan-out.ts",
    find: "return this.isDue(subscriber) ? this.#start : this.#dispatched;",
    replace: "return this.#tail.head;",
  },
  {
    name: "opens with the head to who comes back",
    file: "hub/replay.ts",
    find: 'subscriber.snapshotState === "due" ? undefined : subscriber.position;',
    replace: 'subscriber.snapshotState === "due" ? undefined : tail.head;',
  },
  {
    name: "opens with a position where a gap is to come",
    file: "hub/replay.ts",
    find: 'const position = confesses || subscriber.snapshotState === "due"',
    replace: 'const position = confesses === null || subscriber.snapshotState === "due"',
  },
  {
    name: "says live for every time it is",
    file: "hub/replay.ts",
    find: "subscriber.announced = true;",
    replace: "",
  },
  {
    name: "gives frames of old entries the tag of no entry",
    file: "hub/frames.ts",
    find: "const position = { epoch, offset, tag };",
    replace: "const position = { epoch, offset, tag: tag - 1 };",
  },
];

const SNAPSHOTS: readonly Mutant[] = [
  {
    name: "takes a snapshot's position after it was made",
    file: "hub/replay.ts",
    find: 'subscriber.snapshotState = "sent";\n',
    replace: 'subscriber.snapshotState = "sent";\n    if (snapshot.ofHead) subscriber.position = tail.head;\n',
  },
  {
    name: "tells positions inside of a snapshot",
    file: "hub/subscriber.ts",
    find: 'const tells = this.opened && this.snapshotState === "none";',
    replace: "const tells = this.opened;",
  },
  {
    name: "forgets the newest of the newest",
    file: "hub/log/memory-entries.ts",
    find: "if (all === undefined) return kept !== undefined && kept.offset <= through ? [kept] : [];",
    replace: "if (all === undefined) return kept !== undefined && kept.offset < 0 ? [kept] : [];",
  },
  {
    name: "loses the newest event of what it passes over",
    file: "hub/snapshot.ts",
    find: "newest.filter(({ offset }) => offset > since),",
    replace: "newest.filter(({ offset }) => offset > since).slice(0, -1),",
  },
  {
    name: "passes over without a word",
    file: "hub/replay.ts",
    find: 'this.#frames.push(gapFrame("skipped", { after: position, through }, undefined));',
    replace: "",
  },
];

const PUBLISHING: readonly Mutant[] = [
  {
    name: "remembers no key",
    file: "hub/log/memory-log.ts",
    find: "if (known !== undefined) return { position: known, duplicate: true };",
    replace: "if (known !== undefined && known.offset < 0) return { position: known, duplicate: true };",
  },
  {
    name: "takes a key again for another payload",
    file: "hub/log/dedupe-window.ts",
    find: "if (payload !== undefined && payload !== key.payload) {",
    replace: "if (payload !== undefined && payload === undefined) {",
  },
  {
    name: "appends what it has refused",
    file: "hub/log/memory-log.ts",
    find: "this.#keys.refuseConflicts(drafts);",
    replace:
      "try { this.#keys.refuseConflicts(drafts); } catch (error) { this.#entries.push({ version: 1, offset: this.#entries.head + 1, tag: 7, time: 0, ...drafts[0] } as Entry, elapsed); throw error; }",
  },
  {
    name: "lets calls without keys overtake those with keys",
    file: "hub/publisher.ts",
    find: "const isLater = keyed || this.#hashing !== undefined;",
    replace: "const isLater = keyed;",
  },
  {
    name: "answers with the place of the event before",
    file: "hub/publisher.ts",
    find: "return { id: formatCursor(position), durability };",
    replace: "return { id: formatCursor({ ...position, offset: position.offset - 1 }), durability };",
  },
  {
    name: "acknowledges what it does not append",
    file: "hub/log/memory-log.ts",
    find: "this.#entries.push(entry, elapsed);",
    replace: "if (this.#runtime.random() > 0.02) this.#entries.push(entry, elapsed);",
  },
];

const CHANGING: readonly Mutant[] = [
  {
    name: "changes topics one event late",
    file: "hub/replay.ts",
    find: "const through = this.#upToChange(dispatched);\n      page",
    replace:
      "const end = this.#upToChange(dispatched);\n      const through = end === dispatched ? end : (tail.at(end.offset + 1)?.position ?? end);\n      page",
  },
  {
    name: "changes topics at once",
    file: "hub/changes/named-stream.ts",
    find: "return next.position.epoch === epoch && next.position.offset <= offset;",
    replace: "return next.position.epoch === epoch || offset < 0;",
  },
  {
    name: "reads past a change of topics in the log",
    file: "hub/changes/cut-page.ts",
    find: "if (through.epoch !== end.epoch ||",
    replace: "if (through.epoch === end.epoch ||",
  },
  {
    name: "takes a page past a change of topics from those who have none",
    file: "hub/replay.ts",
    find: "if (this.#named === undefined) return true;",
    replace: "if (this.#named === undefined || head.offset >= 0) return true;",
  },
  {
    name: "goes live before a change of topics",
    file: "hub/replay.ts",
    find: "const changes = isAtEnd && this.#named?.changes === true;",
    replace: "const changes = isAtEnd && this.#named === null;",
  },
  {
    name: "leaves who is live with the topics that it had",
    file: "hub/changes/changes.ts",
    find: "if (stream.changes) stream.subscriber.detour();",
    replace: "",
  },
  {
    name: "does not tell that topics have changed",
    file: "hub/replay.ts",
    find: 'if (subscriber.snapshotState === "none") this.#frames.push(heartbeatFrame(subscriber.position));',
    replace: "",
  },
  {
    name: "goes on with a page after a gap that took a change of topics",
    file: "hub/replay.ts",
    find: "if (this.#named?.isDueAt(subscriber.position)) return;",
    replace: "",
  },
  {
    name: "answers with the place before a change",
    file: "hub/engine.ts",
    find: "return formatCursor(await this.changes.change(name, change, by));",
    replace:
      "const at = await this.changes.change(name, change, by);\n    const before = this.tail.at(at.offset - 1)?.position;\n    return formatCursor(before ?? at);",
  },
];

/** All of them. */
export const MUTANTS: readonly Mutant[] = [
  ...FAN_OUT,
  ...MATCHING,
  ...CATCHING_UP,
  ...CONFESSING,
  ...CURSORS,
  ...SNAPSHOTS,
  ...PUBLISHING,
  ...CHANGING,
];
