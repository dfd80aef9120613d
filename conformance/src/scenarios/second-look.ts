import type { Evidence, PartName } from "../evidence/evidence.ts";
import type { Listing } from "../evidence/exchange.ts";
import { agreesWithAll, compareStatusesAtEnd } from "../evidence/status-agreement.ts";
import { readAfterEvents, readListing } from "../harness/listing.ts";
import { apiUrl } from "./api.ts";

import { catalogue, credentials, manifest } from "./discovery.ts";
import { offlineAndBack } from "./events/health.ts";
import { collectDeliveries } from "./events/lifecycle.ts";
import { devicesToChange } from "./events/sandbox-device.ts";
import { patienceOf } from "./events/status-change.ts";
import { filters } from "./inventory/filters.ts";
import { isolation } from "./inventory/isolation.ts";
import { lookups } from "./inventory/lookups.ts";
import { devices, orgs, sites } from "./inventory/orgs-and-sites.ts";
import { paging } from "./inventory/paging.ts";
import { requireWebhooks, type Scenario, scenario } from "./scenario.ts";

/** Scenarios that can run a second time without any change. */
const REPEATED: readonly Scenario[] = [
  manifest,
  credentials,
  orgs,
  sites,
  devices,
  paging,
  filters,
  lookups,
  isolation,
  catalogue,
];

/** Takes one more device offline and online, and records all deliveries to the first endpoints. */
function stillPosted({ endpoints, health, lifecycle }: Evidence): readonly Scenario[] {
  return [
    scenario("endpoints", "Keep the endpoints", [], async () => endpoints),
    scenario(
      "health",
      "Take a device offline and online again",
      ["discovery", "devices", "endpoints"],
      async (evidence, drive) => {
        requireWebhooks(health);
        const [device] = devicesToChange(evidence.discovery, evidence.devices, drive);
        return offlineAndBack([device], evidence, drive);
      },
    ),
    scenario(
      "lifecycle",
      "Collect the deliveries to the first endpoints",
      ["discovery", "devices", "health"],
      async ({ discovery, ...evidence }, drive) => {
        const { receiver, recorder, signal } = drive;
        const grown = (): Evidence["lifecycle"] => ({
          ...lifecycle,
          ...collectDeliveries(endpoints, receiver),
        });
        // The last webhooks may not have arrived yet. Only the latest event of each device counts, so an
        // older event does not end this wait.
        const waitForEventsOf = (listing?: Listing) => {
          const agree = () => {
            const atEnd = { ...grown(), ...(listing && { listedAfter: listing }) };
            const parts = { ...evidence, lifecycle: atEnd };
            return compareStatusesAtEnd({ parts, missing: {} }, endpoints).every(({ agrees }) => agrees);
          };
          return receiver.waitUntil(endpoints.destination, agree, { seconds: patienceOf(discovery), signal });
        };
        await waitForEventsOf();
        const atEnd = grown();
        if (agreesWithAll(atEnd.deliveries, evidence.devices.listing)) return atEnd;
        // The listing was read before the last events, and may describe an earlier moment.
        const { limit } = evidence.devices.listing;
        const list = () =>
          readListing(recorder, {
            purpose: "list all devices after the last webhook",
            url: apiUrl(discovery, "/v1/devices"),
            ...(limit !== null && { limit }),
          });
        const listedAfter = await readAfterEvents(atEnd.deliveries, drive, list);
        await waitForEventsOf(listedAfter);
        return { ...grown(), listedAfter };
      },
    ),
  ];
}

/**
 * Collects the deliveries that arrived at the endpoints of two tenants during the whole run, such as events
 * of other types.
 */
const stillApart = (otherTenant: Evidence["otherTenant"]): Scenario =>
  scenario("otherTenant", "Collect the deliveries to two tenants", [], async (_, { receiver }) => {
    const { destinations } = otherTenant ?? {};
    if (!otherTenant || !destinations) return otherTenant;
    return {
      ...otherTenant,
      deliveries: [...receiver.deliveriesTo(destinations.deliveries)],
      otherDeliveries: [...receiver.deliveriesTo(destinations.otherDeliveries)],
    };
  });

const areIn = (recorded: Partial<Evidence>, ...parts: PartName[]): boolean =>
  parts.every((part) => recorded[part] !== undefined);

/** Returns the recorded scenarios to run again unchanged: a vendor that passed at first may fail later in the run. */
export const repeatedScenarios = (recorded: Partial<Evidence>): readonly Scenario[] =>
  REPEATED.filter(({ part }) => areIn(recorded, part));

/** Returns the last scenarios of a run. They follow the repeated scenarios. */
export const scenariosAtEnd = (recorded: Partial<Evidence>): readonly Scenario[] => [
  ...(areIn(recorded, "endpoints", "health", "lifecycle") ? stillPosted(recorded as Evidence) : []),
  ...(recorded.otherTenant === undefined ? [] : [stillApart(recorded.otherTenant)]),
];

/** Returns all scenarios of the second look. */
export const closingScenarios = (recorded: Partial<Evidence>): readonly Scenario[] => [
  ...repeatedScenarios(recorded),
  ...scenariosAtEnd(recorded),
];
