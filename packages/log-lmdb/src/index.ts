// The entry of `@tidings/log-lmdb`.
export { lmdbLog, type LmdbLogOptions } from "./lmdb-log.ts";
export { compactLog, type Compacted } from "./maintenance/compact-log.ts";
export { exportLog } from "./maintenance/export-log.ts";
export { importLog } from "./maintenance/import-log.ts";
export { LogError, type LogErrorCode } from "./maintenance/log-error.ts";
export { logInfo, type LogInfo } from "./maintenance/log-info.ts";
export type { HeaderLine, LogLine } from "./maintenance/log-lines.ts";
export { openLogForReading } from "./maintenance/open-for-reading.ts";
export type { Verified } from "./maintenance/verify.ts";
export { verifyLog } from "./maintenance/verify-log.ts";
export type { Progress, Working } from "./maintenance/working.ts";
