import { text } from "./text.ts";

/** RFC 3986 with an authority, as a pattern, so that readers in all languages accept the same URLs. */
const HTTP_URL =
  /^[Hh][Tt][Tt][Pp][Ss]?:\/\/(?:(?:[\w.~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?(?:\[[0-9A-Fa-f:.]+\]|[\w.~-]+)(?::\d{1,5})?(?:\/(?:[\w.~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?(?:\?(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?(?:#(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?$/;

/** An absolute http or https URL. Does not check whether the URL may be called; the caller does. */
export const httpUrlSchema = text(1, 2048).regex(
  HTTP_URL,
  "Send an absolute http or https URL, such as https://api.vendor.example.",
);
