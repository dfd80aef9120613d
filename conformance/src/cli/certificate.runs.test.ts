import { createPrivateKey, createPublicKey } from "node:crypto";
import { copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createCampus } from "@convergint/example-vendor-cloud";
import { describe, expect, test } from "vitest";
import { readBundle, writeBundle } from "../bundle/bundle.ts";
import { certify } from "../certificate/certify.ts";
import { findContradiction } from "../certificate/check-evidence.ts";
import { confirm } from "../certificate/confirmation.ts";
import { type Envelope, seal, sealDocument } from "../certificate/dsse.ts";
import { CERTIFICATE, createStatement } from "../certificate/statement.ts";
import { verifyCertificate } from "../certificate/verify.ts";
import { systemClock } from "../harness/clock.ts";
import { grade, type Recorded } from "../suite/grade.ts";
import {
  API_KEY,
  cli,
  run,
  SMALL_CAMPUS,
  serve,
  startIn,
  startVendor,
  temporaryFolder,
} from "./testing/harness.ts";
import { loadRecordedRun } from "./testing/recorded-run.ts";

const campus = () =>
  startVendor(createCampus({ seed: 11, apiKeys: [{ key: API_KEY, orgIds: "all" }], ...SMALL_CAMPUS }));

/**
 * Creates a key pair and a bundle. The bundle comes from the shared run or, with flags, from a new run with
 * these flags.
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
    // Another reader would take the first of two members, or a member that this suite does not know.
    const honest = Buffer.from(payload, "base64").toString();
    for (const ambiguous of [
      honest.replace('"passedTests":', '"passedTests":["SBX-001"],"passedTests":'),
      honest.replace('"passedTests":', '"note":"also certified for health","passedTests":'),
    ]) {
      const signed = seal(payloadType, Buffer.from(ambiguous), signer);
      expect(await codesAt(0, Buffer.from(JSON.stringify(signed)))).toEqual(["verdicts"]);
    }
    const otherType = seal("application/json", Buffer.from(payload, "base64"), signer);
    expect(await codesAt(0, Buffer.from(JSON.stringify(otherType)))).toEqual(["not_a_certificate"]);
  });

  test("is neither issued nor accepted if the evidence contradicts the target, the dates or the whole run", async () => {
    const { key, bundle } = await prepare();
    const signer = createPrivateKey(await readFile(key));
    const original = await readFile(bundle);
    const read = readBundle(original);
    const { recorded } = read;
    const issuedAt = new Date();
    const expiresAt = new Date(issuedAt.getTime() + 24 * 3_600_000);
    const { closing: _, ...withoutClosing } = recorded.record.parts;
    const emptyClosing = { ...withoutClosing, closing: { parts: {}, missing: {} } };
    const later = new Date(recorded.finishedAt.getTime() + 3_600_000);
    const longAgo = 401 * 24 * 3_600_000;
    const edits: Record<string, [Partial<Recorded>, RegExp]> = {
      target: [
        { target: new URL("https://another-vendor.example") },
        /the manifest came from http:.*, not from the target https:/,
      ],
      base: [{ target: new URL("/other", recorded.target) }, /the manifest came from/],
      date: [{ startedAt: later, finishedAt: new Date(later.getTime() + 1000) }, /is not during the run/],
      order: [{ startedAt: recorded.finishedAt, finishedAt: recorded.startedAt }, /ended before it started/],
      closing: [
        { record: { ...recorded.record, parts: withoutClosing } },
        /the second look at \w+ .* is missing/,
      ],
      empty: [
        { record: { ...recorded.record, parts: emptyClosing } },
        /the second look at \w+ .* is missing/,
      ],
    };
    expect(findContradiction(read)).toBeNull();
    expect(findContradiction({ ...read, contractVersion: "7.3" })).toMatch(/contract 7\.3/);
    for (const [edit, reason] of Object.values(edits)) {
      const edited = writeBundle(await grade({ ...recorded, ...edit }));
      const certifying = certify(Buffer.from(edited), signer, { issuedAt, expiresAt, nonce: null });
      await expect(certifying).rejects.toThrow(reason);
    }
    // Signed anyway, by a signer that does not look.
    const edited = writeBundle(await grade({ ...recorded, ...edits["target"]?.[0] }));
    const claims = readBundle(Buffer.from(edited));
    const statement = createStatement(claims, await grade(claims.recorded), {
      issuedAt,
      expiresAt,
      nonce: null,
    });
    const envelope = Buffer.from(JSON.stringify(sealDocument(CERTIFICATE, statement, signer)));
    const verified = await verifyCertificate(envelope, Buffer.from(edited), {
      publicKey: createPublicKey(signer),
      now: issuedAt,
    });
    expect(verified.refusals.map(({ code }) => code)).toEqual(["claims"]);

    const lasting = { issuedAt, expiresAt: new Date(recorded.finishedAt.getTime() + longAgo), nonce: null };
    await expect(certify(original, signer, lasting)).rejects.toThrow("at most 400 days after its run");
    const long = createStatement(read, await grade(recorded), lasting);
    const verifiedLong = await verifyCertificate(
      Buffer.from(JSON.stringify(sealDocument(CERTIFICATE, long, signer))),
      original,
      { publicKey: createPublicKey(signer), now: issuedAt },
    );
    expect(verifiedLong.refusals.map(({ code }) => code)).toEqual(["claims"]);
  });

  test("names the vendor and the date of its run", async () => {
    const { bundle, certificate, certify, key } = await prepare();
    await certify();
    const shown = await cli("verify", certificate, "--bundle", bundle, "--public-key", `${key}.pub`);
    expect(shown.stdout).toMatch(
      /The vendor calls itself Example Campus Cloud \(example-campus\)\. The run ended at \d{4}-/,
    );
  });

  test("the evidence of a run in every profile supports its claims", async () => {
    const { bundle } = await loadRecordedRun("claimed");
    expect(findContradiction(readBundle(await readFile(bundle)))).toBeNull();
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

describe("revoke", () => {
  test("publishes a list that refuses the certificate, from a file and from a URL", async () => {
    const { folder, key, certificate, certify, verify } = await prepare();
    await certify();
    const [list, seen] = [join(folder, "revoked.json"), join(folder, "seen.json")];
    const revoke = (...args: string[]) => cli("revoke", ...args, "--list", list, "--key", key);
    /** Verifies a certificate without its bundle, whose verification takes longest. Returns the refusals. */
    const lookUp = async (...args: string[]) => {
      const keys = ["--public-key", `${key}.pub`, "--json"];
      const ended = await cli("verify", certificate, "--bundle", certificate, ...keys, ...args);
      return { ...ended, codes: codesIn(ended).filter((code) => code !== "bundle") };
    };
    expect((await revoke()).stdout).toContain("revoked certificates: 0");
    const first = await readFile(list);
    const url = await serve((request, response) =>
      request.url === "/list" ? response.end(first) : response.writeHead(404).end(),
    );
    const clean = await verify("--revocations", `${url}/list`, "--seen-lists", seen);
    expect([clean.code, JSON.parse(clean.stdout)]).toMatchObject([0, { revocations: { sequence: 1 } }]);
    expect((await lookUp("--revocations", `${url}/none`)).codes).toEqual(["revocations_unavailable"]);

    expect((await revoke(certificate)).stderr).toContain("--reason");
    expect((await revoke(certificate, "--reason", "The sandbox was not the product.")).code).toBe(0);
    // A revocation is final: revoking the certificate a second time does not change the reason.
    await revoke((JSON.parse(clean.stdout) as { certificate: string }).certificate, "--reason", "Again.");
    const revoked = await lookUp("--revocations", list, "--seen-lists", seen);
    expect([revoked.code, revoked.codes]).toEqual([1, ["revoked"]]);
    expect(revoked.stdout).toContain("The sandbox was not the product.");
    const rolledBack = await lookUp("--revocations", `${url}/list`, "--seen-lists", seen);
    expect(rolledBack.codes).toEqual(["revocations_rolled_back"]);

    const other = join(folder, "other");
    await cli("keygen", other);
    const before = await readFile(list, "utf8");
    const sign = (file: string, ...args: string[]) => cli("revoke", ...args, "--list", file, "--key", other);
    const foreign = await sign(join(folder, "new.json"), certificate, "--reason", "Mine.");
    expect([foreign.code, foreign.stderr]).toEqual([2, expect.stringContaining("is not signed with --key")]);
    expect((await sign(list)).stderr).toContain("is not signed with --key");
    expect((await cli("revoke", "--list", certificate, "--key", key)).stderr).toContain(
      "not a revocation list",
    );
    expect(await readFile(list, "utf8")).toBe(before);
  });
});

describe("confirm", () => {
  /** Writes the bundle of a later run that tested only MAN-001. @param edit changes the text of the manifest's exchange first */
  async function writeLater(recorded: Recorded, file: string, edit = (text: string) => text) {
    const later = (time: Date) => new Date(time.getTime() + 24 * 3_600_000);
    const [startedAt, finishedAt] = [later(recorded.startedAt), later(recorded.finishedAt)];
    const text = JSON.stringify(recorded.record.parts.discovery).replaceAll(
      /"startedAt":"([^"]+)"/g,
      (_, time: string) => `"startedAt":"${later(new Date(time)).toISOString()}"`,
    );
    const discovery = JSON.parse(edit(text));
    const record = { parts: { discovery }, missing: {} };
    const run = await grade({ ...recorded, only: ["MAN-001"], record, startedAt, finishedAt });
    await writeFile(file, writeBundle(run));
    return finishedAt.toISOString();
  }

  test("a certificate says when a later run last confirmed it", async () => {
    const { folder, key, bundle, certificate, certify } = await prepare();
    await certify();
    const [later, out] = [join(folder, "later.json"), join(folder, "confirmation.json")];
    const { recorded } = readBundle(await readFile(bundle));
    const at = await writeLater(recorded, later);
    const signed = ["--key", key, "--out", out];
    const confirmed = await cli("confirm", certificate, "--bundle", bundle, "--later", later, ...signed);
    expect([confirmed.code, confirmed.stderr]).toEqual([0, ""]);
    const clock = { ...systemClock, now: () => Date.parse(at) + 25 * 3_600_000 };
    const keys = ["--bundle", bundle, "--public-key", `${key}.pub`, "--json"];
    const old = await startIn(
      { folder, clock },
      ...["verify", certificate, ...keys, "--confirmation", out, "--confirmed-within", "1d"],
    ).ended;
    const { last_confirmed, certificate: id, statement } = JSON.parse(old.stdout);
    expect(last_confirmed).toMatchObject({ at, requirements: 1 });
    expect(codesIn(old)).toEqual(["not_confirmed"]);

    const confirmBy = async (file: string) =>
      confirm({ certificate: id, statement }, recorded, await readFile(file), new Date());
    await expect(confirmBy(bundle)).rejects.toThrow("is not later than the run of the certificate");
    await writeLater(recorded, later, (text) => text.replaceAll("example-campus", "another"));
    await expect(confirmBy(later)).rejects.toThrow('of the vendor "another"');
    await writeLater(recorded, later, (text) => text.replaceAll("contract_version", "contract"));
    await expect(confirmBy(later)).rejects.toThrow("failed MAN-001");
  });
});
