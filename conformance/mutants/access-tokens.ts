import { authenticateAs, isAuthenticatedBy, type VendorMutants } from "./subjects/vendor-mutant.ts";

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
};
