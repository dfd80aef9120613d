import { type Credential, VendorClientError, type VendorClientErrorCode } from "@convergint/client";
import { ProfileSecretError } from "@convergint/profiles";
import { readPrivateKey, TOKEN_ALGORITHMS, TokenError } from "@convergint/tokens";
import { WebhookUsageError } from "@convergint/webhooks";
import { z } from "zod";
import { ProblemError } from "../problem.ts";
import type { NewKey } from "./rotate-key.ts";

export const secondsSchema = (min: number) =>
  z
    .int()
    .min(min)
    .max(86_400 * 7);
const keyShape = {
  private_key: z.string().min(1).max(16_384).meta({
    description:
      "A private key as PEM (PKCS#8, PKCS#1 or SEC1) or as the JSON of a JWK. It stays on this server.",
  }),
  key_id: z.string().min(1).max(1024).optional().meta({
    description: "The id that the vendor knows the key by: the `kid` of the tokens.",
  }),
  algorithm: z.enum(TOKEN_ALGORITHMS).optional().meta({
    description: "The algorithm that signs the tokens. Default: the one that fits the key.",
  }),
};
/** A private key and how it signs. */
export const keySchema = z.object(keyShape);

export const credentialSchema = z.union(
  [
    z.object({ api_key: z.string().min(1).max(4096) }),
    z.object({
      client_id: z.string().min(1).max(1024),
      client_secret: z.string().min(1).max(4096),
      scope: z.string().max(1024).optional(),
    }),
    z.object({ client_id: z.string().min(1).max(1024), scope: z.string().max(1024).optional(), ...keyShape }),
    z.object({
      ...keyShape,
      issuer: z.string().min(1).max(1024).optional().meta({
        description: "The issuer of the tokens, as agreed with the vendor. Default: the manifest's.",
      }),
      audience: z.string().min(1).max(2048).optional().meta({
        description:
          "The audience of the tokens, as agreed with the vendor. Default: the manifest's, if it has one.",
      }),
    }),
  ],
  "Send `api_key`; or `private_key`; or `client_id` with `client_secret` or `private_key`.",
);
/** A webhook secret. Its form depends on the integration's profile, which the schema does not know. */
export const secretSchema = z.string().min(1).max(1024);

/** A profile as the API receives it. */
export const profileSchema = z
  .string()
  .min(1)
  .max(512 * 1024)
  .meta({
    description:
      "For a vendor that does not serve the contract: the name of a shipped profile, or the text of a profile (YAML or JSON).",
    examples: ["convergint-page"],
  });
export const profileSettingsSchema = z.record(z.string().max(64), z.string().max(2048)).meta({
  description: "Values of the settings that the profile names, such as the id of the account. Never secrets.",
});

/** A host name or address as in a URL, without a port. */
const hostSchema = z
  .string()
  .min(1)
  .max(253)
  .transform((host) => host.toLowerCase())
  .refine(
    (host) => URL.parse(`https://${host}/`)?.hostname === host,
    "Send a host such as login.example.net, without scheme, port or path.",
  );
export const hostsSchema = z.array(hostSchema).max(20).meta({
  description:
    "Hosts outside the domain of `base_url` that the vendor's manifest may name as `api_base` or `token_url`: the credential is sent to them.",
});

/**
 * Checks a private key as the API receives it. The error says what is wrong with it, and does not quote it.
 *
 * @throws {ProblemError} 422 `invalid_private_key`
 */
export function toKey({ private_key, key_id, algorithm }: z.output<typeof keySchema>): NewKey {
  try {
    const { keyId } = readPrivateKey(private_key, { algorithm, keyId: key_id });
    return {
      privateKey: private_key,
      ...(keyId !== undefined && { keyId }),
      ...(algorithm !== undefined && { algorithm }),
    };
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    throw new ProblemError(422, "invalid_private_key", `Invalid private key. ${error.message}`);
  }
}

/** Converts a credential as the API receives it. @throws {ProblemError} 422 `invalid_private_key` */
export function toCredential(sent: z.output<typeof credentialSchema>): Credential {
  if ("api_key" in sent) return { apiKey: sent.api_key };
  if ("client_id" in sent) {
    const { client_id: clientId, scope } = sent;
    const client = { clientId, ...(scope !== undefined && { scope }) };
    return "private_key" in sent
      ? { ...client, ...toKey(sent) }
      : { ...client, clientSecret: sent.client_secret };
  }
  const { issuer, audience } = sent;
  return {
    ...toKey(sent),
    ...(issuer !== undefined && { issuer }),
    ...(audience !== undefined && { audience }),
  };
}

/** The member of an answer that shows a secret of the server's making, once. */
export const createdSecretSchema = z.string().nullable().meta({
  description:
    "The secret that this server created, to be entered in the vendor's console. Only this answer shows it. `null` if it created none.",
});

/** Errors caused by what the caller sent. All other errors are the vendor's fault. */
const CALLER_AT_FAULT: ReadonlySet<VendorClientErrorCode> = new Set([
  "unauthorized",
  "unreachable",
  "destination_refused",
  "invalid_option",
  "not_found",
  "token_refused",
  "not_offered",
]);

/** Throws an error of a call to a vendor as a problem. Throws any other error unchanged. */
export function rethrowAsProblem(error: unknown): never {
  if (error instanceof ProfileSecretError) throw new ProblemError(400, "invalid_parameter", error.message);
  if (error instanceof WebhookUsageError)
    throw new ProblemError(400, "invalid_parameter", `Invalid webhook secret: ${error.message}`);
  if (!(error instanceof VendorClientError)) throw error;
  if (error.code === "aborted")
    throw new ProblemError(503, "stopping", "The server is stopping. Send the request again later.", 5);
  throw new ProblemError(CALLER_AT_FAULT.has(error.code) ? 422 : 502, `vendor_${error.code}`, error.message);
}

/** The problems of API calls that are sent a profile. */
const PROFILE_PROBLEMS = {
  unknown_profile: { status: 422, description: "No shipped profile has this name." },
  invalid_profile: {
    status: 422,
    description: "The text is not a profile. `detail` names each mistake with its line.",
  },
  invalid_profile_settings: {
    status: 422,
    description: "A required setting of the profile is missing, or the profile has no setting of this name.",
  },
} as const;

/** The problems of API calls that in turn call a vendor. */
export const VENDOR_PROBLEMS = {
  vendor_unauthorized: {
    status: 422,
    description:
      "The vendor refused the credential. For any other `vendor_…` code with status 422, correct the value that you sent.",
  },
  ...PROFILE_PROBLEMS,
  invalid_private_key: {
    status: 422,
    description: "`private_key` is not a private key that signs tokens. `detail` says what it is instead.",
  },
  vendor_destination_refused: {
    status: 422,
    description:
      "This server does not send requests to `base_url`, or to a host that the vendor's manifest names. `detail` says which one, and which setting allows it.",
  },
  vendor_invalid_payload: {
    status: 502,
    description:
      "The vendor violated the contract. For any `vendor_…` code with status 502, the vendor must correct the error.",
  },
} as const;
