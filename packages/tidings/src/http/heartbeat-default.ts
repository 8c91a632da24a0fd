/** The longest silence of a stream unless configured. Bun cuts a stream that is silent for 10 s. */
export function defaultHeartbeat(): "8s" | "15s" {
  return "Bun" in globalThis ? "8s" : "15s";
}
