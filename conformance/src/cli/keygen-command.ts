import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { Command } from "commander";
import { computeKeyId } from "../certificate/dsse.ts";
import { type CliContext, UsageError } from "./context.ts";
import { createFile, readInput } from "./files.ts";

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

async function keygen(file: string, context: CliContext): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  await createFile(
    context,
    "the key",
    file,
    String(privateKey.export({ type: "pkcs8", format: "pem" })),
    0o600,
  );
  await createFile(
    context,
    "the public key",
    `${file}.pub`,
    String(publicKey.export({ type: "spki", format: "pem" })),
    0o644,
  );
  context.stdout.write(
    `Wrote the private key ${file} (keep it secret) and the public key ${file}.pub. Key id: ${computeKeyId(publicKey)}\n`,
  );
}

/** Creates `keygen`, which creates a key pair for certificates. */
export const keygenCommand = (context: CliContext) =>
  new Command("keygen")
    .description(
      "Create an Ed25519 key pair for certificates: the private key FILE and the public key FILE.pub.",
    )
    .argument("<file>", "file for the private key; never overwritten")
    .action((file: string) => keygen(file, context));
