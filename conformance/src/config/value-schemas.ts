import { PROXY_DNS, readProxy } from "@convergint/internal/proxy";
import { parseNetworks } from "@convergint/internal/public-address";
import { MAX_SEED } from "@convergint/internal/seeded-random";
import { z } from "zod";
import { MIN_GOAL } from "../evidence/observation.ts";
import { vendorProfileNames } from "../registry/profiles.ts";
import { type Format, formatNames } from "../report/formats.ts";

/** The longest duration that a setting can have: one day. */
const MAX_SECONDS = 86_400;
const MAX_POLL_SECONDS = 3600;
/** The minimum length of a key. Shorter keys could be guessed, and could occur in other text by chance. */
const MIN_INVENTORY_KEY = 12;

// Each message follows the name of the setting, as in "--seed takes a whole number …".

/** Hides the parts of an invalid URL that may be credentials. */
const hideCredentials = (text: string) => text.replace(/^.*@/, "…@").replace(/\?.*$/, "?…");

function explainInvalidUrl(text: string, allowQuery: boolean): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  // This check comes first, because the messages of the other checks repeat the URL.
  if (url?.username || url?.password) return "must not contain a credential; use --api-key.";
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return `takes an http or https URL, such as https://api.vendor.example; got ${JSON.stringify(hideCredentials(text))}.`;
  }
  return !allowQuery && (url.search || url.hash) ? "takes a URL without a query or fragment." : null;
}

/**
 * Accepts an http or https URL.
 *
 * @param allowQuery whether to allow a query or fragment; a base URL has neither
 */
export const httpUrl = ({ allowQuery = false } = {}) =>
  z.string("takes a URL, as text.").check((context) => {
    const message = explainInvalidUrl(context.value, allowQuery);
    if (message !== null) context.issues.push({ code: "custom", input: context.value, message });
  });

/** Networks in CIDR notation. */
export const networks = z.array(
  z.string().refine((network) => {
    try {
      return parseNetworks([network]) !== null;
    } catch {
      return false;
    }
  }, "takes an address or a network in CIDR notation, such as 10.0.0.0/8."),
  "takes a list of networks.",
);
/** The URL of a proxy. The message never repeats the value, because it may contain a password. */
export const proxyUrl = z.string().refine((url) => {
  try {
    return readProxy({ url }).origin !== "";
  } catch {
    return false;
  }
}, "takes http://HOST:PORT or https://HOST:PORT, with USER:PASSWORD@ before the host if the proxy requires it.");
export const proxyDns = z.enum(PROXY_DNS, `takes one of ${PROXY_DNS.join(", ")}.`);
export const hosts = z.array(
  z
    .string()
    .refine(
      (host) => URL.parse(`https://${host}/`)?.hostname === host.toLowerCase(),
      "takes a host such as login.vendor.example, without scheme, port or path.",
    ),
  "takes a list of hosts.",
);

const text = (message: string) => z.string(message).refine((value) => value.trim() !== "", message);

/** A URL with a placeholder for the device id. */
export const statusUrl = httpUrl({ allowQuery: true }).refine(
  (value) => value.includes("{device_id}"),
  "takes a URL that contains {device_id} in place of the device id.",
);
export const file = text("takes a file name.");
/** Matches a private key as PEM or as a JWK. */
const PRIVATE_KEY_TEXT = /PRIVATE KEY|^\s*\{/;
/** A file that holds a private key. The message never repeats the value, which may be the key itself. */
export const keyFile = file.refine(
  (value) => !PRIVATE_KEY_TEXT.test(value),
  "takes the name of a file with a private key, not the key itself. Put a key that is not in a file into CONFORMANCE_PRIVATE_KEY.",
);
/** Settings of a vendor profile. */
export const profileSettings = z.array(
  z.string().regex(/^[a-z][a-z0-9_]*=/, "takes name=value, such as org_id=42."),
  "takes a list of name=value.",
);
export const commandLine = text("takes a command line, such as ./change-device.sh.");
export const identifier = text("takes an id.");
export const claim = text("takes a text, as in the vendor's manifest.");
export const credential = text("takes a credential.");

const wholeNumber = (min: number, max: number, message: string) =>
  z.int(message).min(min, message).max(max, message);
export const port = wholeNumber(0, 65_535, "takes a port number from 0 to 65535.");
export const seed = wholeNumber(0, MAX_SEED, `takes a whole number from 0 to ${MAX_SEED}.`);
export const seconds = wholeNumber(1, MAX_SECONDS, `takes whole seconds from 1 to ${MAX_SECONDS}.`);
export const count = wholeNumber(1, Number.MAX_SAFE_INTEGER, "takes a whole number of at least 1.");
const DURATION = "takes a duration such as 24h, 90m or 2d.";
export const duration = z.string(DURATION).regex(/^[1-9]\d{0,4}[mhd]$/, DURATION);
/** The least that a passive window must show. Fewer changes prove nothing. */
export const windowChanges = wholeNumber(
  MIN_GOAL.changes,
  Number.MAX_SAFE_INTEGER,
  `takes a whole number of at least ${MIN_GOAL.changes}.`,
);
const POLL_SECONDS = `takes the consumer's polling interval, up to ${MAX_POLL_SECONDS} s.`;
export const pollSeconds = z.number(POLL_SECONDS).gt(0, POLL_SECONDS).max(MAX_POLL_SECONDS, POLL_SECONDS);

const PROFILE = `takes one of ${vendorProfileNames.join(", ")}.`;
export const profiles = z.array(z.enum(vendorProfileNames, PROFILE), "takes a list of profiles.");

export const reports = z.strictObject(
  Object.fromEntries(formatNames.map((format) => [format, file.optional()])) as Record<
    Format,
    z.ZodOptional<typeof file>
  >,
  `takes file names by format: ${formatNames.join(", ")}.`,
);

/**
 * A webhook secret. The message never repeats the value, because the value may be a real secret with a typo.
 */
export const webhookSecret = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/, "takes a secret that starts with whsec_, exactly as issued.");
/** A webhook secret or public key. */
export const webhookKey = z
  .string()
  .regex(
    /^(?:whsec|whpk)_[A-Za-z0-9+/]+={0,2}$/,
    "takes a secret that starts with whsec_ or a public key that starts with whpk_, exactly as issued.",
  );

const INVENTORY_KEY = `takes a key that you make up, at least ${MIN_INVENTORY_KEY} visible ASCII characters.`;
export const inventoryKey = z
  .string()
  .regex(/^[\x21-\x7e]+$/, INVENTORY_KEY)
  .min(MIN_INVENTORY_KEY, INVENTORY_KEY);
