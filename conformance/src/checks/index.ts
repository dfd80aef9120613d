import { accessTokenChecks } from "./access-tokens.ts";
import { authenticationChecks } from "./authentication.ts";
import { backfillChecks } from "./backfill.ts";
import { batchChecks } from "./batches.ts";
import type { Check } from "./check.ts";
import { conditionalRequestChecks } from "./conditional-requests.ts";
import { deliveryChecks } from "./delivery.ts";
import { deviceChecks } from "./devices.ts";
import { discoveryChecks } from "./discovery.ts";
import { errorChecks } from "./errors.ts";
import { eventCatalogueChecks } from "./event-catalogue.ts";
import { eventFamilyChecks } from "./event-families.ts";
import { eventIdentityChecks } from "./event-identity.ts";
import { eventChecks } from "./events.ts";
import { incrementalSyncChecks } from "./incremental-sync.ts";
import { installationChecks } from "./installations.ts";
import { inventoryChecks } from "./inventory.ts";
import { isolationChecks } from "./isolation.ts";
import { lostEventChecks } from "./lost-events.ts";
import { orgAndSiteChecks } from "./orgs-and-sites.ts";
import { paginationChecks } from "./pagination.ts";
import { pollingChecks } from "./polling.ts";
import { receivingChecks } from "./receiving.ts";
import { retryScheduleChecks } from "./retry-schedule.ts";
import { sandboxControlChecks } from "./sandbox-control.ts";
import { secretRotationChecks } from "./secret-rotation.ts";
import { signatureChecks } from "./signatures.ts";
import { signedTokenChecks } from "./signed-tokens.ts";
import { webhookEndpointChecks } from "./webhook-endpoints.ts";

/** All checks, one per requirement, in the contract's order. */
export const checks: readonly Check[] = [
  ...discoveryChecks,
  ...authenticationChecks,
  ...accessTokenChecks,
  ...signedTokenChecks,
  ...isolationChecks,
  ...errorChecks,
  ...paginationChecks,
  ...orgAndSiteChecks,
  ...inventoryChecks,
  ...incrementalSyncChecks,
  ...conditionalRequestChecks,
  ...installationChecks,
  ...deviceChecks,
  ...eventCatalogueChecks,
  ...eventChecks,
  ...eventIdentityChecks,
  ...eventFamilyChecks,
  ...signatureChecks,
  ...secretRotationChecks,
  ...retryScheduleChecks,
  ...deliveryChecks,
  ...lostEventChecks,
  ...batchChecks,
  ...backfillChecks,
  ...webhookEndpointChecks,
  ...sandboxControlChecks,
  ...receivingChecks,
  ...pollingChecks,
];
