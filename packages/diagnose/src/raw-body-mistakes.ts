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
  "The body was parsed already",
  "What was given is not the string or Uint8Array that came, but something made from it. A signature covers bytes, and JSON made anew has others: keep the raw body before a parser takes it.",
);

export const BODY_EMPTY = notRaw(
  "body_empty",
  "The body is empty",
  "There is nothing to verify: something read the body before, and a body can be read once. Keep the raw body before a parser takes it.",
);

export const BODY_OBJECT_OBJECT = notRaw(
  "body_object_object",
  "The body is [object Object]",
  "The body was parsed, and the object then used as text. Keep the raw body before a parser takes it.",
);
