import { show } from "../checks/finding.ts";
import type { Listing } from "../evidence/exchange.ts";
import {
  entriesOf,
  hardwareOf,
  type IdName,
  isSuccess,
  type JsonObject,
  objectOf,
  textOf,
} from "../evidence/read.ts";
import { collectTraffic } from "../evidence/traffic.ts";
import { type Compared, type Difference, type Side, type Snapshot, sideOf } from "./snapshot.ts";

const KINDS = [
  { part: "orgs", name: "org_id", noun: "org" },
  { part: "sites", name: "site_id", noun: "site" },
  { part: "devices", name: "device_id", noun: "device" },
] as const;

type Kind = (typeof KINDS)[number];

/** One org, site or device of a listing, with its place. */
interface Known {
  readonly id: string;
  readonly value: JsonObject;
  readonly side: Side;
}

/** Returns the complete listing of a kind: at the end of the older run, at the start of the newer run. */
function listingOf({ parts }: Snapshot, { part }: Kind, when: "first" | "last"): Listing | null {
  const first = parts[part]?.listing;
  const last = parts.closing?.parts[part]?.listing;
  const listing = when === "last" ? (last ?? first) : (first ?? last);
  return listing?.end === "last_page" ? listing : null;
}

function knownIn(snapshot: Snapshot, kind: Kind, when: "first" | "last"): Map<string, Known> {
  const listing = listingOf(snapshot, kind, when);
  return new Map(
    (listing ? entriesOf(listing) : []).flatMap(({ at, pointer, value }) => {
      const id = textOf(value, kind.name);
      if (id === null) return [];
      const side = sideOf(snapshot, at, `${pointer}/${kind.name}`, `${show(id)}, ${show(value["name"])}`);
      return [[id, { id, value, side }] as const];
    }),
  );
}

/**
 * Indexes the objects of a kind by their descriptions. A description that two objects share identifies
 * neither, so it is left out.
 */
function byDescription(known: ReadonlyMap<string, Known>, describe: (value: JsonObject) => string | null) {
  const grouped = Map.groupBy(known.values(), ({ value }) => describe(value));
  return new Map(
    [...grouped].flatMap(([text, [one, ...others]]) =>
      text === null || !one || others.length > 0 ? [] : [[text, one] as const],
    ),
  );
}

/**
 * Describes an object by members that do not depend on ids; `null` if these members do not identify the
 * object.
 */
function describe({ name: idName }: Kind, value: JsonObject): string | null {
  const name = textOf(value, "name");
  if (name === null) return null;
  if (idName === "org_id") return name;
  if (idName === "site_id") return JSON.stringify([name, value["address"], value["coordinates"]]);
  const hardware = hardwareOf(value);
  return hardware === null ? null : JSON.stringify([name, hardware]);
}

/** Returns the names and hardware of the devices with this value of `org_id` or `site_id`. */
function devicesIn(devices: ReadonlyMap<string, Known>, name: IdName, id: string): Set<string> {
  return new Set(
    [...devices.values()].flatMap(({ value }) => {
      const described = value[name] === id ? describe(KINDS[2], value) : null;
      return described === null ? [] : [described];
    }),
  );
}

/** Compares the ids that one kind of object had with the ids that the same objects have now. */
function compareKind(kind: Kind, older: Snapshot, newer: Snapshot): Compared {
  const before = knownIn(older, kind, "last");
  const after = knownIn(newer, kind, "first");
  if (before.size === 0 || after.size === 0)
    return { differences: [], doubts: [`no complete listing of ${kind.part} in both bundles`], compared: 0 };
  const [devicesBefore, devicesAfter] = [knownIn(older, KINDS[2], "last"), knownIn(newer, KINDS[2], "first")];
  /**
   * A name can be given to another org or site. So an org or site counts as the same only if it still has its
   * devices.
   */
  const isSame = (was: Known, is: Known): boolean => {
    if (kind.name === "device_id") return true;
    const [had, has] = [
      devicesIn(devicesBefore, kind.name, was.id),
      devicesIn(devicesAfter, kind.name, is.id),
    ];
    const left = devicesIn(devicesAfter, kind.name, was.id);
    const isIn = (devices: ReadonlySet<string>) => [...had].some((device) => devices.has(device));
    return isIn(has) && !isIn(left);
  };
  const described = byDescription(after, (value) => describe(kind, value));
  const matched = [...byDescription(before, (value) => describe(kind, value))].flatMap(([text, was]) => {
    const is = described.get(text);
    return is && (is.id === was.id || isSame(was, is)) ? [{ was, is }] : [];
  });
  const moved = matched.filter(({ was, is }) => was.id !== is.id);
  const reused = moved.flatMap(({ was, is }): Difference[] => {
    const now = after.get(was.id);
    return now
      ? [
          {
            older: was.side,
            newer: now.side,
            expected: `${show(was.id)} still identifies ${show(was.value["name"])}, or nothing`,
            hint: `The ${kind.noun} of the older run now has the id ${show(is.id)}, and its former id identifies another ${kind.noun}. Store ids; never derive them from a row number, a position or an order.`,
          },
        ]
      : [];
  });
  const others = moved.filter(({ was }) => !after.has(was.id));
  const changed = others.map(
    ({ was, is }): Difference => ({
      older: was.side,
      newer: is.side,
      expected: `the id ${show(was.id)}, as in the older run`,
      hint: `${moved.length} of ${matched.length} ${kind.part} that are in both runs have another id. Store ids; do not create new ids in a migration, an import or a deployment.`,
    }),
  );
  // If one object has a new id, someone may have deleted the object and created it again. If most objects
  // have new ids, this is unlikely.
  const isGeneral = moved.length > 1 && moved.length * 2 > matched.length;
  return {
    differences: [...reused, ...(isGeneral ? changed : []), ...findReplaced(kind, before, after, moved)],
    doubts: isGeneral
      ? []
      : others.map(
          ({ was, is }) =>
            `the ${kind.noun} ${show(was.value["name"])} had the id ${show(was.id)} (${was.side.at} of the older run) and now has ${show(is.id)} (${is.side.at} of the newer run): either its id changed, or it was deleted and created again`,
        ),
    compared: matched.length,
  };
}

/** Finds ids that identified one device and now identify another: of another type, with another name and other hardware. */
function findReplaced(
  kind: Kind,
  before: ReadonlyMap<string, Known>,
  after: ReadonlyMap<string, Known>,
  found: readonly { readonly was: Known }[],
): Difference[] {
  if (kind.name !== "device_id") return [];
  const known = new Set(found.map(({ was }) => was.id));
  return [...before.values()].flatMap((was) => {
    const is = after.get(was.id);
    const isOther = (read: (value: JsonObject) => string | null) => {
      const [one, other] = [read(was.value), is ? read(is.value) : null];
      return one !== null && other !== null && one !== other;
    };
    const member = (name: string) => (value: JsonObject) => textOf(value, name);
    return is &&
      !known.has(was.id) &&
      isOther(member("type")) &&
      isOther(member("name")) &&
      isOther(hardwareOf)
      ? [
          {
            older: was.side,
            newer: is.side,
            expected: `${show(was.id)} identifies the same device in both runs`,
            hint: "The id now belongs to a device with another type, name and serial number. Never give the id of one device to another device, even if the first device no longer exists.",
          },
        ]
      : [];
  });
}

/** Returns the devices that sandbox commands created, by id. */
function createdIn(snapshot: Snapshot): Map<string, Side> {
  return new Map(
    collectTraffic({ parts: snapshot.parts, missing: {} }).exchanges.flatMap((exchange) => {
      const { method, url } = exchange.request;
      const id = textOf(objectOf(exchange), "device_id");
      return method === "POST" && /\/devices$/.test(url) && isSuccess(exchange) && id !== null
        ? [[id, sideOf(snapshot, exchange.id, "/device_id", show(id))] as const]
        : [];
    }),
  );
}

/** Finds ids of the older run's devices that the vendor gave to devices created in the newer run. */
function findReissued(older: Snapshot, newer: Snapshot): Compared {
  const known = new Map([
    ...[...knownIn(older, KINDS[2], "last")].map(([id, { side }]) => [id, side] as const),
    ...createdIn(older),
  ]);
  const created = createdIn(newer);
  return {
    differences: [...created].flatMap(([id, side]): Difference[] => {
      const earlier = known.get(id);
      return earlier
        ? [
            {
              older: earlier,
              newer: side,
              expected: "an id that no earlier device had",
              hint: "Never give an id of the older run to a new device, because a consumer merges two devices with one id. Do not restart a counter, and do not reuse the id of a removed device.",
            },
          ]
        : [];
    }),
    doubts: [],
    compared: created.size,
  };
}

/** Compares what ids identify. @see spec/1.0/contract.md#inv-008 */
export function compareIds(older: Snapshot, newer: Snapshot): Compared {
  const all = [...KINDS.map((kind) => compareKind(kind, older, newer)), findReissued(older, newer)];
  return {
    differences: all.flatMap(({ differences }) => differences),
    doubts: all.flatMap(({ doubts }) => doubts),
    compared: all.reduce((sum, { compared }) => sum + compared, 0),
  };
}
