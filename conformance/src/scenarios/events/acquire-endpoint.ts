import type { Evidence, ManagedEndpoints } from "../../evidence/evidence.ts";
import type { Exchange } from "../../evidence/exchange.ts";
import { declares } from "../../evidence/manifest.ts";
import { objectOf, textOf } from "../../evidence/read.ts";
import type { WatchedEndpoint } from "../../evidence/resilience-evidence.ts";
import type { AnswerProgramme } from "../../harness/programmed-answer.ts";
import { CannotDriveError, type Drive } from "../scenario.ts";
import { endpointUrl, NO_ENDPOINT, register } from "./endpoints.ts";

/** An endpoint at which a scenario gets events. */
export interface AcquiredEndpoint {
  /** A destination that starts empty: nothing that arrived earlier is listed there. */
  readonly destination: string;
  /** The registration; absent if the endpoint was registered by hand. */
  readonly created?: Exchange;
  /** The signing secret; absent if the vendor returned none. */
  readonly secret?: string;
  /**
   * The destination of the endpoint that was registered by hand and is lent here; absent if the suite registered the
   * endpoint itself.
   */
  readonly borrowedFrom?: string;
}

/** How a scenario wants its endpoint. */
export interface EndpointOptions {
  /** The response to each attempt at a delivery. Default: accepts every attempt. */
  readonly programme?: AnswerProgramme;
  /** The target of redirects. */
  readonly redirectTo?: string;
  /** Which endpoint the scenario gets, if two were registered by hand. Default: the second. */
  readonly lend?: "first" | "second";
}

/** Tells whether the vendor has an API for webhook endpoints. */
export const managesEndpoints = (discovery: Evidence["discovery"] | undefined): boolean =>
  discovery !== undefined && declares(objectOf(discovery.manifest), "webhooks.endpoint_management");

/** Tells whether a run uses the endpoints that were registered by hand. The vendor's API has precedence. */
export const usesHandRegistered = (
  discovery: Evidence["discovery"],
  { handRegistered }: Pick<Drive, "handRegistered">,
): boolean => handRegistered.length > 0 && !managesEndpoints(discovery);

/** Requires that the suite registered the endpoints itself. @throws {CannotDriveError} */
export function requireManaged(endpoints: Evidence["endpoints"]): asserts endpoints is ManagedEndpoints {
  if (endpoints.created === undefined)
    throw new CannotDriveError("the endpoints of this run were registered by hand");
}

/**
 * Gets an endpoint for a scenario: registers a new one by the vendor's API, or lends one that was registered by hand. Every
 * scenario that waits for events gets its endpoint here.
 *
 * @throws {CannotDriveError} if the vendor has no API for endpoints, and none was registered by hand
 */
export async function acquireEndpoint(
  discovery: Evidence["discovery"],
  drive: Drive,
  { programme, redirectTo, lend = "second" }: EndpointOptions = {},
): Promise<AcquiredEndpoint> {
  const { receiver, reports, handRegistered } = drive;
  if (managesEndpoints(discovery)) {
    const destination = receiver.destination(programme, redirectTo);
    const created = await register(discovery, destination, drive);
    const secret = textOf(objectOf(created), "secret");
    return { destination, created, ...(secret !== null && { secret }) };
  }
  const [first, second = first] = handRegistered;
  const lent = lend === "first" ? first : second;
  if (!lent) throw new CannotDriveError(NO_ENDPOINT);
  const destination = receiver.lend(lent.destination, programme, redirectTo);
  // A vendor may pause an endpoint that fails, so its events may be late until the loan ends.
  if (programme) reports.remove(lent.destination);
  return { destination, secret: lent.secret, borrowedFrom: lent.destination };
}

/** Records what has arrived at an endpoint. */
export const recordEndpoint = (
  { destination, created, secret }: AcquiredEndpoint,
  { receiver }: Pick<Drive, "receiver">,
): WatchedEndpoint => ({
  // The registration has the secret.
  ...(created ? { created } : { secret: secret ?? "" }),
  deliveries: [...receiver.deliveriesTo(destination)],
});

/**
 * Removes an endpoint before the end of the run, or ends its loan. Otherwise the vendor posts every event of the later
 * scenarios to the endpoint too.
 */
export async function releaseEndpoint(
  discovery: Evidence["discovery"],
  { destination, created, borrowedFrom }: AcquiredEndpoint,
  { recorder, receiver, reports }: Drive,
): Promise<void> {
  if (borrowedFrom !== undefined) {
    receiver.endLoan(destination);
    reports.add(borrowedFrom);
    return;
  }
  const url = created ? endpointUrl(discovery, created) : null;
  reports.remove(destination);
  if (url) await recorder.call({ purpose: "remove the webhook endpoint", method: "DELETE", url });
}
