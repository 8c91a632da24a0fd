// Looking into a text without cutting it up: comparing a few characters costs less than a slice.
const SPACE = 32;

/** Where a character is next, or the text's end. */
export function find(text: string, char: string, from: number): number {
  const index = text.indexOf(char, from);
  return index === -1 ? text.length : index;
}

/** Exactly one space after the colon is no part of the value. Behind an empty value is a line end, never a space. */
export function afterSpace(text: string, from: number): number {
  return text.charCodeAt(from) === SPACE ? from + 1 : from;
}

/** Whether a line that begins with "d" begins with "data:". */
export function isData(text: string, at: number): boolean {
  return (
    text.charCodeAt(at + 1) === 97 &&
    text.charCodeAt(at + 2) === 116 &&
    text.charCodeAt(at + 3) === 97 &&
    text.charCodeAt(at + 4) === 58
  );
}

/** Whether a line that begins with "i" begins with "id:". */
export function isId(text: string, at: number): boolean {
  return text.charCodeAt(at + 1) === 100 && text.charCodeAt(at + 2) === 58;
}

/** Whether a line that begins with "e" begins with "event:". */
export function isEvent(text: string, at: number): boolean {
  return (
    text.charCodeAt(at + 1) === 118 &&
    text.charCodeAt(at + 2) === 101 &&
    text.charCodeAt(at + 3) === 110 &&
    text.charCodeAt(at + 4) === 116 &&
    text.charCodeAt(at + 5) === 58
  );
}

/** Whether a line that begins with "t" begins with "topic:". */
export function isTopic(text: string, at: number): boolean {
  return (
    text.charCodeAt(at + 1) === 111 &&
    text.charCodeAt(at + 2) === 112 &&
    text.charCodeAt(at + 3) === 105 &&
    text.charCodeAt(at + 4) === 99 &&
    text.charCodeAt(at + 5) === 58
  );
}
