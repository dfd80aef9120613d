import { expect, test } from "vitest";
import { describeGaps } from "./gaps.ts";
import { readProfile } from "./read-profile.ts";
import { readShipped } from "./shipped.ts";

const lacksOf = (text: string) => describeGaps(readProfile(text)).map(({ lacks }) => lacks);
const shipped = (name: string) => lacksOf(readShipped(name) ?? "");

test("names what Convergint's page lacks: a signed timestamp, pages of one moment, backfill", () => {
  const gaps = shipped("convergint-page");
  for (const lack of [/covers the timestamp/, /one moment/, /backfill/, /incremental sync/, /by API/])
    expect(gaps).toContainEqual(expect.stringMatching(lack));
  expect(gaps).not.toContainEqual(expect.stringMatching(/ids of events/));
});

test("names what is particular to other vendors", () => {
  expect(shipped("meraki")).toEqual(expect.arrayContaining(["a signed timestamp", "a signature"]));
  expect(shipped("juniper-mist")).toContain("ids of events");
  expect(shipped("verkada")).not.toContainEqual(expect.stringMatching(/timestamp$/));
  expect(shipped("eagle-eye")).toContain("the site of an event");
});

test("has nothing to say about a vendor that implements the contract", () => {
  expect(lacksOf("{ profile: 1, name: canonical, title: Contract, canonical: true }")).toEqual([]);
});

test("says that a vendor without signed webhooks is only polled", () => {
  const unsigned = (readShipped("meraki") ?? "").replace(/signature: \{.*\}/, "signature: null");
  expect(lacksOf(unsigned)).toContain("signed webhooks");
});
