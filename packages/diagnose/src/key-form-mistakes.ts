import type { KeyFormCode, Mistake } from "./mistake.ts";

type Text = Pick<Mistake, "title" | "explanation"> & { readonly line: string };

const TEXTS: Readonly<Record<KeyFormCode, Text>> = {
  no_key: {
    title: "There is no key",
    explanation: "A key is empty or not a string: the setting is missing or has a different name.",
    line: "WEBHOOK_SECRET=whsec_… # and refuse to start without it",
  },
  too_many_keys: {
    title: "There are too many keys",
    explanation: "Pass only the endpoint's current keys. A verifier accepts at most 16.",
    line: "createVerifier({ keys: [newSecret, oldSecret] })",
  },
  key_has_v1_prefix: {
    title: 'The key begins with "v1,"',
    explanation: 'Only signatures begin with "v1,"; a secret begins with whsec_.',
    line: "WEBHOOK_SECRET=whsec_… # not v1,whsec_…",
  },
  key_has_quotes: {
    title: "The key has quotes around it",
    explanation:
      "Some readers of .env files, such as Docker's, keep the quotes around a value. Remove the quotes.",
    line: "WEBHOOK_SECRET=whsec_… # without quotes",
  },
  key_has_whitespace: {
    title: "The key has white space around it",
    explanation:
      "A key has a space or a line break around it, for example because it was read from a file. Trim the key.",
    line: 'const secret = readFileSync(path, "utf8").trim();',
  },
  key_base64url: {
    title: "The key is in base64url",
    explanation:
      "A key contains - or _, so it is base64url. Use the key as it was issued. The issuer must write plain base64, which uses + and /.",
    line: 'const secret = "whsec_" + key.toString("base64"); // not "base64url"',
  },
  key_unpadded: {
    title: "The key has lost its padding",
    explanation:
      "Some configuration formats cut values at =, so the key lost the = at its end. Quote the value.",
    line: "WEBHOOK_SECRET=whsec_…= # with every = at the end",
  },
  key_without_prefix: {
    title: "The key lacks whsec_",
    explanation: "Use the key as it was issued.",
    line: "WEBHOOK_SECRET=whsec_…",
  },
  key_not_base64: {
    title: "The key is not base64",
    explanation:
      "The text after whsec_ is not base64, so the key is an API key, a placeholder, or was cut off. It was used as plain text.",
    line: "WEBHOOK_SECRET=whsec_… # the endpoint's secret, as its registration returned it",
  },
  key_length: {
    title: "The key has the wrong length",
    explanation:
      "A secret has 24 to 64 bytes, and an Ed25519 public key has 32. The key was cut off or made by hand.",
    line: "const secret = generateSecret(); // from @convergint/webhooks",
  },
  private_key_given: {
    title: "The key is the sender's private key",
    explanation:
      "whsk_ is the private key, which signs and must not leave the sender. Verify with the public key, whpk_. Replace the key pair, because it was disclosed.",
    line: 'createVerifier({ keys: "whpk_…" })',
  },
};

const SENDER_ISSUES: readonly KeyFormCode[] = ["key_base64url", "key_length"];

/** Describes what is wrong with the text of the receiver's key. */
export function keyFormMistake(code: KeyFormCode): Mistake {
  const { title, explanation, line } = TEXTS[code];
  const issued = SENDER_ISSUES.includes(code);
  return {
    code,
    title,
    explanation,
    fix: { line },
    where: issued ? "either" : "receiver",
    requirement: issued ? "SEC-002" : "RCV-001",
  };
}
