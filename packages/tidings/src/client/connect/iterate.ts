import { ClientError } from "../error.ts";

/** An iterator, and where its items come from. */
export interface Queue<Item> {
  readonly iterator: AsyncIterableIterator<Item> & AsyncDisposable;
  push(item: Item): void;
  /** Ends it after what waits, with an error if there is one. */
  end(error?: ClientError): void;
}

/**
 * Items that wait to be taken, as an iterator.
 *
 * @param buffer so many may wait. One more ends it: after those that wait it throws `overflow`
 * @param ended told once, as soon as nothing more is taken in
 */
export function createQueue<Item>(buffer: number, ended: () => void): Queue<Item> {
  let items: Item[] = [];
  let over = false;
  let why: ClientError | undefined;
  const takers: PromiseWithResolvers<IteratorResult<Item, undefined>>[] = [];

  /** Gives those who wait what there is. */
  function serve(): void {
    for (const taker of takers.splice(0, over ? takers.length : items.length)) {
      if (items.length > 0) taker.resolve({ done: false, value: items.shift() as Item });
      else if (why === undefined) taker.resolve({ done: true, value: undefined });
      else {
        taker.reject(why);
        // It is thrown once.
        why = undefined;
      }
    }
  }

  function end(error?: ClientError): void {
    if (over) return;
    over = true;
    why = error;
    serve();
    ended();
  }

  const iterator: Queue<Item>["iterator"] = {
    next() {
      const taker = Promise.withResolvers<IteratorResult<Item, undefined>>();
      takers.push(taker);
      serve();
      return taker.promise;
    },
    return() {
      items = [];
      end();
      why = undefined;
      return iterator.next();
    },
    [Symbol.asyncIterator]: () => iterator,
    async [Symbol.asyncDispose]() {
      await iterator.return?.();
    },
  };

  return {
    iterator,
    push(item) {
      if (over) return;
      if (takers.length + buffer > items.length) {
        items.push(item);
        serve();
      } else end(new ClientError("overflow", `More than ${buffer} events waited`));
    },
    end,
  };
}
