// Looking into a text without cutting it up: comparing a few characters costs less than a slice.

/** Where a character is next, or the text's end. */
export function find(text: string, char: string, from: number): number {
  const index = text.indexOf(char, from);
  return index === -1 ? text.length : index;
}

/** Exactly one space after the colon is no part of the value. Behind an empty value is a line end, never a space. */
export function afterSpace(text: string, from: number): number {
  return from < text.length && text.charCodeAt(from) === 32 ? from + 1 : from;
}
