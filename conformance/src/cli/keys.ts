import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readInput } from "./files.ts";
import { UsageError } from "./usage-error.ts";

async function readKey(flag: string, file: string, parse: (pem: Buffer) => KeyObject): Promise<KeyObject> {
  const pem = await readInput("The key", file);
  let key: KeyObject | null = null;
  try {
    key = parse(pem);
  } catch {
    // What was wrong with it could repeat it.
  }
  if (key?.asymmetricKeyType === "ed25519") return key;
  throw new UsageError(`${flag} takes a file with an Ed25519 key in PEM, as \`keygen\` writes it.`);
}

/** Reads the key to sign with. @throws {UsageError} */
export const readPrivateKey = (file: string) => readKey("--key", file, createPrivateKey);

/** Reads the key to verify with. @throws {UsageError} also where it is a private one, which nobody should hand about */
export const readPublicKey = (file: string) =>
  readKey("--public-key", file, (pem) => {
    if (pem.includes("PRIVATE KEY")) throw new Error("a private key");
    return createPublicKey(pem);
  });
