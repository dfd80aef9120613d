import { KEEP_THE_RAW_BODY } from "./fixes.ts";
import type { BodyCode, Mistake } from "./mistake.ts";

const notRaw = (code: BodyCode, title: string, explanation: string): Mistake => ({
  code,
  title,
  explanation,
  fix: KEEP_THE_RAW_BODY,
  where: "receiver",
  requirement: "RCV-001",
});

export const BODY_NOT_RAW = notRaw(
  "body_not_raw",
  "The body was already parsed",
  "The body is neither a string nor a Uint8Array, so it was parsed. A signature covers bytes, and serialising JSON again changes the bytes. Keep the raw body before a parser reads it.",
);

export const BODY_EMPTY = notRaw(
  "body_empty",
  "The body is empty",
  "There is nothing to verify. Other code read the body first, and a body can be read only once. Keep the raw body before a parser reads it.",
);

export const BODY_OBJECT_OBJECT = notRaw(
  "body_object_object",
  "The body is [object Object]",
  "The body was parsed, and the object was converted to text. Keep the raw body before a parser reads it.",
);
