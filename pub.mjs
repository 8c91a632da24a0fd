import { lmdbLog } from "@tidings/log-lmdb";
import { rmSync, openSync, writeSync, fdatasync, closeSync, mkdirSync } from "node:fs";
import { promisify } from "node:util";
const sync = promisify(fdatasync);
const dir = "/tmp/store/pub"; 
const data = JSON.stringify({ n: 1, pad: "x".repeat(235) });
const drafts = Array.from({ length: 100 }, (_, i) => ({ topics: [`topic/${i}`], event: undefined, data, key: undefined, private: false, audience: undefined }));
async function loop(flight, ms, append) {
  let done = 0, i = 0; const end = performance.now() + ms; const t0 = performance.now();
  await Promise.all(Array.from({ length: flight }, async () => { while (performance.now() < end) { await append(drafts[i++ % 100]); done++; } }));
  return done / (performance.now() - t0) * 1000;
}
// write + fdatasync with the same grouping
function baseline() {
  const fd = openSync(`${dir}/file`, "w"); let waiting = [], busy = false, size = 0;
  const bytes = Buffer.from(data.padEnd(290, "."));
  async function run() { busy = true; while (waiting.length) { await new Promise(setImmediate); const g = waiting; waiting = []; writeSync(fd, Buffer.concat(g.map(() => bytes))); await sync(fd); for (const r of g) r(); await new Promise(setImmediate);} busy = false; }
  return { append: () => new Promise((r) => { waiting.push(r); if (!busy) run(); }), close: () => closeSync(fd) };
}
const flights = (process.argv[2] ?? "1,64,1024").split(",").map(Number); const ms = Number(process.argv[3] ?? 1500);
for (const f of flights) {
  const ratios = [];
  for (let r = 0; r < 3; r++) {
    rmSync(dir, { recursive: true, force: true }); mkdirSync(dir, { recursive: true });
    const b = baseline(); const base = await loop(f, ms, b.append); b.close();
    const log = lmdbLog({ path: `${dir}/log` }); await log.ends(); await log.append([drafts[0]]);
    const cpu0 = process.cpuUsage(); 
    const ours = await loop(f, ms, (d) => log.append([d])); const cpu = process.cpuUsage(cpu0); await log.close();
    ratios.push([Math.round(base), Math.round(ours), +(ours / base).toFixed(2), +((cpu.user + cpu.system) / (ours * ms / 1000)).toFixed(1)]);
  }
  console.log(f, JSON.stringify(ratios));
}
rmSync(dir, { recursive: true, force: true });
