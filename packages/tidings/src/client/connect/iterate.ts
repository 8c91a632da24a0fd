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
  let at = 0;
  let over: { error: ClientError | undefined } | undefined;
  const takers: PromiseWithResolvers<IteratorResult<Item, undefined>>[] = [];
  const done = { done: true, value: undefined } as const;

  function end(error?: ClientError): void {
    if (over !== undefined) return;
    over = { error };
    ended();
    for (const [index, taker] of takers.splice(0).entries()) {
      if (error !== undefined && index === 0) fail(taker.reject);
      else taker.resolve(done);
    }
  }

  /** An error is thrown once. */
  function fail(reject: (error: ClientError) => void): void {
    if (over?.error !== undefined) reject(over.error);
    over = { error: undefined };
  }

  function leave(): Promise<typeof done> {
    items = [];
    at = 0;
    end();
    over = { error: undefined };
    return Promise.resolve(done);
  }

  return {
    push(item) {
      const taker = takers.shift();
      if (over !== undefined) return;
      if (taker !== undefined) taker.resolve({ done: false, value: item });
      else if (items.length - at < buffer) items.push(item);
      else end(new ClientError("overflow", `More than ${buffer} events waited to be taken`));
    },
    end,
    iterator: {
      next() {
        const taker = Promise.withResolvers<IteratorResult<Item, undefined>>();
        if (at < items.length) {
          taker.resolve({ done: false, value: items[at++] as Item });
          // Taken from the front one by one it would be copied one by one.
          if (at > 1_024 || at === items.length) at = (items.splice(0, at), 0);
        } else if (over?.error !== undefined) fail(taker.reject);
        else if (over === undefined) takers.push(taker);
        else taker.resolve(done);
        return taker.promise;
      },
      return: leave,
      [Symbol.asyncIterator]() {
        return this;
      },
      async [Symbol.asyncDispose]() {
        await leave();
      },
    },
  };
}
