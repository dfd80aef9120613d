import { expect, test } from "vitest";
import { z } from "zod";
import { describeFieldErrors, fieldErrors } from "./field-errors.ts";

test("addresses each error by a JSON pointer, escaped as RFC 6901 says", () => {
  const schema = z.object({ "a/b": z.object({ "c~d": z.array(z.string()) }) });
  const parsed = schema.safeParse({ "a/b": { "c~d": ["x", 1] } });
  expect(parsed.success ? [] : fieldErrors(parsed.error).map(({ pointer }) => pointer)).toEqual([
    "/a~1b/c~0d/1",
  ]);
});

test("says how many errors it leaves out", () => {
  const errors = Array.from({ length: 7 }, (_, index) => ({ pointer: `/${index}`, message: "wrong" }));
  expect(describeFieldErrors(errors, 2)).toBe("/0: wrong; /1: wrong; and 5 more");
  expect(describeFieldErrors([{ pointer: "", message: "wrong" }])).toBe("(body): wrong");
});
