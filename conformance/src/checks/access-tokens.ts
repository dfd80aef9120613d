import type { Exchange } from "../evidence/exchange.ts";
import { endOf, objectOf, readAccessToken, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, type Problem, show } from "./finding.ts";
import { describeResponse } from "./judge-response.ts";

/** Maximum time by which rounding to whole seconds may shorten a token's lifetime. */
const ROUNDING_MS = 1000;

const isOauthError = (exchange: Exchange): boolean => {
  const error = objectOf(exchange)?.["error"];
  return typeof error === "string" && error !== "";
};

/** Tells whether a response refuses client credentials the way OAuth 2 requires. */
const isRefusal = (exchange: Exchange): boolean =>
  [400, 401].includes(exchange.response?.status ?? 0) && isOauthError(exchange);

const ASSERTION_HINT =
  "Check that the client of --client-id has the public key of --private-key-file. If it has, verify the assertion as RFC 7523 says: iss and sub are the client id, aud is the token_url of your manifest, and exp is in the future.";

/**
 * Returns what is wrong with the response to valid client credentials. The result never contains the token.
 */
function findIssueProblem(issued: Exchange, isByKey: boolean): Problem | null {
  if (issued.response?.status !== 200) {
    return {
      expected: "200 with an access token for the client of --client-id",
      actual: describeResponse(issued),
      hint: isByKey
        ? ASSERTION_HINT
        : "Check --client-id and --client-secret. If they are right, the token endpoint rejects valid client credentials. Read the client id and secret from the HTTP Basic header, and form-decode both (RFC 6749, section 2.3.1). Read grant_type from the form body.",
    };
  }
  const body = objectOf(issued);
  if (readAccessToken(issued) === null) {
    return {
      where: "/access_token",
      expected: "an access token",
      actual: "no access token, or a token that cannot be sent in a header",
      hint: "Return access_token as a string of letters, digits and -._~+/= only. Clients send the token in a header, after Bearer.",
    };
  }
  if (textOf(body, "token_type")?.toLowerCase() !== "bearer") {
    return {
      where: "/token_type",
      expected: '"Bearer"',
      actual: show(body?.["token_type"]),
      hint: 'Return "Bearer" as token_type, whatever format the token has. The type says how clients send the token. Clients reject types that they do not support.',
    };
  }
  return readAccessToken(issued)?.expiresIn === null
    ? {
        where: "/expires_in",
        expected: "the token's lifetime in seconds, as a positive number",
        actual: show(body?.["expires_in"]),
        hint: "Return expires_in. Without expires_in, a consumer cannot renew its token before a call fails.",
      }
    : null;
}

const REFUSAL_HINT =
  "Look up the client and verify its secret or its assertion before you issue a token. Otherwise anyone who knows a client id can read the inventory.";
const ASSERTION_REFUSAL_HINT =
  "Before you issue a token, verify the assertion with the key of the client, and then its exp, iss, sub and aud (RFC 7523, section 3).";

/** Returns what is wrong with the response to invalid client credentials. */
function findRefusalProblem(refusal: Exchange, hint = REFUSAL_HINT): Problem | null {
  const status = refusal.response?.status;
  if (status !== 400 && status !== 401) {
    return {
      expected: `400 or 401 for: ${refusal.purpose}`,
      actual: describeResponse(refusal),
      hint,
    };
  }
  return isOauthError(refusal)
    ? null
    : {
        where: "/error",
        expected: 'an OAuth 2 error code, such as "invalid_client"',
        actual: show(objectOf(refusal)?.["error"]),
        hint: "Return the error response that RFC 6749 defines in section 5.2. OAuth libraries do not read problem documents from a token endpoint.",
      };
}

/** Returns what is wrong with the response to an expired token. */
const findAcceptedProblem = (exchange: Exchange, what: string): Problem | null =>
  exchange.response?.status === 401
    ? null
    : {
        expected: `401 for ${what}`,
        actual: describeResponse(exchange),
        hint: "Check a token's expiry on every call, not only on the first call with that token. If your JWT library accepts expired tokens for a minute or more, set its clock skew to at most 10 s.",
      };

const secondsAfter = (exchange: Exchange, earlier: Exchange): string =>
  ((Date.parse(exchange.startedAt) - Date.parse(earlier.startedAt)) / 1000).toFixed(1);

/** OAuth 2 client credentials. */
export const accessTokenChecks = [
  check("AUTH-004", ["oauth"], ({ oauth: { issued, wrong, assertions } }): Finding => {
    // AUTH-007 judges the answer to a valid assertion.
    if (assertions !== undefined)
      return judgeEach(
        wrong.map((refusal) => ({ at: refusal.id, problem: findRefusalProblem(refusal) })),
        "no token was requested",
        ({ problem }) => problem,
      );
    // A wrong --client-secret is the operator's mistake, not the vendor's.
    if (isRefusal(issued)) {
      return {
        outcome: "could-not-run",
        reason: `the vendor refused this run's client with ${issued.response?.status} ${textOf(objectOf(issued), "error")}; pass a registered client with --client-id and --client-secret, and check that the vendor form-decodes the id and the secret in the HTTP Basic header (RFC 6749, section 2.3.1)`,
      };
    }
    return judgeEach(
      [
        { at: issued.id, problem: findIssueProblem(issued, false) },
        ...wrong.map((refusal) => ({ at: refusal.id, problem: findRefusalProblem(refusal) })),
      ],
      "no token was requested",
      ({ problem }) => problem,
    );
  }),

  check("AUTH-007", ["oauth"], ({ oauth: { issued } }): Finding => {
    // The vendor may have another public key for this client, which is the operator's mistake.
    if (isRefusal(issued))
      return {
        outcome: "could-not-run",
        reason: `the vendor refused this run's assertion with ${issued.response?.status} ${textOf(objectOf(issued), "error")}. ${ASSERTION_HINT}`,
      };
    return judgeEach([{ at: issued.id }], "no token was requested", () => findIssueProblem(issued, true));
  }),

  check(
    "AUTH-008",
    ["oauth"],
    ({ oauth: { issued, assertions = [] } }): Finding =>
      // If even a valid assertion is refused, the refusal of an invalid one proves nothing.
      issued.response?.status === 200
        ? judgeEach(
            assertions.map((refusal) => ({ at: refusal.id, refusal })),
            "the client of this run has a secret, not a private key",
            ({ refusal }) => findRefusalProblem(refusal, ASSERTION_REFUSAL_HINT),
          )
        : { outcome: "could-not-run", reason: "the vendor refused a valid assertion; see AUTH-007" },
  ),

  check("AUTH-005", ["oauth"], ({ oauth: { issued, use, expiry, givenExpired } }): Finding => {
    const expiresIn = readAccessToken(issued)?.expiresIn ?? null;
    if (use === null || expiresIn === null) {
      return {
        outcome: "could-not-run",
        reason: "token_url issued no access token with an expires_in; see AUTH-004",
      };
    }
    const lastGoodMs = Date.parse(issued.startedAt) + expiresIn * 1000 - ROUNDING_MS;
    const working = [use.fresh, use.afterAnother, ...(expiry ? [expiry.nearEnd] : [])].filter(
      // During a slow call, the token may have expired.
      (exchange) => endOf(exchange) <= lastGoodMs,
    );
    const worked = judgeEach(
      working.map((exchange) => ({ at: exchange.id, exchange })),
      "every call with the token took so long that the token may have expired before the response",
      ({ exchange }) =>
        exchange.response?.status === 200
          ? null
          : {
              expected: `200, ${secondsAfter(exchange, issued)} s after a token was issued for ${expiresIn} s: ${exchange.purpose}`,
              actual: describeResponse(exchange),
              hint: "Accept every token until its expires_in has passed, even after the client has received a newer token. Each worker of a consumer may have a separate token.",
            },
    );
    if (worked.outcome !== "pass") return worked;
    if (expiry === null) {
      if (!givenExpired) {
        return {
          outcome: "could-not-run",
          reason: `access tokens last ${expiresIn} s, so the suite did not wait until one expired; let the sandbox issue tokens that last 30 s or less, or pass an expired token with --expired-access-token`,
        };
      }
      const given = judgeEach([{ at: givenExpired.id }], "", () =>
        findAcceptedProblem(givenExpired, "the token of --expired-access-token"),
      );
      return given.outcome === "pass" ? { outcome: "pass", cites: [...worked.cites, ...given.cites] } : given;
    }
    // If even a call with a renewed token is refused, the refusal of the old token does not prove that it
    // expired.
    if (expiry.withRenewed?.response?.status !== 200) {
      return {
        outcome: "could-not-run",
        reason:
          "the vendor refused the first access token after it expired, but then also refused a new token; so the suite cannot tell whether the vendor enforces expiry",
      };
    }
    const refused = judgeEach([{ at: expiry.expired.id }], "", () =>
      findAcceptedProblem(
        expiry.expired,
        `a token issued for ${expiresIn} s, ${secondsAfter(expiry.expired, issued)} s after it was requested`,
      ),
    );
    if (refused.outcome !== "pass") return refused;
    const unseen = working.includes(expiry.nearEnd)
      ? {}
      : {
          unseen:
            "the call near the end of the token's lifetime took so long that the token may have expired before the response",
        };
    return { outcome: "pass", cites: [...worked.cites, ...refused.cites], ...unseen };
  }),
];
