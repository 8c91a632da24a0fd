/** Whether something can be iterated, sync or async. A text is not taken for a list of its characters. */
export function isIterable<Item>(value: unknown): value is Iterable<Item> | AsyncIterable<Item> {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}
