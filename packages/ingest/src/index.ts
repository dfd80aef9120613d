export { SecretBoxError } from "./binding/secret-box.ts";
export { createLog } from "./log.ts";
export { createIngestServer, type IngestServer, type IngestSettings } from "./server.ts";
export { openSqliteStore } from "./store/sqlite/sqlite-store.ts";
export type { Store } from "./store/store.ts";
export { StoreWriteError } from "./store/store-write-error.ts";
