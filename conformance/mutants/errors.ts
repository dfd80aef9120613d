import type { Answer, Behaviour, VendorMutants } from "./subjects/vendor-mutant.ts";

/** Replaces a response with a refusal. */
function refuse(answer: Answer, status: 429 | 503, code: string): void {
  answer.status = status;
  answer.headers = { "content-type": "application/problem+json" };
  answer.body = { type: "about:blank", title: "Try again later", status, code };
}

/** Refuses every tenth successful read, without Retry-After. */
function refuseEveryTenth(status: 429 | 503, code: string): NonNullable<Behaviour["answer"]> {
  let calls = 0;
  return (answer, { method, path }) => {
    if (method !== "GET" || !path.startsWith("/v1/") || answer.status !== 200) return;
    calls += 1;
    if (calls % 10 === 0) refuse(answer, status, code);
  };
}

export const errorMutants: VendorMutants = {
  "err-001-errors-as-plain-json": {
    breaks: "ERR-001",
    operator: "plain",
    defect: "errors are application/json with a message",
    behaviour: () => ({
      answer(answer) {
        if (answer.status < 400) return;
        answer.headers["content-type"] = "application/json";
        answer.body = { error: true, message: answer.body.title };
      },
    }),
  },

  "err-001-unknown-paths-as-the-framework": {
    breaks: "ERR-001",
    operator: "scope",
    defect: "an unknown path gets the framework's own error",
    behaviour: () => ({
      answer(answer) {
        if (answer.body?.code !== "not_found") return;
        answer.headers["content-type"] = "application/json";
        answer.body = { message: "Route not found", error: "Not Found", statusCode: 404 };
      },
    }),
  },

  "err-001-broken-json-as-the-framework": {
    breaks: "ERR-001",
    operator: "scope",
    defect: "a body of broken JSON gets the framework's own error",
    behaviour: () => ({
      answer(answer) {
        if (answer.body?.code !== "malformed_body") return;
        answer.headers["content-type"] = "application/json";
        answer.body = { message: "Unexpected end of JSON input", error: "Bad Request", statusCode: 400 };
      },
    }),
  },

  "err-001-media-types-as-the-framework": {
    breaks: "ERR-001",
    operator: "scope",
    defect: "a body of another media type gets the framework's own error",
    behaviour: () => ({
      answer(answer) {
        if (answer.body?.code !== "unsupported_media_type") return;
        answer.headers["content-type"] = "application/json";
        answer.body = { message: "Unsupported Media Type", error: "Unsupported Media Type", statusCode: 415 };
      },
    }),
  },

  "err-002-key-in-the-error": {
    breaks: "ERR-002",
    operator: "plain",
    defect: "an error repeats the wrong API key",
    behaviour: () => ({
      answer({ status, body }, { headers }) {
        if (status === 401) body.detail = `Unknown credential: ${headers["authorization"] ?? "none"}`;
      },
    }),
  },

  "err-003-a-page-for-every-path": {
    breaks: "ERR-003",
    operator: "plain",
    defect: "an unknown path is answered with 200 and an HTML page",
    behaviour: () => ({
      answer(answer) {
        if (answer.body?.code !== "not_found") return;
        answer.status = 200;
        answer.headers["content-type"] = "text/html";
        answer.body = "<!doctype html>";
      },
    }),
  },

  "err-004-429-without-retry-after": {
    breaks: "ERR-004",
    operator: "plain",
    defect: "every tenth call is answered with 429 without Retry-After",
    alsoRecord: ["devices", "paging"],
    behaviour: () => ({ answer: refuseEveryTenth(429, "rate_limited") }),
  },

  "err-005-503-without-retry-after": {
    breaks: "ERR-005",
    operator: "plain",
    defect: "every tenth call is answered with 503 without Retry-After",
    alsoRecord: ["devices", "paging"],
    behaviour: () => ({ answer: refuseEveryTenth(503, "unavailable") }),
  },

  "err-006-twenty-minutes-for-a-listing": {
    breaks: "ERR-006",
    operator: "plain",
    defect: "the rate limit makes a full listing take twenty minutes",
    behaviour: () => {
      let refusals = 0;
      return {
        answer(answer, { path }) {
          if (path !== "/v1/devices" || answer.status !== 200 || refusals >= 4) return;
          refusals += 1;
          refuse(answer, 429, "rate_limited");
          answer.headers["retry-after"] = "295";
        },
      };
    },
  },
};
