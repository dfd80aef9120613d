import { Option } from "commander";
import { CLIENT_VARIABLES, type Credentials, KEY_VARIABLES } from "../harness/credentials.ts";
import { UsageError } from "./usage-error.ts";

/** The flags that credentials come by, as commander gives them. */
export interface CredentialFlags {
  readonly apiKey?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly secondApiKey?: string;
  readonly withdrawnApiKey?: string;
  readonly productionApiKey?: string;
}

/** Each flag and what it says, with the variable of the environment that takes its place. */
const FLAGS: readonly (readonly [flags: string, description: string, variable: string])[] = [
  ["--api-key <key>", "the API key the vendor issued", KEY_VARIABLES.apiKey],
  [
    "--client-id <id>",
    "an OAuth 2 client that the vendor registered, beside the API key or in its stead",
    CLIENT_VARIABLES.clientId,
  ],
  ["--client-secret <secret>", "the secret of --client-id", CLIENT_VARIABLES.clientSecret],
  [
    "--second-api-key <key>",
    "a key of another tenant, to see that neither sees the other",
    KEY_VARIABLES.secondApiKey,
  ],
  [
    "--withdrawn-api-key <key>",
    "a key that was withdrawn or has expired, to see that it opens nothing",
    KEY_VARIABLES.withdrawnApiKey,
  ],
  [
    "--production-api-key <key>",
    "a key of a production tenant, to see that sandbox control is closed to it",
    KEY_VARIABLES.productionApiKey,
  ],
];

/** The options that credentials come by. */
export const credentialOptions = (): readonly Option[] =>
  FLAGS.map(([flags, description, variable]) => new Option(flags, description).env(variable));

/** What each key beside the first is, for whoever gives the same one twice. */
const OTHERS = {
  secondApiKey: "--second-api-key is another tenant's",
  withdrawnApiKey: "--withdrawn-api-key is one that opens nothing any more",
  productionApiKey: "--production-api-key is a production tenant's",
} as const;

/** Reads the credentials; a flag or variable that is empty counts as absent. @throws {UsageError} */
export function parseCredentials(flags: CredentialFlags): Credentials {
  const { apiKey, clientId, clientSecret } = flags;
  if (!clientId !== !clientSecret) {
    throw new UsageError(
      "--client-id and --client-secret go together: give both, or neither (or CONFORMANCE_CLIENT_ID and CONFORMANCE_CLIENT_SECRET).",
    );
  }
  const client = clientId && clientSecret ? { clientId, clientSecret } : null;
  const caller = apiKey ? { apiKey, ...(client && { client }) } : client && { client };
  if (caller === null) {
    throw new UsageError(
      "Give the API key the vendor issued, with --api-key KEY or in CONFORMANCE_API_KEY; or an OAuth 2 client, with --client-id and --client-secret.",
    );
  }
  const given = new Set(apiKey ? [apiKey] : []);
  const others: Partial<Record<keyof typeof OTHERS, string>> = {};
  for (const [name, whose] of Object.entries(OTHERS) as [keyof typeof OTHERS, string][]) {
    const key = flags[name];
    if (!key) continue;
    if (given.has(key)) throw new UsageError(`${whose}: give a key of its own.`);
    given.add(key);
    others[name] = key;
  }
  return { ...caller, ...others };
}
