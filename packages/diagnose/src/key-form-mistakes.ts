import type { KeyFormCode, Mistake } from "./mistake.ts";

type Text = Pick<Mistake, "title" | "explanation"> & { readonly line: string };

const TEXTS: Readonly<Record<KeyFormCode, Text>> = {
  no_key: {
    title: "There is no key",
    explanation:
      "A key that was given is empty, or no text at all: the setting is missing, or has another name.",
    line: "WEBHOOK_SECRET=whsec_… # and refuse to start without it",
  },
  too_many_keys: {
    title: "There are too many keys",
    explanation: "More than 16 keys were given, which is refused. Give the endpoint's current ones alone.",
    line: "createVerifier({ keys: [newSecret, oldSecret] })",
  },
  key_has_v1_prefix: {
    title: "The key has v1, in front",
    explanation:
      "A key was given with v1, in front. That belongs to signatures: a secret begins with whsec_.",
    line: "WEBHOOK_SECRET=whsec_… # not v1,whsec_…",
  },
  key_has_quotes: {
    title: "The key has quotes around it",
    explanation:
      "A key was given with its quotes, as some readers of .env files leave them, and Docker's does.",
    line: "WEBHOOK_SECRET=whsec_… # without quotes",
  },
  key_has_whitespace: {
    title: "The key has white space around it",
    explanation: "A key was given with a space or a line break around it, as it comes from a file. Trim it.",
    line: 'const secret = readFileSync(path, "utf8").trim();',
  },
  key_base64url: {
    title: "The key is in base64url",
    explanation:
      "A key was given with - or _ in it, which is base64 for URLs. Give it as it was issued; whoever issues it writes plain base64, with + and /.",
    line: 'const secret = "whsec_" + key.toString("base64"); // not "base64url"',
  },
  key_unpadded: {
    title: "The key has lost its padding",
    explanation:
      "A key was given without the = at its end. Some settings cut at =: quote the value, or store it otherwise.",
    line: "WEBHOOK_SECRET=whsec_…= # with every = at the end",
  },
  key_not_base64: {
    title: "The key is not base64",
    explanation:
      "What follows whsec_ is not base64, so this is not a secret of a webhook endpoint: an API key, a placeholder, or one that was cut off. It was tried as plain text.",
    line: "WEBHOOK_SECRET=whsec_… # the endpoint's secret, as its registration answered it",
  },
  key_length: {
    title: "The key has the wrong length",
    explanation:
      "A secret holds 24 to 64 bytes and an Ed25519 public key 32; one that was given holds more or fewer. It was cut off, or made by hand.",
    line: "const secret = generateSecret(); // from @convergint/webhooks",
  },
  private_key_given: {
    title: "The key is the sender's private one",
    explanation:
      "whsk_ is the private key, which signs and must not leave the sender. Verify with its public key, whpk_, and replace the pair, since it has been in other hands.",
    line: 'createVerifier({ keys: "whpk_…" })',
  },
};

const SENDER_ISSUES: readonly KeyFormCode[] = ["key_base64url", "key_length"];

/** What is wrong with a key as the receiver was given it. */
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
