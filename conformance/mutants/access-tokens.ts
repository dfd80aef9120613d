import { actAs, isBy, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const accessTokenMutants: VendorMutants = {
  "auth-004-any-secret-will-do": {
    breaks: "AUTH-004",
    defect: "tokens are issued for any client and secret",
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
    defect: "wrong client credentials are answered with a problem, and no OAuth error",
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
    defect: "the token's type is said to be JWT",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (path === "/oauth/token" && status === 200) body.token_type = "JWT";
      },
    }),
  },

  "auth-004-token-without-an-end": {
    breaks: "AUTH-004",
    defect: "a token is issued without saying how long it is good for",
    behaviour: () => ({
      answer({ status, body }, { path }) {
        if (path === "/oauth/token" && status === 200) delete body.expires_in;
      },
    }),
  },

  "auth-005-ends-early": {
    breaks: "AUTH-005",
    defect: "a token works for a second, whatever its expires_in says",
    behaviour() {
      const issued = new Map<string, number>();
      return {
        receive(request) {
          for (const [token, at] of issued) {
            if (Date.now() - at > 1000 && isBy(token, request)) actAs("no-token", request);
          }
        },
        answer({ status, body }, { path }) {
          if (path === "/oauth/token" && status === 200) issued.set(body.access_token, Date.now());
        },
      };
    },
  },

  "auth-005-expired-is-forbidden": {
    breaks: "AUTH-005",
    defect: "an expired token is answered with 403",
    behaviour() {
      const issued = new Set<string>();
      return {
        answer(answer, request) {
          if (request.path === "/oauth/token" && answer.status === 200) issued.add(answer.body.access_token);
          if (answer.status !== 401 || ![...issued].some((token) => isBy(token, request))) return;
          answer.status = 403;
          answer.body = { ...answer.body, status: 403, code: "forbidden", title: "Forbidden" };
        },
      };
    },
  },

  "auth-005-one-token-a-client": {
    breaks: "AUTH-005",
    defect: "a new token ends the one that the client had before",
    behaviour() {
      const issued: string[] = [];
      return {
        receive(request) {
          if (issued.slice(0, -1).some((token) => isBy(token, request))) actAs("no-token", request);
        },
        answer({ status, body }, { path }) {
          if (path === "/oauth/token" && status === 200) issued.push(body.access_token);
        },
      };
    },
  },

  "auth-005-tokens-without-end": {
    breaks: "AUTH-005",
    defect: "a token works on when it has expired",
    behaviour({ apiKey }) {
      const issued = new Set<string>();
      return {
        receive(request) {
          if ([...issued].some((token) => isBy(token, request))) actAs(apiKey, request);
        },
        answer({ status, body }, { path }) {
          if (path === "/oauth/token" && status === 200) issued.add(body.access_token);
        },
      };
    },
  },
};
