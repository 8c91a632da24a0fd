/** Ends a connection that has fallen silent: a stream has no other way to tell a dead server from a quiet one. */
export interface Watchdog {
  /** Something is being waited for from now on. */
  waiting(): void;
  /** Something came: nothing is waited for until `waiting` is called again. */
  came(): void;
  /** The server announced a heartbeat every so many ms: two and a half without a byte mean that it is dead. */
  announced(heartbeat: number): void;
}

/** How long the head and the opening frame may take, in ms. */
const OPENING = 30_000;
const HEARTBEATS = 2.5;

/** Calls `bark` once if what is waited for does not come. Without an announced heartbeat only the opening is watched. */
export function createWatchdog(bark: (silence: number) => void): Watchdog {
  let patience: number | undefined;
  let opened = false;
  let timer: NodeJS.Timeout | undefined;
  return {
    waiting() {
      clearTimeout(timer);
      const silence = opened ? patience : OPENING;
      if (silence !== undefined) timer = setTimeout(() => bark(silence), silence);
    },
    came() {
      clearTimeout(timer);
      opened = true;
    },
    announced(heartbeat) {
      patience = Math.min(heartbeat * HEARTBEATS, 2 ** 31 - 1);
    },
  };
}
