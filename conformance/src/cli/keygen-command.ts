import { generateKeyPairSync } from "node:crypto";
import { Command } from "commander";
import { computeKeyId } from "../certificate/dsse.ts";
import type { CliContext } from "./context.ts";
import { createFile } from "./files.ts";

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
