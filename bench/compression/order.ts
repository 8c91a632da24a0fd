import { seeded } from "../../packages/tidings/test/simulation.ts";

const statuses = ["paid", "packed", "shipped", "returned"];
const hex = "0123456789abcdef";

/** Every run is of the same data. */
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
