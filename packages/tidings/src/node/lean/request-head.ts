const END_OF_HEAD = "\r\n\r\n";
/** An upgrade wants a socket with all that it can do, and an expectation an answer before the answer. */
const OTHER_MATTERS = /\r\n(?:upgrade|expect):/i;

/** Whether a chunk is one head to its end, and nothing more. */
export function isWholeHead(chunk: Buffer): boolean {
  const end = chunk.indexOf(END_OF_HEAD);
  return end !== -1 && end + END_OF_HEAD.length === chunk.length;
}

/** Whether a chunk is the whole head of a GET for a path that begins so. */
export function isLeanHead(chunk: Buffer, start: Buffer): boolean {
  if (!chunk.subarray(0, start.length).equals(start) || !isWholeHead(chunk)) return false;
  return !OTHER_MATTERS.test(chunk.toString("latin1"));
}
