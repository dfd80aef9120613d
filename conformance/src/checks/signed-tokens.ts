import type { Evidence, RefusedToken } from "../evidence/evidence.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { readTokenTerms } from "../evidence/manifest.ts";
import { objectOf } from "../evidence/read.ts";
import { type Check, check } from "./check.ts";
import { type Finding, judgeEach, withUnseen } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";

const isAccepted = ({ response }: Exchange): boolean => response?.status === 200;

/** Judges calls with valid tokens. */
const judgeAccepted = (exchanges: readonly Exchange[], hint: string): Finding =>
  judgeEach(
    exchanges.map((exchange) => ({ at: exchange.id, exchange })),
    "no token was sent",
    ({ exchange }) =>
      isAccepted(exchange)
        ? null
        : { expected: `200 for ${exchange.purpose}`, actual: describeResponse(exchange), hint },
  );

/** What to say if the vendor refuses every valid token, which may be a mistake of the user. */
const describeRefusal = (exchange: Exchange): string =>
  `the vendor refused a valid token of this run with ${describeResponse(exchange)}; check that it has the public key of --private-key-file, under the id of --key-id if you gave one, and that issuer and audience are those that it expects`;

/** Judges the answers to tokens that are wrong in one way. @param none the reason to report if there are no answers */
function judgeRefused(
  { accepted: [usual], refused }: Evidence["signedTokens"],
  kind: RefusedToken["kind"],
  hint: string,
  none: string,
): Finding {
  const sent = refused.filter((each) => each.kind === kind);
  if (sent.length === 0) return { outcome: "not-applicable", reason: none };
  // If even a valid token is refused, the refusal of an invalid one proves nothing.
  if (usual === undefined || !isAccepted(usual))
    return { outcome: "could-not-run", reason: "the vendor refused a valid token; see AUTH-009" };
  return judgeEach(
    sent.map(({ exchange }) => ({ at: exchange.id, exchange })),
    none,
    ({ exchange }) =>
      exchange.response?.status === 401
        ? null
        : { expected: `401 for ${exchange.purpose}`, actual: describeResponse(exchange), hint },
  );
}

/** The requirements about tokens that the vendor must refuse. */
const REFUSALS: readonly {
  readonly id: string;
  readonly kind: RefusedToken["kind"];
  readonly hint: string;
  readonly none?: string;
}[] = [
  {
    id: "AUTH-010",
    kind: "expired",
    hint: "Compare exp with the time on every call, and set the tolerance of your JWT library to at most 60 s.",
  },
  {
    id: "AUTH-011",
    kind: "early",
    hint: "Refuse a token whose iat or nbf is more than 60 s in the future. Most libraries check only nbf, so compare iat yourself.",
  },
  {
    id: "AUTH-012",
    kind: "signature",
    hint: "Verify the signature over header and claims as received, with a key that you registered for this consumer. Never take a key from the token itself (jwk, jku, x5c).",
  },
  {
    id: "AUTH-013",
    kind: "kid",
    hint: "Look the key up by the kid of the token, and answer 401 if there is no such key. Do not fall back to another key.",
    none: "the tokens of this run have no kid, because --key-id was not given",
  },
  {
    id: "AUTH-014",
    kind: "issuer",
    hint: "Give your JWT library the issuer of your manifest, and require the claim.",
  },
  {
    id: "AUTH-015",
    kind: "audience",
    hint: "Give your JWT library the audience of your manifest, and require the claim. Otherwise a token for another service works at yours.",
    none: "the manifest has no audience",
  },
  {
    id: "AUTH-016",
    kind: "none",
    hint: "Give your JWT library the list of accepted algorithms. A token with alg none has no signature, so anyone can write one.",
  },
  {
    id: "AUTH-017",
    kind: "shared_secret",
    hint: "Give your JWT library the list of accepted algorithms, and do not let the token choose. Otherwise the public key, which is not secret, becomes the secret of HS256.",
  },
  {
    id: "AUTH-018",
    kind: "algorithm",
    hint: "Accept only the algorithms that your manifest lists, or add this one to the manifest.",
    none: "the manifest declares every algorithm in which the key of this run can sign",
  },
  {
    id: "AUTH-019",
    kind: "lifetime",
    hint: "Answer 401 if exp - iat is more than max_lifetime_seconds of your manifest. JWT libraries do not compare the two, so do it yourself; comparing exp with the current time is not enough.",
  },
  {
    id: "AUTH-020",
    kind: "endless",
    hint: "Require exp and iat. Most JWT libraries accept a token without exp, and such a token works forever.",
  },
];

/** Tokens that the consumer signs. @see spec/1.0/contract.md#signed-tokens */
export const signedTokenChecks: readonly Check[] = [
  check("AUTH-009", ["discovery", "signedTokens"], ({ discovery, signedTokens }): Finding => {
    const { accepted, algorithms } = signedTokens;
    const [usual] = accepted;
    if (usual && accepted.every(({ response }) => response?.status === 401))
      return { outcome: "could-not-run", reason: describeRefusal(usual) };
    const declared = readTokenTerms(objectOf(discovery.manifest))?.algorithms ?? [];
    const untried = declared.filter((each) => !algorithms.includes(each));
    return withUnseen(
      judgeAccepted(
        accepted,
        "Accept each token until its exp, for any number of calls, with an iat up to 60 s ahead of your clock, and whatever other members it has. If your library refuses an iat in the future, set its tolerance to 60 s.",
      ),
      untried.length > 0
        ? `The run had no key for ${untried.join(" and ")}. Give a key of another kind with --next-private-key-file.`
        : null,
    );
  }),

  ...REFUSALS.map(({ id, kind, hint, none = "no such token was sent" }) =>
    check(id, ["signedTokens"], ({ signedTokens }) => judgeRefused(signedTokens, kind, hint, none)),
  ),

  check("AUTH-021", ["signedTokens"], ({ signedTokens: { rotation } }): Finding => {
    if (rotation === null) return { outcome: "could-not-run", reason: "the run had no second private key" };
    const [usual] = rotation;
    if (usual && rotation.every(({ response }) => response?.status === 401))
      return { outcome: "could-not-run", reason: describeRefusal(usual) };
    return judgeAccepted(
      rotation,
      "Register several keys for one consumer, each with its kid, and verify a token with the key of its kid. If the next key of this run is not registered, register it and run again.",
    );
  }),
];
