const statuses = ["paid", "packed", "shipped", "returned"];
const hex = "0123456789abcdef";

/** A small random generator, so that every run is of the same data (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = seeded(1);

function digits(count: number): string {
  return Array.from({ length: count }, () => hex[Math.floor(random() * 16)]).join("");
}

/** JSON of 250 bytes as it goes over streams: names that come again, and values of which half are as good as random. */
export function orderEvent(): string {
  const text = JSON.stringify({
    type: "order.updated",
    order: 100_000 + Math.floor(random() * 900_000),
    customer: digits(12),
    status: statuses[Math.floor(random() * statuses.length)],
    region: "eu-west-1",
    currency: "EUR",
    sum: Math.floor(random() * 100_000) / 100,
    updatedAt: new Date(1_700_000_000_000 + Math.floor(random() * 1e10)).toISOString(),
    trace: "",
  });
  return text.replace('"trace":""', `"trace":"${digits(Math.max(0, 250 - text.length))}"`);
}
