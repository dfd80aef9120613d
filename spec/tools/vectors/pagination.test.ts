import { glob, readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";

interface Page {
  readonly data: readonly Record<string, unknown>[];
  readonly next_cursor: string | null;
  readonly snapshot: { readonly id: string; readonly as_of: string; readonly total_count?: number | null };
  readonly sync_token?: string;
}
interface Walk {
  readonly name: string;
  readonly listing: keyof typeof KINDS;
  readonly answers: readonly { readonly cursor: string | null; readonly page: Page }[];
  readonly conclusion: "complete" | "broken";
  readonly ids?: readonly string[];
  readonly removed_ids?: readonly string[];
  readonly sync_token?: string;
  readonly code?: string;
  readonly requirement?: string;
}

const SPEC = new URL("../../1.0/", import.meta.url);
const json = async (path: string) => JSON.parse(await readFile(new URL(path, SPEC), "utf8"));
const { cases } = (await json("vectors/pagination.json")) as { cases: Walk[] };

const validator = new Ajv2020({ strict: false });
addFormats.default(validator);
for await (const file of glob("schemas/*.json", { cwd: SPEC })) validator.addSchema(await json(file));

/** The schema of the pages and the member that identifies an item, for each kind of listing. */
const KINDS = {
  orgs: ["OrgPage", "org_id"],
  sites: ["SitePage", "site_id"],
  devices: ["DevicePage", "device_id"],
  device_changes: ["DeviceChangePage", "device_id"],
  events: ["EventPage", "id"],
} as const;

const sameMoment = (a: string, b: string) => a.replace("+00:00", "Z") === b.replace("+00:00", "Z");

/** Reads a walk by following the text of the contract. */
function read({ listing, answers }: Walk): object {
  const [schema, id] = KINDS[listing];
  const broken = (code: string) => ({ conclusion: "broken", code });
  const pages: Page[] = [];
  const cursors: string[] = [];
  for (let cursor: string | null = null; pages.length === 0 || cursor !== null; ) {
    const answer = answers.find((each) => each.cursor === cursor);
    if (answer === undefined) throw new Error(`The vector has no page at ${cursor}.`);
    const { page } = answer;
    if (!validator.validate(`https://schemas.convergint.com/vendor-cloud/1.0/${schema}.json`, page))
      return broken("invalid_payload");
    const first = pages[0] ?? page;
    pages.push(page);
    if (page.snapshot.id !== first.snapshot.id || !sameMoment(page.snapshot.as_of, first.snapshot.as_of))
      return broken("snapshot_changed");
    // An event is identified by its id and its source.
    const ids = pages.flatMap(({ data }) => data.map((item) => `${item[id]} ${item["source"] ?? ""}`));
    if (new Set(ids).size < ids.length) return broken("duplicate_item");
    const total = page.snapshot.total_count ?? ids.length;
    if (ids.length > total || (page.next_cursor === null && ids.length < total))
      return broken("count_mismatch");
    if (page.next_cursor !== null && cursors.includes(page.next_cursor)) return broken("repeated_cursor");
    if (page.next_cursor !== null) cursors.push(page.next_cursor);
    cursor = page.next_cursor;
  }
  const items = pages.flatMap(({ data }) => data);
  const isTombstone = ({ lifecycle }: Record<string, unknown>) => lifecycle === "removed";
  const sync_token = pages.at(-1)?.sync_token;
  return {
    conclusion: "complete",
    ids: items.filter((item) => !isTombstone(item)).map((item) => item[id]),
    ...(listing === "device_changes"
      ? { removed_ids: items.filter(isTombstone).map((item) => item[id]) }
      : {}),
    ...(sync_token === undefined ? {} : { sync_token }),
  };
}

describe.each(cases)("$name", (walk) => {
  test("matches the conclusion of a plain reader", () => {
    expect(walk).toMatchObject(read(walk));
    expect({ ...walk, ...read(walk) }).toEqual(walk);
  });

  test("names the broken requirement, if any", () => {
    expect(walk.requirement === undefined).toBe(walk.conclusion === "complete");
  });

  test("has one answer per cursor, and no answer that a reader never requests", () => {
    const cursors = walk.answers.map(({ cursor }) => cursor);
    expect(new Set(cursors).size).toBe(cursors.length);
    const given = new Set(walk.answers.map(({ page }) => page.next_cursor));
    expect(cursors.slice(1).filter((cursor) => !given.has(cursor))).toEqual([]);
    expect(cursors[0]).toBeNull();
  });
});

test("every code of a broken listing has a walk", () => {
  expect([...new Set(cases.flatMap(({ code }) => code ?? []))].sort()).toEqual([
    "count_mismatch",
    "duplicate_item",
    "invalid_payload",
    "repeated_cursor",
    "snapshot_changed",
  ]);
});
