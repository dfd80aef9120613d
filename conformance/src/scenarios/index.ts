import { changingInventory } from "./changes/changing-inventory.ts";
import { completeness } from "./changes/completeness.ts";
import { conditional } from "./changes/conditional.ts";
import { installation, installationEvents } from "./changes/installation.ts";
import { outOfContact } from "./changes/out-of-contact.ts";
import { sync } from "./changes/sync.ts";
import { catalogue, credentials, manifest, oauth, withdrawn } from "./discovery.ts";
import { earlier } from "./earlier.ts";
import { endpoints } from "./events/endpoints.ts";
import { families } from "./events/families.ts";
import { health, heartbeats } from "./events/health.ts";
import { lifecycle } from "./events/lifecycle.ts";
import { observation } from "./events/observation.ts";
import { otherTenant } from "./events/other-tenant.ts";
import { production } from "./events/production.ts";
import { sandbox } from "./events/sandbox.ts";
import { subscriptions } from "./events/subscriptions.ts";
import { filters } from "./inventory/filters.ts";
import { isolation } from "./inventory/isolation.ts";
import { lookups } from "./inventory/lookups.ts";
import { devices, orgs, sites } from "./inventory/orgs-and-sites.ts";
import { limits, paging } from "./inventory/paging.ts";
import { backfill } from "./resilience/backfill.ts";
import { batches } from "./resilience/batches.ts";
import { outage } from "./resilience/outage.ts";
import { retries, slowAnswer } from "./resilience/retries.ts";
import type { Scenario } from "./scenario.ts";
import { signedTokens } from "./signed-tokens.ts";

/** All scenarios in order of execution: each comes after the scenarios whose evidence it needs. */
export const scenarios: readonly Scenario[] = [
  manifest,
  credentials,
  signedTokens,
  orgs,
  sites,
  devices,
  earlier,
  paging,
  limits,
  filters,
  lookups,
  isolation,
  withdrawn,
  catalogue,
  conditional,
  installation,
  changingInventory,
  sync,
  outOfContact,
  completeness,
  observation,
  endpoints,
  health,
  lifecycle,
  subscriptions,
  batches,
  otherTenant,
  sandbox,
  production,
  oauth,
  families,
  heartbeats,
  installationEvents,
  retries,
  outage,
  backfill,
  slowAnswer,
];
