export { VendorClientError, type VendorClientErrorCode, type VendorClientErrorDetails } from "./errors.ts";
export {
  createVendorClient,
  type DeviceFilter,
  type VendorClient,
  type VendorClientOptions,
} from "./vendor-client.ts";
