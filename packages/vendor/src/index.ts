export { type NewOccurrence, statusChangedEvent, type Vendor } from "./events.ts";
export { type RefusalCode, VENDOR_ERRORS, VendorRefusal } from "./refusal.ts";
export {
  type Credential,
  createVendorListener,
  type Estate,
  type VendorListenerOptions,
} from "./vendor-listener.ts";
