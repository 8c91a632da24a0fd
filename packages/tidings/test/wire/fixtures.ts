import { encodeEvent } from "../../src/wire/index.ts";
import { seeded } from "../simulation.ts";
import { joined } from "./streams.ts";

/** A stream as it comes, the same in every run: what the tests read and the benchmark measures. */
export interface Fixture {
  readonly name: string;
  readonly chunks: readonly Uint8Array[];
}

type Random = () => number;
/** The nth frame of a stream: an event, or a comment. */
type Frame = (random: Random, nth: number) => string;

const utf8 = new TextEncoder();
const KIB = 1024;

const ENGLISH = "the of and a stream event order price has been moved over by one while nobody looked at it".split(" ");
const CHINESE = "我们 今天 收到 一个 新的 订单 价格 已经 更新 请 稍后 再试 服务器 正在 处理 这个 事件".split(" ");

/** About 165 bytes of ASCII. */
const order: Frame = (random, nth) =>
  `id: ${nth}\nevent: order\ndata: ${JSON.stringify({
    order: integer(random, 1e6),
    customer: word(random, 12),
    status: "shipped",
    sum: integer(random, 1e5) / 100,
    currency: "EUR",
    note: sentence(random, ENGLISH, " ", 5),
  })}\n\n`;

/** About 235 bytes, most of them in characters of three. */
const notice: Frame = (random, nth) =>
  `id: ${nth}\nevent: notice\ndata: {"title":"${sentence(random, CHINESE, "", 7)}","text":"${sentence(random, CHINESE, "，", 16)}"}\n\n`;

/** A name in fifty has an accent, as in most text that is called ASCII. */
const named: Frame = (random, nth) => order(random, nth).replace("EUR", random() < 0.02 ? "é" : "EUR");

/** As the hub writes it. */
const hubFrame: Frame = (random, nth) =>
  new TextDecoder().decode(
    encodeEvent({
      id: `mfz3kq81c0b7-${nth}-1x8k2p`,
      event: "order.updated",
      topics: ["orders/eu-west-1"],
      data: JSON.stringify({
        order: integer(random, 1e6),
        customer: word(random, 12),
        sum: integer(random, 1e5) / 100,
      }),
    }),
  );

const token: Frame = (random, nth) => `data: {"index":${nth},"delta":" ${pick(random, ENGLISH)}"}\n\n`;
const namedToken: Frame = (random) => `event: delta\ndata: {"text":" ${pick(random, ENGLISH)}"}\n\n`;
const chineseToken: Frame = (random, nth) => `data: {"index":${nth},"delta":"${pick(random, CHINESE)}"}\n\n`;

const manyLines: Frame = (random) =>
  `event: log\n${Array.from({ length: 200 }, () => `data: ${sentence(random, ENGLISH, " ", 14)}\n`).join("")}\n`;
const longLine: Frame = (random) => `data: ${word(random, 64).repeat(2 ** 20 / 64)}\n\n`;
const crlf =
  (frame: Frame): Frame =>
  (random, nth) =>
    frame(random, nth).replaceAll("\n", "\r\n");
const heartbeat: Frame = () => ": heartbeat\n\n";
const remark: Frame = (random) => `: ${sentence(random, ENGLISH, " ", 10)}\n`;

/** Each with the bytes of a chunk; without them a chunk is a frame. */
const STREAMS: readonly (readonly [name: string, frame: Frame, chunkBytes?: number])[] = [
  ["ASCII, 64 KiB", order, 64 * KIB],
  ["ASCII, 1 KiB", order, KIB],
  ["ASCII, 97 B", order, 97],
  ["ASCII, an event", order],
  ["nearly ASCII, 64 KiB", named, 64 * KIB],
  ["Chinese, 64 KiB", notice, 64 * KIB],
  ["Chinese, 1 KiB", notice, KIB],
  ["Chinese, an event", notice],
  ["hub's frames, 64 KiB", hubFrame, 64 * KIB],
  ["hub's frames, an event", hubFrame],
  ["tokens, 64 KiB", token, 64 * KIB],
  ["tokens, an event", token],
  ["named tokens, an event", namedToken],
  ["Chinese tokens, an event", chineseToken],
  ["200 lines of data, 64 KiB", manyLines, 64 * KIB],
  ["1 MiB in a line, 64 KiB", longLine, 64 * KIB],
  ["CRLF, 64 KiB", crlf(order), 64 * KIB],
  ["CRLF, an event", crlf(order)],
  ["heartbeats, one", heartbeat],
  ["comments, 64 KiB", remark, 64 * KIB],
];

/** All streams, each of about so many bytes, and of an event at least. */
export function fixtures(bytes: number): Fixture[] {
  return STREAMS.map(([name, frame, chunkBytes]) => {
    const random = seeded(1);
    const frames: Uint8Array[] = [];
    for (let length = 0, nth = 1; length < bytes; length += frames.at(-1)?.length ?? 0, nth++)
      frames.push(utf8.encode(frame(random, nth)));
    return { name, chunks: chunkBytes === undefined ? frames : pieces(joined(frames), chunkBytes) };
  });
}

function pieces(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, nth) =>
    bytes.slice(nth * length, (nth + 1) * length),
  );
}

function integer(random: Random, below: number): number {
  return Math.floor(random() * below);
}

function pick(random: Random, words: readonly string[]): string {
  return words[integer(random, words.length)] ?? "";
}

function sentence(random: Random, words: readonly string[], between: string, count: number): string {
  return Array.from({ length: count }, () => pick(random, words)).join(between);
}

function word(random: Random, length: number): string {
  return Array.from({ length }, () => integer(random, 36).toString(36)).join("");
}
