const SHOWN = 48;
const SAMPLES = 512;

/**
 * What an event carries, short enough for a log: its name and its data, the latter as it is, or its beginning with its
 * length and a hash over some hundred of its characters.
 */
export function payloadOf(event: string, data: string): string {
  if (data.length <= SHOWN) return `${event} ${data}`;
  return `${event} ${data.slice(0, SHOWN)}…${data.length}#${hash(data)}`;
}

/** FNV-1a. */
function hash(text: string): string {
  let mixed = 0x811c9dc5;
  const step = Math.max(1, Math.floor(text.length / SAMPLES));
  for (let at = 0; at < text.length; at += step) mixed = Math.imul(mixed ^ text.charCodeAt(at), 0x01000193);
  return (mixed >>> 0).toString(36);
}
