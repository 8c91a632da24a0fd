// Finds values in a text that JSON.parse has accepted, so nothing here looks for errors. Parsing a number and writing it
// again would change 12345678901234567890 and 1e999: what a publisher wrote is cut out, not made anew.

/** A member of an object: its name, and its value as it was written. */
export interface Member {
  readonly name: string;
  readonly text: string;
}

/** The members of an object, in order, one that is named twice included twice. */
export function membersOf(object: string): Member[] {
  const members: Member[] = [];
  let at = skipSpace(object, skipSpace(object, 0) + 1);
  while (object[at] === '"') {
    const nameEnd = skipString(object, at);
    const name = JSON.parse(object.slice(at, nameEnd)) as string;
    const start = skipSpace(object, skipSpace(object, nameEnd) + 1);
    const end = skipValue(object, start);
    members.push({ name, text: object.slice(start, end) });
    at = skipSeparator(object, end);
  }
  return members;
}

/** The items of an array, each as it was written. */
export function itemsOf(array: string): string[] {
  const items: string[] = [];
  let at = skipSpace(array, skipSpace(array, 0) + 1);
  while (at < array.length && array[at] !== "]") {
    const end = skipValue(array, at);
    items.push(array.slice(at, end));
    at = skipSeparator(array, end);
  }
  return items;
}

/** Past a comma, to the next item; or to the bracket that ends it all. */
function skipSeparator(text: string, end: number): number {
  const at = skipSpace(text, end);
  return text[at] === "," ? skipSpace(text, at + 1) : at;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return at;
}

function skipString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return end + 1;
  }
}

const SCALAR_END = /[\s,\]}]|$/g;
const STRUCTURE = /["{}[\]]/g;

function skipValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return skipString(text, start);
  if (first !== "{" && first !== "[") {
    SCALAR_END.lastIndex = start;
    return SCALAR_END.exec(text)?.index ?? text.length;
  }
  let depth = 0;
  for (let at = start; ;) {
    STRUCTURE.lastIndex = at;
    const found = STRUCTURE.exec(text);
    if (found === null) return text.length;
    if (found[0] === '"') {
      at = skipString(text, found.index);
      continue;
    }
    depth += found[0] === "{" || found[0] === "[" ? 1 : -1;
    at = found.index + 1;
    if (depth === 0) return at;
  }
}
