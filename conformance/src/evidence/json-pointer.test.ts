import { describe, expect, test } from "vitest";
import { excerptAt, valueAt } from "./json-pointer.ts";

describe("valueAt", () => {
  const value = { data: [{ "a/b": { "~": 7 } }], text: "word" };
  test.each([
    ["", value],
    ["/data/0/a~1b/~0", 7],
    ["/data/1", undefined],
    ["/text/length", undefined],
    ["/data/length/0", undefined],
    ["/constructor", undefined],
  ])("%s", (pointer, expected) => {
    expect(valueAt(value, pointer)).toEqual(expected);
  });
});

describe("excerptAt", () => {
  const long = "x".repeat(500);
  const value = { page: long, data: [{ id: 1 }, { note: long, status: "fine", tags: ["a"] }], next: null };
  test.each([
    ["a member of an entry", "/data/1/status", /^\/data\/1: \{"status":"fine","note":"x+…$/],
    ["an element of a list", "/data/1/tags/0", /^\/data\/1: \{"tags":\["a"\],"note":"x+…$/],
    ["a missing member", "/data/0/name", /^\/data\/0: \{"id":1\}$/],
    ["a missing entry", "/data/7/status", /^\{"data":\[\{"id":1\},/],
    ["a member of the body", "/next", /^\{"next":null,"page":"x+…$/],
  ])("%s", (_, pointer, expected) => {
    expect(excerptAt(value, pointer)).toMatch(expected);
    expect(excerptAt(value, pointer).length).toBeLessThan(250);
  });

  test("an entry of a body that is a list", () => {
    expect(excerptAt([{ id: 1 }], "/0/id")).toBe('/0: {"id":1}');
    expect(excerptAt([3], "/0")).toBe("[3]");
  });
});
