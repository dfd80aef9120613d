import { createPublicKey } from "node:crypto";
import { readPrivateKey, TokenError } from "@convergint/tokens";
import type { z } from "zod";
import type { vendorSettings } from "../config/vendor-settings.ts";
import { type Credentials, type OauthClient, PRIVATE_KEY_VARIABLES } from "../harness/credentials.ts";
import type { SigningKey } from "../harness/signed-token.ts";
import { type CliContext, UsageError } from "./context.ts";
import { readInput } from "./files.ts";

/** Some commands accept only some of these credentials. */
type Values = Partial<
  Pick<
    z.infer<typeof vendorSettings>,
    | "apiKey"
    | "clientId"
    | "clientSecret"
    | "issuer"
    | "audience"
    | keyof typeof ADDITIONAL_KEYS
    | (typeof KEY_FILES)[keyof typeof KEY_FILES][number]
  >
>;

/** Which key each additional option takes; shown to users who give the same key twice. */
const ADDITIONAL_KEYS = {
  secondApiKey: "--second-api-key takes the key of another tenant",
  withdrawnApiKey: "--withdrawn-api-key takes a key that no longer works",
  productionApiKey: "--production-api-key takes the key of a production tenant",
  expiredAccessToken: "--expired-access-token takes an OAuth 2 access token that has expired",
} as const;

/** The settings of each private key: its file and its id. */
const KEY_FILES = {
  key: ["privateKeyFile", "keyId"],
  nextKey: ["nextPrivateKeyFile", "nextKeyId"],
  secondKey: ["secondPrivateKeyFile", "secondKeyId"],
  withdrawnKey: ["withdrawnPrivateKeyFile", "withdrawnKeyId"],
  productionKey: ["productionPrivateKeyFile", "productionKeyId"],
} as const;

type KeyName = keyof typeof KEY_FILES;

/** Returns the flag of a setting, such as `--private-key-file`. */
const flagOf = (name: string): string =>
  `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Reads a private key. @throws {UsageError} without any part of the key */
function readKey(text: string, where: string, keyId: string | undefined): SigningKey {
  try {
    const read = readPrivateKey(text, { keyId });
    return {
      key: read.toKeyObject(),
      algorithm: read.algorithm,
      ...(read.keyId !== undefined && { keyId: read.keyId }),
    };
  } catch (error) {
    if (error instanceof TokenError) throw new UsageError(`${where}: ${error.message}`);
    throw error;
  }
}

/** Reads every private key that was given. @throws {UsageError} */
async function readKeys(values: Values, context: CliContext): Promise<Partial<Record<KeyName, SigningKey>>> {
  const keys: Partial<Record<KeyName, SigningKey>> = {};
  const files = new Set<string>();
  for (const [name, [file, id]] of Object.entries(KEY_FILES) as [KeyName, (typeof KEY_FILES)[KeyName]][]) {
    const path = values[file];
    const inVariable = name === "key" ? context.environment[PRIVATE_KEY_VARIABLES.key]?.trim() : undefined;
    if (path === undefined && !inVariable) {
      if (values[id] !== undefined)
        throw new UsageError(`${flagOf(id)} is the id of a private key. Give the key with ${flagOf(file)}.`);
      continue;
    }
    const where = path === undefined ? PRIVATE_KEY_VARIABLES.key : `${flagOf(file)} ${path}`;
    const text = path === undefined ? inVariable : await readInput(context, "the private key", path);
    const key = readKey(String(text), where, values[id]);
    const print = createPublicKey(key.key).export({ format: "der", type: "spki" }).toString("hex");
    if (files.has(print))
      throw new UsageError(
        `${where}: another option has the same private key. Give each option its own key.`,
      );
    files.add(print);
    keys[name] = key;
  }
  return keys;
}

/** Reads the keys of other tenants and of other kinds. @throws {UsageError} if a key is given twice */
function readAdditionalKeys(values: Values): Partial<Record<keyof typeof ADDITIONAL_KEYS, string>> {
  const given = new Set(values.apiKey ? [values.apiKey] : []);
  const others: Partial<Record<keyof typeof ADDITIONAL_KEYS, string>> = {};
  for (const [name, explanation] of Object.entries(ADDITIONAL_KEYS) as [
    keyof typeof ADDITIONAL_KEYS,
    string,
  ][]) {
    const key = values[name];
    if (!key) continue;
    if (given.has(key)) throw new UsageError(`${explanation}, but another option has the same key.`);
    given.add(key);
    others[name] = key;
  }
  return others;
}

/** Returns the OAuth 2 client, if any. @throws {UsageError} if a part of its login is missing */
function readClient(
  { clientId, clientSecret }: Values,
  key: SigningKey | undefined,
): OauthClient | undefined {
  if (clientId && clientSecret) return { clientId, clientSecret };
  if (clientId && key) return { clientId, key };
  if (!clientId && !clientSecret) return undefined;
  throw new UsageError(
    "An OAuth 2 client needs both --client-id (or CONFORMANCE_CLIENT_ID) and --client-secret (or CONFORMANCE_CLIENT_SECRET). Give both or neither. A client that logs in with a private key needs --client-id and --private-key-file.",
  );
}

/**
 * Builds the credentials of a run, and reads its private keys.
 *
 * @throws {UsageError} if a credential is missing, a key is given twice, or a file is not a private key
 */
export async function buildCredentials(values: Values, context: CliContext): Promise<Credentials> {
  const { apiKey, issuer, audience } = values;
  const { key: privateKey, nextKey, ...otherKeys } = await readKeys(values, context);
  const client = readClient(values, privateKey);
  // The key of a client without a secret signs its assertions, not the tokens of calls.
  const key = client !== undefined && "key" in client ? undefined : privateKey;
  const ids = [key?.keyId, nextKey?.keyId];
  if (nextKey && (key === undefined || ids.includes(undefined) || ids[0] === ids[1]))
    throw new UsageError(
      "--next-private-key-file tests a rotation, in which each of two keys has its own id. Give --private-key-file, --key-id and --next-key-id too, without --client-id.",
    );
  const parties = { ...(issuer && { issuer }), ...(audience && { audience }) };
  const others = {
    ...readAdditionalKeys(values),
    ...otherKeys,
    ...(nextKey && { nextKey }),
    parties,
  };
  if (apiKey) return { apiKey, ...(key && { key }), ...(client && { client }), ...others };
  if (key) return { key, ...(client && { client }), ...others };
  if (client) return { client, ...others };
  throw new UsageError(
    "No credentials. Give the vendor's API key with --api-key KEY or in CONFORMANCE_API_KEY. Or give the private key with which to sign tokens with --private-key-file, or an OAuth 2 client with --client-id and --client-secret.",
  );
}
