import type { VendorMutants } from "./subjects/vendor-mutant.ts";

export const errorMutants: VendorMutants = {
  "err-001-errors-as-plain-json": {
    breaks: "ERR-001",
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
    defect: "an error repeats the wrong API key",
    behaviour: () => ({
      answer({ status, body }, { headers }) {
        if (status === 401) body.detail = `Unknown credential: ${headers["authorization"] ?? "none"}`;
      },
    }),
  },
};
