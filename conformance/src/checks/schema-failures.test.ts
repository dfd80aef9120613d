import { expect, test } from "vitest";
import { toExpectation } from "./schema-failures.ts";

test.each([
  ["This field is required. Send a text of 1 to 512 characters.", "a text of 1 to 512 characters"],
  ["Send 1.0.", "1.0"],
  ["Two keys are the same.", "Two keys are the same."],
])("%s becomes: %s", (message, expected) => {
  expect(toExpectation(message)).toBe(expected);
});
