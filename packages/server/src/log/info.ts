import { logInfo, type LogInfo } from "@tidings/log-lmdb";
import { formatCursor } from "tidings/log";

import { dayTime } from "../tail/readable-line.ts";
import { print } from "./print.ts";
import { sizeText } from "./size-text.ts";
import { work } from "./work.ts";

const NUMBER = new Intl.NumberFormat("en");

/**
 * Prints what a log holds.
 *
 * @throws Failure if there is none
 */
export async function info(folder: string, { json = false }: { readonly json?: boolean }): Promise<void> {
  const told = await work("reading", () => logInfo(folder));
  await print([json ? `${JSON.stringify(jsonInfo(told))}\n` : readableInfo(told)]);
}

function jsonInfo({ head, evictedThrough, ...rest }: LogInfo): object {
  return { ...rest, head: formatCursor(head), evictedThrough: formatCursor(evictedThrough) };
}

function readableInfo(told: LogInfo): string {
  const { epoch, head, evictedThrough, events, bytes, fileBytes, topics, oldestTime, newestTime } = told;
  const at = (time: number | undefined): string => (time === undefined ? "" : ` of ${dayTime(new Date(time))}`);
  const lines = [
    ["epoch", epoch],
    ["head", `${formatCursor(head)}${at(newestTime)}`],
    ["oldest", events === 0 ? "none" : `after ${formatCursor(evictedThrough)}${at(oldestTime)}`],
    ["events", NUMBER.format(events)],
    ["topics", NUMBER.format(topics)],
    ["bytes", `${sizeText(bytes)} of events, ${sizeText(fileBytes)} on disk`],
    ["open", told.inUse ? "yes: a hub runs on it" : "no"],
  ];
  return lines.map(([name = "", value]) => `${name.padEnd(8)}${value}\n`).join("");
}
