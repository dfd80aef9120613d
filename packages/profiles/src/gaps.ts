import type { Profile } from "./read-profile.ts";
import { compileSignature } from "./webhooks/signature.ts";

/** A part of the contract that a vendor lacks and a profile cannot add. */
export interface Gap {
  /** The profile of the contract that asks for it. */
  readonly profile: "inventory" | "health" | "resilience";
  /** What the vendor lacks. */
  readonly lacks: string;
  /** The practical cost of the gap. */
  readonly cost: string;
}

const gap = (profile: Gap["profile"], lacks: string, cost: string): Gap => ({ profile, lacks, cost });

function* inventoryGaps({ document: { inventory } }: Profile): Generator<Gap> {
  if (inventory === undefined) {
    yield gap("inventory", "an inventory that the profile describes", "Devices are known only from events.");
    return;
  }
  const styles = new Set(Object.values(inventory.requests).map(({ paging }) => paging.style));
  if (styles.has("page") || styles.has("offset"))
    yield gap(
      "inventory",
      "pages that all show one moment (numbered pages do not)",
      "If devices are added or removed while the list is read, pages repeat or skip devices. The list is read again until its counts agree; until then, no device is removed.",
    );
  yield gap("inventory", "incremental sync", "Every sync reads the whole inventory.");
  const lacks = (field: string) => inventory.devices.some(({ fields }) => fields[field] === undefined);
  if (lacks("status"))
    yield gap(
      "inventory",
      "the status of every device",
      "Some devices have no status until an event reports it.",
    );
  if (lacks("status_observed_at") && lacks("last_seen_at"))
    yield gap(
      "inventory",
      "the time of a status (status_observed_at or last_seen_at)",
      "A stale status looks like a new one, and is ordered by the time at which the inventory was read.",
    );
  if (lacks("mac_addresses"))
    yield gap(
      "inventory",
      "the MAC address of every device",
      "Devices cannot be matched with a network scan.",
    );
}

function* healthGaps({ document: { webhooks } }: Profile): Generator<Gap> {
  if (webhooks === undefined || webhooks.signature === null) {
    const lacks = webhooks === undefined ? "webhooks" : "signed webhooks";
    yield gap("health", lacks, "An outage is noticed only at the next poll.");
    return;
  }
  if (!webhooks.events.some(({ type }) => type === "com.convergint.device.status_changed.v1"))
    yield gap("health", "events about the status of devices", "An outage is noticed only at the next poll.");
  const { hasTimestamp, coversTimestamp } = compileSignature(webhooks.signature);
  if (!coversTimestamp)
    yield gap(
      "health",
      hasTimestamp ? "a signature that covers the timestamp" : "a signed timestamp",
      "A captured delivery can be replayed at any time. Duplicates are recognised only while their event ids are kept.",
    );
  if (
    webhooks.signature.algorithm === "secret_in_body" ||
    webhooks.signature.algorithm === "secret_in_header"
  )
    yield gap(
      "health",
      "a signature",
      "Deliveries carry the secret itself: a party that sees one can forge others.",
    );
  const derives = [webhooks.id, ...webhooks.events.map(({ id }) => id)].some(
    (id) => id !== undefined && "derived" in id,
  );
  if (derives)
    yield gap("health", "ids of events", "Two equal events of one device at the same time count as one.");
  if (
    webhooks.fields["site_id"] === undefined &&
    webhooks.events.some(({ fields }) => fields["site_id"] === undefined)
  )
    yield gap(
      "health",
      "the site of an event",
      "An event of a device that no inventory has listed yet cannot be assigned to a site.",
    );
  yield gap(
    "health",
    "management of webhook endpoints by API",
    "A person enters the URL and the secret in the vendor's console, and rotates the secret there.",
  );
}

function* resilienceGaps({ document: { webhooks } }: Profile): Generator<Gap> {
  yield gap(
    "resilience",
    "backfill of missed events",
    "After an outage that is longer than the vendor's retries, the next poll corrects the statuses; all other events of that time are lost.",
  );
  if (webhooks !== undefined)
    yield gap(
      "resilience",
      "a guaranteed time for which deliveries are retried",
      "It is unknown how long an outage may last before events are lost. Poll more often than the vendor's retries last.",
    );
}

/**
 * Lists what a vendor lacks for the profiles of the contract even through its profile, with the practical cost of each.
 *
 * @returns nothing for a vendor that implements the contract
 * @see spec/1.0/contract.md#profiles
 */
export function describeGaps(profile: Profile): readonly Gap[] {
  if (profile.document.canonical === true) return [];
  return [...inventoryGaps(profile), ...healthGaps(profile), ...resilienceGaps(profile)];
}
