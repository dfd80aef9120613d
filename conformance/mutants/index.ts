import { accessTokenMutants } from "./access-tokens.ts";
import { authenticationMutants } from "./authentication.ts";
import { backfillMutants } from "./backfill.ts";
import { batchMutants } from "./batches.ts";
import { conditionalRequestMutants } from "./conditional-requests.ts";
import { deliveryMutants } from "./delivery.ts";
import { deviceMutants } from "./devices.ts";
import { discoveryMutants } from "./discovery.ts";
import { errorMutants } from "./errors.ts";
import { eventCatalogueMutants } from "./event-catalogue.ts";
import { eventFamilyMutants } from "./event-families.ts";
import { eventIdentityMutants } from "./event-identity.ts";
import { eventMutants } from "./events.ts";
import { incrementalSyncMutants } from "./incremental-sync.ts";
import { installationMutants } from "./installations.ts";
import { inventoryMutants } from "./inventory.ts";
import { isolationMutants } from "./isolation.ts";
import { lostEventMutants } from "./lost-events.ts";
import { orgAndSiteMutants } from "./orgs-and-sites.ts";
import { paginationMutants } from "./pagination.ts";
import { pollingMutants } from "./polling.ts";
import { receivingMutants } from "./receiving.ts";
import { retryScheduleMutants } from "./retry-schedule.ts";
import { sandboxControlMutants } from "./sandbox-control.ts";
import { secretRotationMutants } from "./secret-rotation.ts";
import { signatureMutants } from "./signatures.ts";
import { signedTokenMutants } from "./signed-tokens.ts";
import type { ReceiverMutants } from "./subjects/reference-receiver.ts";
import type { VendorMutants } from "./subjects/vendor-mutant.ts";
import { webhookEndpointMutants } from "./webhook-endpoints.ts";

/** Every mutant of the reference vendor, by name, in the order of the checks. */
export const vendorMutants: VendorMutants = {
  ...discoveryMutants,
  ...authenticationMutants,
  ...accessTokenMutants,
  ...signedTokenMutants,
  ...isolationMutants,
  ...errorMutants,
  ...paginationMutants,
  ...orgAndSiteMutants,
  ...inventoryMutants,
  ...incrementalSyncMutants,
  ...conditionalRequestMutants,
  ...installationMutants,
  ...deviceMutants,
  ...eventCatalogueMutants,
  ...eventMutants,
  ...eventIdentityMutants,
  ...eventFamilyMutants,
  ...signatureMutants,
  ...secretRotationMutants,
  ...retryScheduleMutants,
  ...deliveryMutants,
  ...lostEventMutants,
  ...batchMutants,
  ...backfillMutants,
  ...webhookEndpointMutants,
  ...sandboxControlMutants,
};

/** Every mutant of the reference receiver, by name, in the order of the checks. */
export const receiverMutants: ReceiverMutants = {
  ...receivingMutants,
  ...pollingMutants,
};
