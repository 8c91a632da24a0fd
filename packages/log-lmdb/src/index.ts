// The entry of `@tidings/log-lmdb`.
export { lmdbLog, type LmdbLogOptions } from "./lmdb-log.ts";
