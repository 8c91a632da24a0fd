/** Adds to a set that forgets the oldest beyond so many. */
export function remember<Item>(set: Set<Item>, item: Item, most: number): void {
  set.add(item);
  if (set.size > most) for (const oldest of set) if (set.delete(oldest)) break;
}
