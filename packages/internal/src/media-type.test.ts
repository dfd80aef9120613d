import { expect, test } from "vitest";
import { mediaTypeOf } from "./media-type.ts";

test.each([
  ["application/json", "application/json"],
  ["Application/CloudEvents+JSON; charset=utf-8", "application/cloudevents+json"],
  [" text/plain ;charset=utf-8", "text/plain"],
  ["", ""],
  [null, ""],
  [undefined, ""],
])("reads the media type of %j", (header, mediaType) => {
  expect(mediaTypeOf(header)).toBe(mediaType);
});
