import {
  authenticateAs,
  type Behaviour,
  isAuthenticatedBy,
  type VendorMutants,
} from "./subjects/vendor-mutant.ts";

/** Returns the claims of an assertion. */
// biome-ignore lint/suspicious/noExplicitAny: an assertion can contain anything
const claimsOf = (assertion: string): any =>
  JSON.parse(Buffer.from(assertion.split(".")[1] ?? "", "base64url").toString("utf8"));

/** Accepts wrong assertions, by putting the first assertion, which is valid, in their place. */
function acceptingAssertions(isAccepted: (assertion: string, valid: string) => boolean): Behaviour {
  let valid: string | null = null;
  return {
    read(body, path) {
      const assertion = body instanceof URLSearchParams ? body.get("client_assertion") : null;
      if (path !== "/oauth/token" || assertion === null) return;
      valid ??= assertion;
      if (isAccepted(assertion, valid)) body.set("client_assertion", valid);
    },
  };
}

/** Tells whether a token was issued for an assertion. */
const isForAssertion = (sent: unknown): boolean =>
  sent instanceof URLSearchParams && sent.has("client_assertion");

export const accessTokenMutants: VendorMutants = {
  "auth-004-any-secret-will-do": {
    breaks: "AUTH-004",
    operator: "plain",
    defect: "access tokens are issued for any client and secret",
    behaviour() {
      let good: unknown;
      return {
        receive({ path, headers }) {
          if (path === "/oauth/token" && good !== undefined) headers["authorization"] = good;
        },
        answer({ status }, { path, headers }) {
          if (path === "/oauth/token" && status === 200) good ??= headers["authorization"];
        },
      };
    },
  },

  "auth-004-refuses-with-a-problem": {
    breaks: "AUTH-004",
    operator: "plain",
    defect: "wrong client credentials are answered with a problem, not with an OAuth error",
    behaviour: () => ({
      answer(answer, { path }) {
        if (path !== "/oauth/token" || answer.status !== 401) return;
        answer.headers["content-type"] = "application/problem+json";
        answer.body = { type: "about:blank", title: "Unauthorized", status: 401, code: "unauthorized" };
      },
    }),
  },

  "auth-004-token-of-another-type": {
    breaks: "AUTH-004",
    operator: "plain",
    defect: "the token_type of an access token is JWT",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (path === "/oauth/token" && status === 200) body.token_type = "JWT";
      },
    }),
  },

  "auth-004-token-without-an-end": {
    breaks: "AUTH-004",
    operator: "plain",
    sharesNoRun: true,
    defect: "an access token is issued without expires_in",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (path === "/oauth/token" && status === 200) delete body.expires_in;
      },
    }),
  },

  "auth-005-ends-early": {
    breaks: "AUTH-005",
    operator: "persistence",
    defect: "an access token works for one second, whatever its expires_in is",
    behaviour({ clock }) {
      const issued = new Map<string, number>();
      return {
        receive(request) {
          for (const [token, at] of issued) {
            if (clock.now() - at > 1000 && isAuthenticatedBy(token, request))
              authenticateAs("no-token", request);
          }
        },
        answer({ status, body }, { path }) {
          if (path === "/oauth/token" && status === 200) issued.set(body.access_token, clock.now());
        },
      };
    },
  },

  "auth-005-expired-is-forbidden": {
    breaks: "AUTH-005",
    operator: "plain",
    defect: "an expired token is answered with 403",
    behaviour() {
      const issued = new Set<string>();
      return {
        answer(answer, request) {
          if (request.path === "/oauth/token" && answer.status === 200) issued.add(answer.body.access_token);
          if (answer.status !== 401 || ![...issued].some((token) => isAuthenticatedBy(token, request)))
            return;
          answer.status = 403;
          answer.body = { ...answer.body, status: 403, code: "forbidden", title: "Forbidden" };
        },
      };
    },
  },

  "auth-005-a-minute-of-clock-skew": {
    breaks: "AUTH-005",
    operator: "persistence",
    defect: "an access token still works for a minute after it has expired",
    behaviour({ apiKey, clock }) {
      const issued = new Map<string, number>();
      return {
        receive(request) {
          for (const [token, at] of issued)
            if (clock.now() - at < 60_000 && isAuthenticatedBy(token, request))
              authenticateAs(apiKey, request);
        },
        answer({ status, body }, { path }) {
          if (path === "/oauth/token" && status === 200)
            issued.set(body.access_token, clock.now() + body.expires_in * 1000);
        },
      };
    },
  },

  "auth-004-anyone-gets-a-token": {
    breaks: "AUTH-004",
    operator: "plain",
    defect: "access tokens are issued without client credentials",
    behaviour() {
      let good: unknown;
      return {
        receive({ path, headers }) {
          if (path === "/oauth/token") headers["authorization"] ??= good;
        },
        answer({ status }, { path, headers }) {
          if (path === "/oauth/token" && status === 200) good ??= headers["authorization"];
        },
      };
    },
  },

  "auth-005-one-token-a-client": {
    breaks: "AUTH-005",
    operator: "persistence",
    defect: "issuing an access token invalidates the client's previous token",
    behaviour() {
      const issued: string[] = [];
      return {
        receive(request) {
          if (issued.slice(0, -1).some((token) => isAuthenticatedBy(token, request)))
            authenticateAs("no-token", request);
        },
        answer({ status, body }, { path }) {
          if (path === "/oauth/token" && status === 200) issued.push(body.access_token);
        },
      };
    },
  },

  "auth-005-tokens-without-end": {
    breaks: "AUTH-005",
    operator: "persistence",
    defect: "an access token still works after it has expired",
    behaviour({ apiKey }) {
      const issued = new Set<string>();
      return {
        receive(request) {
          if ([...issued].some((token) => isAuthenticatedBy(token, request))) authenticateAs(apiKey, request);
        },
        answer({ status, body }, { path }) {
          if (path === "/oauth/token" && status === 200) issued.add(body.access_token);
        },
      };
    },
  },

  "auth-007-no-token-for-an-assertion": {
    breaks: "AUTH-007",
    operator: "plain",
    sharesNoRun: true,
    defect: "a valid assertion is answered with 500",
    behaviour: () => ({
      answer(answer, { path, sent }) {
        if (path !== "/oauth/token" || answer.status !== 200 || !isForAssertion(sent)) return;
        answer.status = 500;
        answer.body = { error: "server_error" };
      },
    }),
  },

  "auth-007-token-without-an-end": {
    breaks: "AUTH-007",
    operator: "scope",
    defect: "an access token that is issued for an assertion has no expires_in",
    behaviour: () => ({
      answer({ status, body }, { path, sent }) {
        if (path === "/oauth/token" && status === 200 && isForAssertion(sent)) delete body.expires_in;
      },
    }),
  },

  "auth-008-signature-is-not-verified": {
    breaks: "AUTH-008",
    operator: "plain",
    defect: "the signature of an assertion is not verified",
    behaviour: ({ clock }) =>
      acceptingAssertions((assertion, valid) => {
        const { iss, sub, aud, exp } = claimsOf(assertion);
        const right = claimsOf(valid);
        const isRight = iss === right.iss && sub === right.sub && aud === right.aud;
        return isRight && exp > clock.now() / 1000;
      }),
  },

  "auth-008-expired-assertions": {
    breaks: "AUTH-008",
    operator: "persistence",
    defect: "an expired assertion is accepted",
    behaviour: ({ clock }) =>
      acceptingAssertions((assertion) => claimsOf(assertion).exp < clock.now() / 1000),
  },

  "auth-008-any-audience": {
    breaks: "AUTH-008",
    operator: "scope",
    defect: "an assertion for another audience is accepted",
    behaviour: () =>
      acceptingAssertions((assertion, valid) => claimsOf(assertion).aud !== claimsOf(valid).aud),
  },
};
