export type { WrittenCampus, WrittenDevice, WrittenOrg, WrittenSite } from "./cloud/campus.ts";
export {
  type MockVendorCloud,
  type MockVendorCloudOptions,
  mockVendorCloud,
  type WrittenEvent,
} from "./cloud/mock-vendor-cloud.ts";
export type { RegisteredEndpoint } from "./cloud/registered-endpoints.ts";
export type { SignedTokens } from "./cloud/self-description.ts";
export type { Delivery } from "./consumer/deliveries.ts";
export { type MockConsumer, type MockConsumerOptions, mockConsumer } from "./consumer/mock-consumer.ts";
export type { Aim, Delay, Failure, Faults, Times } from "./faults.ts";
export { MockError, type MockErrorCode } from "./mock-error.ts";
