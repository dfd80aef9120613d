export { SecretBoxError } from "@convergint/internal/secret-box";
export { type Clock, systemClock } from "./clock.ts";
export { createLog, type LogOptions } from "./log.ts";
export { createIngestServer, type IngestServer, type IngestSettings } from "./server.ts";
export { openStore } from "./store/open-store.ts";
export type { Store } from "./store/store.ts";
export { StoreError, type StoreErrorCode } from "./store/store.ts";
