import { isSuccess, objectOf, textOf } from "../evidence/read.ts";
import { check } from "./check.ts";
import { type Finding, judgeEach, judgeMixed, type Problem, show } from "./finding.ts";
import { describeResponse, judgeStatus } from "./judge-response.ts";

/** The minimum length. Shorter credentials occur in other texts by chance. */
const MIN_SECRET_LENGTH = 8;

/**
 * Tells whether a token contains a secret, verbatim or in base64. In base64, the first and the last character share
 * a letter with their neighbours, so a placeholder does not replace all of them.
 */
const contains = (token: string, secret: string): boolean =>
  [token, Buffer.from(token, "base64").toString("latin1")].some((text) => text.includes(secret.slice(1, -1)));

export const authenticationChecks = [
  check("AUTH-001", ["authentication"], ({ authentication }) =>
    judgeStatus(
      authentication.withoutCredential,
      [401],
      "Answer 401 before you validate or look up anything, because the request has no credential. Use 403 only for a known caller without permission.",
    ),
  ),

  check("AUTH-002", ["authentication"], ({ authentication }) =>
    judgeStatus(
      authentication.wrongCredential,
      [401],
      "Answer 401, because you never issued this key: the suite made it up. Compare each key with the keys that you issued. Do not check only whether the request has a key.",
    ),
  ),

  check("AUTH-003", ["authentication"], ({ authentication }) => {
    const refusals = [...authentication.withoutCredential, ...authentication.wrongCredential].filter(
      ({ response }) => response?.status === 401,
    );
    return judgeEach(
      refusals.map(({ id, response }) => ({ at: id, scheme: response?.headers["www-authenticate"] })),
      "no response had status 401",
      ({ scheme }) =>
        /(?:^|,)\s*bearer(?:\s|,|$)/i.test(scheme ?? "")
          ? null
          : {
              where: "www-authenticate",
              expected: "the scheme Bearer, such as WWW-Authenticate: Bearer",
              actual: scheme === undefined ? "no such header" : show(scheme),
              hint: "Set WWW-Authenticate on every 401 response, in one place that all these responses go through.",
            },
    );
  }),

  check("AUTH-006", ["authentication", "withdrawal"], ({ authentication, withdrawal }): Finding => {
    // If the vendor accepts any credential, its response to a withdrawn credential proves nothing.
    if (authentication.wrongCredential.some(({ response }) => response?.status !== 401)) {
      return {
        outcome: "could-not-run",
        reason: "a made-up credential was not answered with 401; see AUTH-002",
      };
    }
    return judgeEach(
      withdrawal.calls.map((exchange) => ({ at: exchange.id, exchange })),
      "no call was made",
      ({ exchange }) =>
        exchange.response?.status === 401
          ? null
          : {
              expected: `401 for ${exchange.request.method} ${new URL(exchange.request.url).pathname} with a withdrawn credential`,
              actual: describeResponse(exchange),
              hint: "If the credential that you passed as --withdrawn-api-key or --withdrawn-private-key-file is still valid, revoke it and run again. If it is revoked, check on every call whether a credential is still valid, and invalidate caches. Do not answer with an empty list: a consumer would conclude that every device was removed.",
            },
    );
  }),

  check("SEC-003", ["authentication", "orgs", "sites", "devices", "paging"], (evidence): Finding => {
    const { inQuery = [] } = evidence.authentication;
    const secrets = inQuery
      .flatMap(({ request }) => [...new URL(request.url).searchParams.values()])
      .filter(({ length }) => length >= MIN_SECRET_LENGTH);
    const accepted = inQuery.map((exchange) => ({
      at: exchange.id,
      find: (): Problem | null =>
        isSuccess(exchange)
          ? {
              expected: "401, because the credential is only in the URL",
              actual: describeResponse(exchange),
              hint: "Read credentials only from the Authorization header. URLs end up in logs, histories and Referer headers.",
            }
          : null,
    }));
    const listings = [evidence.orgs.listing, evidence.sites.listing, evidence.devices.listing];
    const { inSmallPages, orgsInSmallPages, sitesInSmallPages } = evidence.paging;
    const pages = [...listings, inSmallPages, orgsInSmallPages, sitesInSmallPages].flatMap(
      (listing) => listing.pages,
    );
    const tokens = pages.flatMap((page) =>
      ["next_cursor", "sync_token"].map((name) => ({
        at: page.id,
        find: (): Problem | null => {
          const token = textOf(objectOf(page), name);
          return token !== null && secrets.some((secret) => contains(token, secret))
            ? {
                where: `/${name}`,
                expected: "a token without the credential, because callers put tokens into URLs",
                actual: "the token contains the credential of the call",
                hint: "Refer to the caller's account by an id, or encrypt the token.",
              }
            : null;
        },
      })),
    );
    const finding = judgeMixed([...accepted, ...tokens], "no listing was readable");
    return finding.outcome === "pass" && inQuery.length === 0
      ? {
          ...finding,
          unseen:
            "The run had neither an API key nor a private key, or was read-only, so the suite sent no credential in a URL.",
        }
      : finding;
  }),
];
