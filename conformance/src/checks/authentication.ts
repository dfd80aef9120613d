import { judgeStatus } from "./answers.ts";
import { check } from "./check.ts";
import { judgeEach } from "./finding.ts";

export const authenticationChecks = [
  check("AUTH-001", ["authentication"], ({ authentication }) =>
    judgeStatus(authentication.withoutCredential, 401),
  ),

  check("AUTH-002", ["authentication"], ({ authentication }) =>
    judgeStatus(authentication.wrongCredential, 401),
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
              expected: "the scheme to use, such as Bearer",
              actual: "no such header",
            },
    );
  }),
];
