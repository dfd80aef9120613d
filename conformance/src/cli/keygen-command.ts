import { generateKeyPairSync } from "node:crypto";
import { Command } from "commander";
import { computeKeyId } from "../certificate/dsse.ts";
import { writeNew } from "./files.ts";

async function keygen(file: string): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  await writeNew("The key", file, String(privateKey.export({ type: "pkcs8", format: "pem" })), 0o600);
  await writeNew(
    "The public key",
    `${file}.pub`,
    String(publicKey.export({ type: "spki", format: "pem" })),
    0o644,
  );
  process.stdout.write(`${file} signs; hand out ${file}.pub. Key id: ${computeKeyId(publicKey)}\n`);
}

/** `keygen`: a key pair for certificates. */
export const keygenCommand = () =>
  new Command("keygen")
    .description("Make an Ed25519 key pair for certificates: FILE, for you alone, and FILE.pub.")
    .argument("<file>", "where the private key goes; nothing is overwritten")
    .action(keygen);
