export { SecretBoxError } from "./binding/secret-box.ts";
export { createLog } from "./log.ts";
export { createIngestServer, type IngestServer, type IngestSettings } from "./server.ts";
export { StoreWriteError } from "./store/store-write-error.ts";
