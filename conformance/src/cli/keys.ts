import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { type CliContext, UsageError } from "./context.ts";
import { readInput } from "./files.ts";

async function readKey(
  context: CliContext,
  flag: string,
  file: string,
  parse: (pem: Buffer) => KeyObject,
): Promise<KeyObject> {
  const pem = await readInput(context, "the key", file);
  let key: KeyObject | null = null;
  try {
    key = parse(pem);
  } catch {
    // Ignores the error, because its message could contain the key.
  }
  if (key?.asymmetricKeyType === "ed25519") return key;
  throw new UsageError(`${flag} takes a PEM file with an Ed25519 key, as written by \`keygen\`.`);
}

/** Reads the signing key. @throws {UsageError} */
export const readPrivateKey = (context: CliContext, file: string) =>
  readKey(context, "--key", file, createPrivateKey);

/** Reads the verification key; rejects a private key. @throws {UsageError} */
export const readPublicKey = (context: CliContext, file: string) =>
  readKey(context, "--public-key", file, (pem) => {
    if (pem.includes("PRIVATE KEY")) throw new Error("a private key");
    return createPublicKey(pem);
  });
