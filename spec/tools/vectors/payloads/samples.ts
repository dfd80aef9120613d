/** Base payloads from which cases are derived. They have only required members. */
export const ORG = { org_id: "org_1", name: "Northfield University" };

export const SITE = { site_id: "site_1", org_id: "org_1", name: "Science Hall" };

export const DEVICE = {
  device_id: "cam_1",
  org_id: "org_1",
  site_id: "site_1",
  name: "North entrance, left",
  type: "camera",
};

export const TOMBSTONE = {
  device_id: "cam_9",
  org_id: "org_1",
  site_id: "site_1",
  lifecycle: "removed",
  removed_at: "2026-11-22T16:05:00Z",
};

export const SNAPSHOT = { id: "snap_1", as_of: "2026-11-23T08:30:00Z" };

/** Builds the last page of a listing. */
export const page = (data: readonly unknown[], changes: object = {}) => ({
  data,
  next_cursor: null,
  snapshot: SNAPSHOT,
  ...changes,
});

/** Builds an event of a type, with the members of `data` that every event has. */
export const event = <Data extends object>(name: string, data: Data) => ({
  specversion: "1.0",
  id: "evt_01JD8Z5N6Q7R8S9T0V1W2X3Y4Z",
  source: "urn:example-campus:org:org_1",
  type: `com.convergint.${name}.v1`,
  time: "2026-11-23T08:31:07.120Z",
  data: { org_id: "org_1", site_id: "site_1", ...data },
});

/** A payload and whether its schema accepts it. */
export type PayloadCase = { readonly name: string; readonly valid: boolean; readonly payload: unknown } & (
  | { readonly valid: true }
  | {
      readonly valid: false;
      /** JSON pointer (RFC 6901) of the fault. */
      readonly pointer: string;
      /** The violated requirement of the contract, if it has one. */
      readonly requirement: string | null;
      /** One human-readable sentence. */
      readonly reason: string;
    }
);

export const valid = (name: string, payload: unknown): PayloadCase => ({ name, valid: true, payload });

/** A fault of a payload: its location, the violated requirement, and the reason. */
type Fault = readonly [pointer: string, requirement: string | null, reason: string];

export const invalid = (
  name: string,
  payload: unknown,
  [pointer, requirement, reason]: Fault,
): PayloadCase => ({
  name,
  valid: false,
  payload,
  pointer,
  requirement,
  reason,
});

/** Returns an object without one of its members. */
export function without<Payload extends object>(payload: Payload, member: keyof Payload): object {
  const { [member]: _, ...rest } = payload;
  return rest;
}

/** The cases of each published schema, by schema name. */
export type PayloadCases = Readonly<Record<string, readonly PayloadCase[]>>;
