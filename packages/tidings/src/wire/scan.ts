// Looking into a text without cutting it up: comparing a few characters costs less than a slice.

/** Where a character is next, or the text's end. */
export function find(text: string, char: string, from: number): number {
  const index = text.indexOf(char, from);
  return index === -1 ? text.length : index;
}

/**
 * Whether each byte of a text is a character, so that both have the same places. No bytes make more characters than they
 * are, so all of them make one where there are as many. Only the first can be of bytes that came before, and then it is
 * another one than the first byte.
 */
export function isAligned(text: string, bytes: Uint8Array): boolean {
  return text.length === bytes.length && text.charCodeAt(0) === bytes[0];
}

/** Exactly one space after the colon is no part of the value. Behind an empty value is a line end, never a space. */
export function afterSpace(text: string, from: number): number {
  return from < text.length && text.charCodeAt(from) === 32 ? from + 1 : from;
}
