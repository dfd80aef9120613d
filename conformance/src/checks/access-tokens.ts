import { accessTokenIn } from "../evidence/access-token.ts";
import type { Exchange } from "../evidence/exchange.ts";
import { objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Failure, type Finding, judgeEach, show } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";

/** What a token may have lost by rounding to whole seconds when a call still has to work. */
const ROUNDING_MS = 1000;

type Wrong = Omit<Failure, "at"> | null;

const isOauthError = (exchange: Exchange): boolean => {
  const error = objectOf(exchange)?.["error"];
  return typeof error === "string" && error !== "";
};

/** Whether an answer refuses client credentials as wrong ones are to be refused. */
const isRefusal = (exchange: Exchange): boolean =>
  [400, 401].includes(exchange.response?.status ?? 0) && isOauthError(exchange);

/** What is wrong with the answer to right client credentials, without repeating the token. */
function wronglyIssued(issued: Exchange): Wrong {
  if (issued.response?.status !== 200) {
    return {
      expected: "200 with an access token, for the client of --client-id and --client-secret",
      actual: describeResponse(issued),
      hint: "Read the id and secret from HTTP Basic, each form-decoded (RFC 6749, section 2.3.1), and grant_type from a form.",
    };
  }
  const body = objectOf(issued);
  if (accessTokenIn(issued) === null) {
    return {
      where: "/access_token",
      expected: "the access token",
      actual: "none that a header could hold",
      hint: "Answer with access_token, a text of letters, digits and -._~+/=, as it goes behind Bearer in a header.",
    };
  }
  if (textOf(body, "token_type")?.toLowerCase() !== "bearer") {
    return {
      where: "/token_type",
      expected: '"Bearer"',
      actual: show(body?.["token_type"]),
      hint: "Say Bearer whatever the token is inside: it tells how the token is sent, and a client that knows no other kind stops here.",
    };
  }
  return accessTokenIn(issued)?.expiresIn === null
    ? {
        where: "/expires_in",
        expected: "for how many seconds the token is good, as a number",
        actual: show(body?.["expires_in"]),
        hint: "A consumer renews its token before it expires; without this it learns of it by a refused call.",
      }
    : null;
}

/** What is wrong with the answer to wrong client credentials. */
function wronglyRefused(refusal: Exchange): Wrong {
  const status = refusal.response?.status;
  if (status !== 400 && status !== 401) {
    return {
      expected: `400 or 401 to: ${refusal.purpose}`,
      actual: describeResponse(refusal),
      hint: "Look the client up and compare its secret before a token is made: whoever knows an id could read the inventory.",
    };
  }
  return isOauthError(refusal)
    ? null
    : {
        where: "/error",
        expected: 'the OAuth 2 error, such as "invalid_client"',
        actual: show(objectOf(refusal)?.["error"]),
        hint: "Answer as RFC 6749, section 5.2, says: here a problem alone is not what OAuth libraries read.",
      };
}

/** When an answer had come, in milliseconds. */
const endOf = ({ startedAt, durationMs }: Exchange): number => Date.parse(startedAt) + durationMs;

/** OAuth 2 client credentials. */
export const accessTokenChecks = [
  check("AUTH-004", ["oauth"], ({ oauth: { issued, wrong } }): Finding => {
    // Who gave a wrong secret is to be told so, and no vendor to be blamed for it.
    if (isRefusal(issued)) {
      return {
        outcome: "could-not-run",
        reason: `the vendor refused the client of this run with ${issued.response?.status} ${textOf(objectOf(issued), "error")}; give one that it registered with --client-id and --client-secret, and see that it form-decodes both parts of the HTTP Basic login (RFC 6749, section 2.3.1)`,
      };
    }
    return judgeEach(
      [
        { at: issued.id, wrong: wronglyIssued(issued) },
        ...wrong.map((refusal) => ({ at: refusal.id, wrong: wronglyRefused(refusal) })),
      ],
      "no token was asked for",
      ({ wrong: found }) => found,
    );
  }),

  check("AUTH-005", ["oauth"], ({ oauth: { issued, use, expiry } }): Finding => {
    const expiresIn = accessTokenIn(issued)?.expiresIn ?? null;
    if (use === null || expiresIn === null) {
      return {
        outcome: "could-not-run",
        reason: "token_url issued no access token with an expires_in; see AUTH-004",
      };
    }
    const lastGoodMs = Date.parse(issued.startedAt) + expiresIn * 1000 - ROUNDING_MS;
    const working = [use.fresh, use.afterAnother, ...(expiry ? [expiry.nearEnd] : [])].filter(
      // A call whose answer took too long may have met an expired token.
      (exchange) => endOf(exchange) <= lastGoodMs,
    );
    const worked = judgeEach(
      working.map((exchange) => ({ at: exchange.id, exchange })),
      "every call with the token took so long that it may have expired on the way",
      ({ exchange }) =>
        exchange.response?.status === 200
          ? null
          : {
              expected: `200, ${((Date.parse(exchange.startedAt) - Date.parse(issued.startedAt)) / 1000).toFixed(1)} s after a token was issued for ${expiresIn} s: ${exchange.purpose}`,
              actual: describeResponse(exchange),
              hint: "Keep every token until its own expires_in has passed, also when the client gets another; several workers of a consumer may hold one each.",
            },
    );
    if (worked.outcome !== "pass") return worked;
    if (expiry === null) {
      return {
        ...worked,
        unseen: `an access token is good for ${expiresIn} s, so it was not waited for that one expires; let the sandbox issue them for 30 s or less`,
      };
    }
    // A vendor that refuses every call by now shows nothing of the token.
    if (expiry.withRenewed?.response?.status !== 200) {
      return {
        outcome: "could-not-run",
        reason:
          "a new access token did not work either when the first had expired, so nothing follows from that one's refusal",
      };
    }
    const refused = judgeEach([{ at: expiry.expired.id }], "", () =>
      expiry.expired.response?.status === 401
        ? null
        : {
            expected: `401 to a token that was issued for ${expiresIn} s, after those`,
            actual: describeResponse(expiry.expired),
            hint: "Look at the token's expiry at every call, not only when it is first seen.",
          },
    );
    if (refused.outcome !== "pass") return refused;
    const unseen = working.includes(expiry.nearEnd)
      ? {}
      : { unseen: "the call near the token's end took so long that the token may have expired on the way" };
    return { outcome: "pass", cites: [...worked.cites, ...refused.cites], ...unseen };
  }),
];
