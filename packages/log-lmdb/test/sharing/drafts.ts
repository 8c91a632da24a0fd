import type { Draft } from "tidings/log";

/** An event that differs from others by its data alone, or by what is given. */
export function draft(data: string, fields: Partial<Draft> = {}): Draft {
  return { topics: ["a"], event: undefined, data, key: undefined, private: false, audience: undefined, ...fields };
}
