import { ORG, SNAPSHOT } from "../payloads/samples.ts";
import {
  a,
  b,
  c,
  chain,
  complete,
  counted,
  d,
  device,
  happened,
  page,
  site,
  tombstone,
  type Walk,
} from "./walk.ts";

/** Complete listings. */
export const COMPLETE: readonly Walk[] = [
  complete("one page", "devices", chain(page([a, b], null)), ["a", "b"]),
  complete("no device at all", "devices", chain(page([], null, counted(0))), []),
  complete(
    "three pages",
    "devices",
    chain(page([a, b], "2", counted(4)), page([c], "3", counted(4)), page([d], null, counted(4))),
    ["a", "b", "c", "d"],
  ),
  complete(
    "a short page in the middle, which is not the end",
    "devices",
    chain(page([a, b], "2"), page([c], "3"), page([d], null)),
    ["a", "b", "c", "d"],
  ),
  complete(
    "empty pages in the middle, which are not the end",
    "devices",
    chain(page([a], "2"), page([], "3"), page([], "4"), page([b], null)),
    ["a", "b"],
  ),
  complete("an empty page at the beginning", "devices", chain(page([], "2"), page([a], null)), ["a"]),
  complete("an empty page at the end", "devices", chain(page([a], "2"), page([], null)), ["a"]),
  complete(
    "a total that only the last page has",
    "devices",
    chain(page([a], "2"), page([b], null, counted(2))),
    ["a", "b"],
  ),
  complete(
    "cursors that look like numbers, URLs and other strings",
    "devices",
    chain(page([a], "0"), page([b], "null"), page([c], "/v1/devices?cursor=ä&limit=1#x"), page([d], null)),
    ["a", "b", "c", "d"],
  ),
  complete(
    "ids that differ only in case",
    "devices",
    chain(page([device("A")], "2"), page([device("a")], null)),
    ["A", "a"],
  ),
  complete(
    "the same moment written with +00:00 on another page",
    "devices",
    chain(
      page([a], "2"),
      page([b], null, { snapshot: { ...SNAPSHOT, as_of: SNAPSHOT.as_of.replace("Z", "+00:00") } }),
    ),
    ["a", "b"],
  ),
  complete("orgs", "orgs", chain(page([ORG], null)), ["org_1"]),
  complete("sites over two pages", "sites", chain(page([site("s1")], "2"), page([site("s2")], null)), [
    "s1",
    "s2",
  ]),
  complete(
    "published events",
    "events",
    chain(page([happened("e1"), happened("e2")], "2"), page([happened("e3")], null)),
    ["e1", "e2", "e3"],
  ),
  complete(
    "two events with the same id and different sources",
    "events",
    chain(page([happened("e1"), { ...happened("e1"), source: "urn:example-campus:org:org_2" }], null)),
    ["e1", "e1"],
  ),
  complete(
    "a full listing that ends with a sync token",
    "devices",
    chain(page([a], "2"), page([b], null, { sync_token: "sync_1" })),
    ["a", "b"],
    {
      sync_token: "sync_1",
    },
  ),
  complete(
    "changes: devices and tombstones",
    "device_changes",
    chain(page([a, tombstone("x")], "2"), page([tombstone("y"), b], null, { sync_token: "sync_2" })),
    ["a", "b"],
    {
      removed_ids: ["x", "y"],
      sync_token: "sync_2",
    },
  ),
  complete(
    "changes: nothing has changed",
    "device_changes",
    chain(page([], null, { sync_token: "sync_3" })),
    [],
    {
      removed_ids: [],
      sync_token: "sync_3",
    },
  ),
];
