import {
  contractEventType,
  type EventFamily,
  type EventFamilyDescriptor,
  eventFamilies,
} from "@convergint/schemas";
import type { Evidence } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { findPublished } from "../evidence/match-deliveries.ts";
import { entriesOf, eventsOf, isObject, type JsonObject, memberOf, textOf } from "../evidence/read.ts";
import type { FamilyOccurrence } from "../evidence/resilience-evidence.ts";
import { type Check, check } from "./check.ts";
import { type Finding, judgeEach, type Problem, show } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";
import { findEventTypeFailure } from "./schema-failures.ts";

type Families = Evidence["families"];

/** The first and last event type of each sequence of paired events, and the member that pairs the events. */
export const ENDINGS = eventFamilies.flatMap(({ sequences, pairedBy }: EventFamilyDescriptor) =>
  sequences.flatMap((sequence) => {
    const [begin, end] = [sequence.at(0)?.type, sequence.at(-1)?.type];
    return pairedBy && begin && end ? [{ begin, end, name: pairedBy }] : [];
  }),
);

type Parts = Pick<Evidence, "families"> & Partial<Pick<Evidence, "devices">>;

/**
 * Returns why an event names a wrong device; `null` if the event names the requested device or no device. A
 * device such as a reader may report an event of another device, such as a door. The event then names the
 * other device.
 */
function findDeviceProblem({ occurrence, event }: RequestedEvent, devices: Parts["devices"]): Problem | null {
  const named = textOf(memberOf(event, "data"), "device_id");
  if (named === null || named === occurrence.deviceId || !devices) return null;
  const types = new Map(
    entriesOf(devices.listing).map(({ value }) => [textOf(value, "device_id"), textOf(value, "type")]),
  );
  const concerned: readonly string[] = contractEventType(occurrence.type)?.deviceTypes ?? [];
  const type = types.get(named) ?? "";
  if (concerned.includes(type) && type !== types.get(occurrence.deviceId)) return null;
  return {
    where: "/data/device_id",
    expected: `${show(occurrence.deviceId)}, the device that published the event, or a listed ${concerned.join(" or ")} that the event concerns`,
    actual: `${show(named)}, ${types.has(named) ? `a device of type ${show(type)}` : "which the inventory does not list"}`,
    hint: NAME_THE_DEVICE,
  };
}

export const NAME_THE_DEVICE =
  "In data.device_id and subject, name the device that the event is about. For example, name the camera, not the recorder that reported the event.";

/** An event that the suite requested, with the webhook that arrived for it. */
interface RequestedEvent {
  readonly at: string;
  readonly occurrence: FamilyOccurrence;
  readonly delivery: Delivery | null;
  readonly event: JsonObject | null;
  /** A delivery of the requested type about a device for which the suite requested no event of this type. */
  readonly elsewhere: { readonly id: string; readonly deviceId: string } | null;
}

const findRequested = ({ events, deliveries }: Families, family: EventFamily): RequestedEvent[] =>
  events
    .filter(({ type }) => contractEventType(type)?.family === family)
    .map((occurrence) => {
      const { type, from } = occurrence;
      const published = findPublished(occurrence, deliveries);
      const isRequested = (id: string) =>
        events.some((other) => other.type === type && other.deviceId === id);
      const others = (published ? [] : deliveries.slice(from)).flatMap((delivery) =>
        eventsOf(delivery)
          .filter((event) => event["type"] === type)
          .map((event) => ({
            id: delivery.id,
            deviceId: textOf(memberOf(event, "data"), "device_id") ?? "",
          })),
      );
      return {
        elsewhere: others.find(({ deviceId }) => deviceId !== "" && !isRequested(deviceId)) ?? null,
        at: published?.delivery.id ?? occurrence.command.id,
        occurrence,
        delivery: published?.delivery ?? null,
        event: published?.event ?? null,
      };
    });

/** Returns why a requested event was not posted correctly; `null` if it was posted correctly. */
function findPostingProblem({ occurrence, delivery, event, elsewhere }: RequestedEvent): Problem | null {
  const { type, deviceId, command, waitedSeconds } = occurrence;
  if (command.response?.status !== 202) {
    return {
      expected: `202 with the event's id, because the manifest and the catalogue list ${type} for this device type`,
      actual: describeResponse(command),
      hint: "Make the sandbox publish this event in the same way as for a real device. If you do not send this type, remove it from the manifest and the catalogue.",
    };
  }
  if (delivery === null || event === null) {
    return {
      expected: `a webhook with ${type} for device ${deviceId}`,
      actual: elsewhere
        ? `${elsewhere.id} with data.device_id ${show(elsewhere.deviceId)}, but no webhook for this device`
        : `none in ${waitedSeconds.toFixed(1)} s, although the sandbox reported the event as published`,
      hint: elsewhere
        ? NAME_THE_DEVICE
        : "Post the event to every endpoint registered for the type, or remove the type from the manifest.",
    };
  }
  return findEventTypeFailure(type, { delivery, event });
}

/** Says how the last event of an occurrence names the occurrence. */
export const adviseOnPair = ({ begin, name }: (typeof ENDINGS)[number]): string =>
  `Store the ${name} of the ${begin} event, and send the same ${name} in this event. A consumer uses it to find the occurrence that has ended.`;

/**
 * Returns a failure if the first and the last event of one occurrence have different ids for the occurrence.
 *
 * @param before the events requested before this one, in order
 */
function findPairingProblem(
  before: readonly RequestedEvent[],
  { occurrence, event }: RequestedEvent,
): Problem | null {
  const { type, deviceId } = occurrence;
  const ending = ENDINGS.find(({ end }) => end === type);
  const begun = before.findLast(
    ({ occurrence: other }) => other.deviceId === deviceId && other.type === ending?.begin,
  );
  if (!ending || !begun?.event) return null;
  const { name } = ending;
  const [first, second] = [begun.event, event].map((each) => textOf(memberOf(each, "data"), name));
  return first === second
    ? null
    : {
        where: `/data/${name}`,
        expected: `${show(first)}, as in ${begun.at}, the preceding ${ending.begin}`,
        actual: show(second),
        hint: adviseOnPair(ending),
      };
}

function judgeFamily({ families, devices }: Parts, family: EventFamily): Finding {
  const requested = findRequested(families, family);
  const untried = families.untried.filter(({ type }) => contractEventType(type)?.family === family);
  const finding = judgeEach(
    requested,
    `the manifest lists no event type of the family ${family} with delivery webhook`,
    (each) =>
      findPostingProblem(each) ??
      findDeviceProblem(each, devices) ??
      findPairingProblem(requested.slice(0, requested.indexOf(each)), each),
  );
  const [first] = untried;
  if (finding.outcome === "fail" || first === undefined) return finding;
  return { outcome: "could-not-run", reason: `${first.type}: ${first.reason}` };
}

/** Names of members in which vendors leak credentials that open doors. */
const LEAKING_NAME =
  /^(?:card|badge|tag|fob)_?(?:no|nr|num|number|data|raw|serial|csn|uid)$|^(?:pin|pin_?code|passcode|facility_?code|site_?code|wiegand\w*|csn|raw_?(?:card|credential)\w*|\w*template|biometrics?|fingerprint\w*|face_?(?:image|print|data))$/i;
/** A facility code and card number as printed on a card. */
const PRINTED_CARD = /^\d{1,5}\s*[-:/]\s*\d{3,10}$/;

/** Matches a number that a text names as a card number or a PIN. */
const NAMED_NUMBER = /\b(?:card|badge|fob|pin)(?:\s*(?:no\.?|nr\.?|number|code|#|:))*\s*\d[\d\s:/-]{2,}/i;

/** Returns the first member of an event's data that contains a card number, a PIN or a biometric template. */
function findLeak(value: unknown, pointer: string): { where: string; value: unknown } | null {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      const found = findLeak(each, `${pointer}/${index}`);
      if (found) return found;
    }
    return null;
  }
  if (!isObject(value)) return null;
  for (const [name, member] of Object.entries(value)) {
    const where = `${pointer}/${name}`;
    if (member === null || member === undefined) continue;
    if (LEAKING_NAME.test(name)) return { where, value: member };
    const isId = name === "credential_id" || name === "person_id";
    if (isId && typeof member === "string" && PRINTED_CARD.test(member)) return { where, value: member };
    // An id may contain any characters, so an id with a suspicious word is not a leak.
    const isText = typeof member === "string" && !name.endsWith("_id");
    if (isText && NAMED_NUMBER.test(member)) return { where, value: member };
    const deeper = findLeak(member, where);
    if (deeper) return deeper;
  }
  return null;
}

/** Judges that access events contain nothing that opens a door. @param none the reason if there are none */
export const judgeCredentials = (
  events: readonly { readonly at: string; readonly event: JsonObject | null }[],
  none: string,
): Finding =>
  judgeEach(
    events.filter(({ event }) => event !== null),
    none,
    ({ event }) => {
      const found = findLeak(event?.["data"], "/data");
      return (
        found && {
          where: found.where,
          expected: "people and credentials as ids that only the vendor can resolve, such as credential_id",
          actual: `${typeof found.value === "string" ? `a string of ${found.value.length} characters` : typeof found.value}, not shown here because it may open a door`,
          hint: "Send the id of the credential's record in your database instead. Anyone who knows a card number can copy the card.",
        }
      );
    },
  );

const credentialCheck = check("EVT-018", ["families"], ({ families }) =>
  judgeCredentials(findRequested(families, "access"), "no access event arrived; see EVT-017"),
);

/** Further checks of a family, in addition to the check that judges the family's events. */
const FURTHER_CHECKS: Partial<Record<EventFamily, readonly Check[]>> = { access: [credentialCheck] };

export const eventFamilyChecks: readonly Check[] = eventFamilies.flatMap(
  ({ name, requirement, sequences }: EventFamilyDescriptor & { readonly name: EventFamily }) =>
    requirement === null || sequences.length === 0
      ? []
      : [
          check(requirement, ["families"], (parts) => judgeFamily(parts, name)),
          ...(FURTHER_CHECKS[name] ?? []),
        ],
);
