import type { Evidence } from "../../evidence/evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { objectOf, textOf } from "../../evidence/read.ts";
import { dateOf } from "../../harness/clock.ts";
import { apiUrl, segment } from "../api.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";
import { waitForFirstDelivery } from "./first-delivery.ts";

/** Destinations that no vendor may deliver to: its own network, its hosts' metadata service, and plain HTTP. */
const FORBIDDEN = [
  "https://10.0.0.1/hook",
  "https://169.254.169.254/hook",
  "https://[fd00::1]/hook",
  "http://hooks.convergint.example/hook",
];

/** Returns the URL of a registered endpoint, or `null` if the registration returned no id. */
export function endpointUrl(discovery: Evidence["discovery"], created: Exchange, action = ""): URL | null {
  const id = textOf(objectOf(created), "endpoint_id");
  return id === null ? null : apiUrl(discovery, `/v1/webhook-endpoints/${segment(id)}${action}`);
}

/** Says how to get an endpoint at a vendor without an API for endpoints. */
export const NO_ENDPOINT =
  "the manifest does not declare webhooks.endpoint_management. Register a URL that leads to the suite's receiver in the vendor's console, and pass it with --endpoint-url and --webhook-secret";

/** What an endpoint subscribes to. Default: everything. */
export interface Subscription {
  readonly org_id?: string;
  readonly event_types?: readonly string[];
}

/** Registers a destination as an endpoint, and removes it at the end of the run. */
export async function register(
  discovery: Evidence["discovery"],
  destination: string,
  { recorder, reports, receiver, afterwards }: Drive,
  subscription: Subscription = {},
): Promise<Exchange> {
  const created = await recorder.call({
    purpose: "register a webhook endpoint",
    method: "POST",
    url: apiUrl(discovery, "/v1/webhook-endpoints"),
    json: { url: destination, ...subscription },
  });
  const url = endpointUrl(discovery, created);
  if (url !== null) {
    if (Object.keys(subscription).length === 0 && receiver.acceptsAll(destination)) reports.add(destination);
    afterwards((cleaner) => cleaner.call({ purpose: "remove the webhook endpoint", method: "DELETE", url }));
  }
  return created;
}

/** Begins to collect what arrives at the endpoints that were registered by hand. */
async function watchHandRegistered(
  evidence: Pick<Evidence, "discovery" | "devices">,
  drive: Drive,
): Promise<Evidence["endpoints"]> {
  const { handRegistered, reports, clock } = drive;
  const [first, second] = handRegistered;
  if (!first) throw new CannotDriveError(NO_ENDPOINT);
  for (const { destination } of handRegistered) reports.add(destination);
  await waitForFirstDelivery(evidence, drive);
  return {
    destination: first.destination,
    otherDestination: second?.destination ?? null,
    secrets: handRegistered.map(({ secret }) => secret),
    since: dateOf(clock).toISOString(),
  };
}

/** Registers two webhook endpoints, tries forbidden destinations, and lists the endpoints. */
export const endpoints = scenario(
  "endpoints",
  "Register webhook endpoints",
  ["discovery", "orgs", "devices"],
  async ({ discovery, devices }, drive) => {
    if (!declares(objectOf(discovery.manifest), "webhooks.endpoint_management"))
      return watchHandRegistered({ discovery, devices }, drive);
    const [destination, otherDestination] = [drive.receiver.destination(), drive.receiver.destination()];
    const list = () =>
      drive.recorder.call({
        purpose: "list the webhook endpoints",
        url: apiUrl(discovery, "/v1/webhook-endpoints"),
      });
    const page = (when: string) =>
      drive.recorder.call({
        purpose: `list devices ${when} the first endpoint is registered`,
        url: apiUrl(discovery, "/v1/devices", { limit: "500" }),
      });
    const beforehand = { listed: await list(), before: await page("before") };
    const created = await register(discovery, destination, drive);
    const first = { ...beforehand, after: await page("after") };
    const otherCreated = await register(discovery, otherDestination, drive);
    const removeAtOnce = async (accepted: Exchange) => {
      const url = endpointUrl(discovery, accepted);
      if (url) await drive.recorder.call({ purpose: "remove it", method: "DELETE", url });
    };
    const again = drive.receiver.destination();
    const twice = [await register(discovery, again, drive), await register(discovery, again, drive)];
    drive.reports.remove(again);
    for (const each of twice) await removeAtOnce(each);
    const forbidden = [];
    for (const url of FORBIDDEN) {
      const accepted = await register(discovery, url, drive);
      forbidden.push(accepted);
      // Remove the endpoint immediately, so that no later event is posted to the endpoint.
      await removeAtOnce(accepted);
    }
    return {
      ...{ destination, created, otherDestination, otherCreated, twice, first },
      listed: await list(),
      forbidden,
    };
  },
  {
    changes: "endpoints",
    // An endpoint at which nothing has arrived needs a change, so that a vendor that paused it tries it again.
    byHand: ({ discovery }) =>
      discovery && declares(objectOf(discovery.manifest), "webhooks.endpoint_management") ? 0 : 2,
  },
);
