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
