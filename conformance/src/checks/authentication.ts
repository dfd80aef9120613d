import { check } from "./check.ts";
import { type Finding, judgeEach } from "./finding.ts";
import { describeResponse, judgeStatus } from "./judge-response.ts";

export const authenticationChecks = [
  check("AUTH-001", ["authentication"], ({ authentication }) =>
    judgeStatus(
      authentication.withoutCredential,
      [401],
      "Nobody has said who is calling, so it is 401 before anything is looked up; 403 is for a caller who is known and may not.",
    ),
  ),

  check("AUTH-002", ["authentication"], ({ authentication }) =>
    judgeStatus(
      authentication.wrongCredential,
      [401],
      "The key was made up by the suite: compare what is sent with the keys you issued, and not only whether there is one.",
    ),
  ),

  check("AUTH-003", ["authentication"], ({ authentication }) => {
    const refusals = [...authentication.withoutCredential, ...authentication.wrongCredential].filter(
      ({ response }) => response?.status === 401,
    );
    return judgeEach(
      refusals.map(({ id, response }) => ({ at: id, scheme: response?.headers["www-authenticate"] })),
      "nothing was answered with 401",
      ({ scheme }) =>
        scheme
          ? null
          : {
              where: "www-authenticate",
              expected: "the scheme to use, such as: WWW-Authenticate: Bearer",
              actual: "no such header",
              hint: "Set it where 401 is answered, in one place for all of them.",
            },
    );
  }),

  check("AUTH-006", ["authentication", "withdrawal"], ({ authentication, withdrawal }): Finding => {
    // Where any credential will do, a withdrawn one does, too.
    if (authentication.wrongCredential.some(({ response }) => response?.status !== 401)) {
      return {
        outcome: "could-not-run",
        reason: "a made-up credential is not answered with 401; see AUTH-002",
      };
    }
    return judgeEach(
      withdrawal.calls.map((exchange) => ({ at: exchange.id, exchange })),
      "nothing was asked for",
      ({ exchange }) =>
        exchange.response?.status === 401
          ? null
          : {
              expected: `401 for ${exchange.request.method} ${new URL(exchange.request.url).pathname} with the key of --withdrawn-api-key`,
              actual: describeResponse(exchange),
              hint: "Check at every call whether the credential still stands, caches included. An empty list would be taken for an estate from which everything was removed.",
            },
    );
  }),
];
