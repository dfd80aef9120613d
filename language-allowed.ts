/** A passage in which an idiom forbidden by `language-lint.ts` may stay: its file, its exact text, and the reason. */
export interface Allowed {
  readonly file: string;
  readonly text: string;
  readonly reason: string;
}

const FROZEN = "A released migration never changes: databases hold the hash of its text.";

export const ALLOWED: readonly Allowed[] = [
  {
    file: "packages/ingest/src/store/postgres/migrations/001-tables.ts",
    text: "-- site_id is '' for every site of the org that has no binding of its own.",
    reason: FROZEN,
  },
  {
    file: "packages/ingest/src/store/postgres/migrations/001-tables.ts",
    text: "-- released: it was in quarantine, and is in the feed by a change of its own.",
    reason: FROZEN,
  },
  {
    file: "packages/ingest/src/store/postgres/migrations/001-tables.ts",
    text: "-- customer_id is NULL for a change of status of a device that is no customer's: kept for its history alone.",
    reason: FROZEN,
  },
  {
    file: "packages/ingest/src/store/postgres/migrations/001-tables.ts",
    text: "-- Its facts are NULL for a device that only events have told of; its observation is, where its status is not known.",
    reason: FROZEN,
  },
  {
    file: "packages/ingest/src/store/postgres/migrations/001-tables.ts",
    text: "-- What a dead process has staged is in nobody's way, and forgotten with the next sync.",
    reason: FROZEN,
  },
];
