import {
  contractEventType,
  type EventFamily,
  type EventFamilyDescriptor,
  eventFamilies,
} from "@convergint/schemas";
import type { Evidence, FamilyOccurrence } from "../evidence/evidence.ts";
import type { Delivery } from "../evidence/exchange.ts";
import { findPublished } from "../evidence/match-deliveries.ts";
import { eventsOf, isObject, type JsonObject, memberOf, textOf } from "../evidence/read.ts";
import { type Check, check } from "./check.ts";
import { type Failure, type Finding, judgeEach, show } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";
import { findEventTypeFailure } from "./schema-failures.ts";

type Families = Evidence["families"];

/** The first and the last event type of each paired sequence, and the member that pairs them. */
const ENDINGS = eventFamilies.flatMap(({ sequences, pairedBy }: EventFamilyDescriptor) =>
  sequences.flatMap((sequence) => {
    const [begin, end] = [sequence.at(0)?.type, sequence.at(-1)?.type];
    return pairedBy && begin && end ? [{ begin, end, name: pairedBy }] : [];
  }),
);

/** An event that was asked for, with what came of it. */
interface Asked {
  readonly at: string;
  readonly occurrence: FamilyOccurrence;
  readonly delivery: Delivery | null;
  readonly event: JsonObject | null;
  /** A delivery of the type that was about another device instead, of which none was asked for. */
  readonly elsewhere: { readonly id: string; readonly deviceId: string } | null;
}

const askedFor = ({ events, deliveries }: Families, family: EventFamily): Asked[] =>
  events
    .filter(({ type }) => contractEventType(type)?.family === family)
    .map((occurrence) => {
      const { type, from } = occurrence;
      const published = findPublished(occurrence, deliveries);
      const isAsked = (id: string) => events.some((other) => other.type === type && other.deviceId === id);
      const others = (published ? [] : deliveries.slice(from)).flatMap((delivery) =>
        eventsOf(delivery)
          .filter((event) => event["type"] === type)
          .map((event) => ({
            id: delivery.id,
            deviceId: textOf(memberOf(event, "data"), "device_id") ?? "",
          })),
      );
      return {
        elsewhere: others.find(({ deviceId }) => deviceId !== "" && !isAsked(deviceId)) ?? null,
        at: published?.delivery.id ?? occurrence.command.id,
        occurrence,
        delivery: published?.delivery ?? null,
        event: published?.event ?? null,
      };
    });

/** What keeps an event from having been posted as it should, or `null`. */
function unposted({ occurrence, delivery, event, elsewhere }: Asked): Omit<Failure, "at"> | null {
  const { type, deviceId, command, waitedSeconds } = occurrence;
  if (command.response?.status !== 202) {
    return {
      expected: `202 with the event's id: the manifest and the catalogue list ${type} for the device's type`,
      actual: describeResponse(command),
      hint: "Publish it as a real device's would be, or take the type out of the manifest and the catalogue.",
    };
  }
  if (delivery === null || event === null) {
    return {
      expected: `a webhook with ${type} of device ${deviceId}`,
      actual: elsewhere
        ? `${elsewhere.id}, whose data.device_id is ${show(elsewhere.deviceId)}, and none about that device`
        : `none in ${waitedSeconds.toFixed(1)} s, and the sandbox said that it was published`,
      hint: elsewhere
        ? "Name the device that it happened to, in data.device_id and in subject: the camera, say, and not the recorder that reported it."
        : "Post it to every endpoint that is registered for the type, or take it out of the manifest.",
    };
  }
  return findEventTypeFailure(type, { delivery, event });
}

/** What ends must be what began at that device before. @param before what was asked for before it, in order */
function unpaired(before: readonly Asked[], { occurrence, event }: Asked): Omit<Failure, "at"> | null {
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
        expected: `${show(first)}, as in ${begun.at}, the ${ending.begin} before it`,
        actual: show(second),
        hint: `Keep the ${name} of the ${ending.begin} and give it again: by it the consumer knows what is over.`,
      };
}

function judgeFamily(families: Families, family: EventFamily): Finding {
  const asked = askedFor(families, family);
  const untried = families.untried.filter(({ type }) => contractEventType(type)?.family === family);
  const finding = judgeEach(
    asked,
    `the manifest lists no event of the family ${family} that is posted`,
    (each) => unposted(each) ?? unpaired(asked.slice(0, asked.indexOf(each)), each),
  );
  const [first] = untried;
  if (finding.outcome === "fail" || first === undefined) return finding;
  return { outcome: "could-not-run", reason: `${first.type}: ${first.reason}` };
}

/** Members by which vendors give away what opens a door. */
const TELLTALE =
  /^(?:card|badge|tag|fob)_?(?:no|nr|num|number|data|raw|serial|csn|uid)$|^(?:pin|pin_?code|passcode|facility_?code|site_?code|wiegand\w*|csn|raw_?(?:card|credential)\w*|\w*template|biometrics?|fingerprint\w*|face_?(?:image|print|data))$/i;
/** A facility code and a card number as they stand on a card. */
const PRINTED_CARD = /^\d{1,5}\s*[-:/]\s*\d{3,10}$/;

/** The first member in an event's data that names a card's number, a PIN or a template, with its pointer. */
function givenAway(value: unknown, pointer: string): { where: string; value: unknown } | null {
  if (Array.isArray(value)) {
    for (const [index, each] of value.entries()) {
      const found = givenAway(each, `${pointer}/${index}`);
      if (found) return found;
    }
    return null;
  }
  if (!isObject(value)) return null;
  for (const [name, member] of Object.entries(value)) {
    const where = `${pointer}/${name}`;
    if (member === null || member === undefined) continue;
    if (TELLTALE.test(name)) return { where, value: member };
    const isId = name === "credential_id" || name === "person_id";
    if (isId && typeof member === "string" && PRINTED_CARD.test(member)) return { where, value: member };
    const deeper = givenAway(member, where);
    if (deeper) return deeper;
  }
  return null;
}

const credentialCheck = check("EVT-018", ["families"], ({ families }) =>
  judgeEach(
    askedFor(families, "access").filter(({ event }) => event !== null),
    "no access event came; see EVT-017",
    ({ event }) => {
      const found = givenAway(event?.["data"], "/data");
      return (
        found && {
          where: found.where,
          expected: "people and credentials by ids that only the vendor can look up, such as credential_id",
          actual: `${typeof found.value === "string" ? `a text of ${found.value.length} characters` : typeof found.value}: what opens a door must not be shown here either`,
          hint: "Send the id of the credential's record in your database. Whoever reads a card's number can copy the card.",
        }
      );
    },
  ),
);

/** The checks that a family has apart from the one of its own events. */
const FURTHER_CHECKS: Partial<Record<EventFamily, readonly Check[]>> = { access: [credentialCheck] };

export const eventFamilyChecks: readonly Check[] = eventFamilies.flatMap(
  ({ name, requirement, sequences }: EventFamilyDescriptor & { readonly name: EventFamily }) =>
    requirement === null || sequences.length === 0
      ? []
      : [
          check(requirement, ["families"], ({ families }) => judgeFamily(families, name)),
          ...(FURTHER_CHECKS[name] ?? []),
        ],
);
