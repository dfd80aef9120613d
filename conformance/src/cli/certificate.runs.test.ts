import { createPrivateKey, createPublicKey } from "node:crypto";
import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import { type Envelope, seal } from "../certificate/dsse.ts";
import { verifyCertificate } from "../certificate/verify.ts";
import { API_KEY, cli, run, SMALL_CAMPUS, startVendor, temporaryFolder } from "./testing/harness.ts";
import { loadRecordedRun } from "./testing/recorded-run.ts";

const campus = () =>
  startVendor(createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }));

/**
 * Creates a key pair and a bundle: of the shared run or, if flags are given, of a new run with those flags.
 */
async function prepare(...flags: readonly string[]) {
  const folder = await temporaryFolder();
  const [key, bundle, certificate] = ["key", "bundle.json", "certificate.json"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await cli("keygen", key);
  if (flags.length === 0) await copyFile((await loadRecordedRun("inventory")).bundle, bundle);
  else await run(await campus(), "--profile", "inventory", "--bundle", bundle, ...flags);
  const certify = (...more: string[]) => cli("certify", bundle, "--key", key, "--out", certificate, ...more);
  const verify = (...more: string[]) =>
    cli("verify", certificate, "--bundle", bundle, "--public-key", `${key}.pub`, "--json", ...more);
  return { folder, key, bundle, certificate, certify, verify };
}
const codesIn = ({ stdout }: { stdout: string }) =>
  (JSON.parse(stdout) as { refusals: { code: string }[] }).refusals.map(({ code }) => code);

describe("a certificate", () => {
  test("is valid only for its challenge, bundle and key", async () => {
    const { folder, key, bundle, certificate, certify, verify } = await prepare();
    expect((await stat(key)).mode & 0o077).toBe(0);
    expect((await certify("--nonce", "challenge-1", "--expires-in", "1d")).code).toBe(0);
    const valid = await verify("--nonce", "challenge-1");
    expect(codesIn(valid)).toEqual([]);
    expect(valid.code).toBe(0);

    expect(codesIn(await verify("--nonce", "challenge-2"))).toEqual(["nonce"]);
    const other = join(folder, "other");
    await cli("keygen", other);
    const forged = await cli(
      "verify",
      certificate,
      "--bundle",
      bundle,
      "--public-key",
      `${other}.pub`,
      "--json",
    );
    expect(codesIn(forged)).toEqual(["signature"]);
    expect(forged.code).toBe(1);
    expect((await cli("verify", certificate, "--bundle", bundle, "--public-key", key)).code).toBe(2);

    const bytes = await readFile(bundle);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    await writeFile(bundle, bytes);
    const changed = await verify();
    expect(codesIn(changed)).toEqual(["bundle"]);
    expect(changed.code).toBe(1);
    expect(await readFile(certificate, "utf8")).not.toContain(API_KEY);
  });

  test("is rejected for the bundle of another certified run", async () => {
    const { certify, certificate, key } = await prepare();
    await certify();
    const { bundle: other } = await loadRecordedRun("claimed");
    const swapped = await cli(
      "verify",
      certificate,
      "--bundle",
      other,
      "--public-key",
      `${key}.pub`,
      "--json",
    );
    expect(codesIn(swapped)).toEqual(["digest"]);
  });

  test("expires, and cannot claim more than the evidence shows", async () => {
    const { key, bundle, certificate, certify } = await prepare();
    await certify("--expires-in", "1d");
    const [envelope, evidence] = [await readFile(certificate), await readFile(bundle)];
    const publicKey = createPublicKey(await readFile(`${key}.pub`));
    const codesAt = async (hours: number, signed: Uint8Array = envelope) => {
      const now = new Date(Date.now() + hours * 3_600_000);
      return (await verifyCertificate(signed, evidence, { publicKey, now })).refusals.map(({ code }) => code);
    };
    expect(await codesAt(23)).toEqual([]);
    expect(await codesAt(25)).toEqual(["expired"]);
    expect(await codesAt(-1)).toEqual(["not_yet_valid"]);

    const { payload, payloadType } = JSON.parse(envelope.toString()) as Envelope;
    const claims = Buffer.from(payload, "base64").toString().replace('"name":"inventory"', '"name":"health"');
    const signer = createPrivateKey(await readFile(key));
    const overstated = seal(payloadType, Buffer.from(claims), signer);
    expect(await codesAt(0, Buffer.from(JSON.stringify(overstated)))).toEqual(["verdicts"]);
    const otherType = seal("application/json", Buffer.from(payload, "base64"), signer);
    expect(await codesAt(0, Buffer.from(JSON.stringify(otherType)))).toEqual(["not_a_certificate"]);
  });

  test("is not issued for a partial run", async () => {
    const { certify, certificate } = await prepare("--only", "INV-001");
    const refused = await certify();
    expect(refused.stderr).toContain("No certificate: only part of the profiles was tested");
    expect(refused.code).toBe(4);
    await expect(readFile(certificate)).rejects.toThrow();
  });

  test("needs a valid key and lifetime", async () => {
    const { certify, bundle, certificate } = await prepare();
    expect((await certify("--expires-in", "soon")).code).toBe(2);
    const noKey = await cli("certify", bundle, "--key", bundle, "--out", certificate);
    expect(noKey.stderr).toContain("Ed25519");
    expect(noKey.code).toBe(2);
  });
});
