export { type Served, serveConsumer, serveVendorCloud } from "./serve-mock.ts";
