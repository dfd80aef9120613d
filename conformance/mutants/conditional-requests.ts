import { createHash } from "node:crypto";
import type { VendorMutants } from "./subjects/vendor-mutant.ts";

export const conditionalRequestMutants: VendorMutants = {
  "inv-018-none-with-a-device": {
    breaks: "INV-018",
    operator: "scope",
    defect: "a device lookup has no ETag",
    behaviour: () => ({
      answer(answer, { path }) {
        if (path.startsWith("/v1/devices/")) delete answer.headers["etag"];
      },
    }),
  },

  "inv-018-of-the-page-alone": {
    breaks: "INV-018",
    operator: "scope",
    defect: "the ETag of a listing depends only on its first page",
    behaviour: () => ({
      receive(request) {
        request.headers["x-held"] = request.headers["if-none-match"];
        if (request.path === "/v1/devices") delete request.headers["if-none-match"];
      },
      answer(answer, { path, query, headers }) {
        if (path !== "/v1/devices" || answer.status !== 200 || query["cursor"] !== undefined) return;
        const etag = `"${createHash("sha256").update(JSON.stringify(answer.body.data)).digest("hex")}"`;
        answer.headers["etag"] = etag;
        if (headers["x-held"] !== etag) return;
        answer.status = 304;
        answer.body = null;
      },
    }),
  },

  "inv-018-of-statuses-only": {
    breaks: "INV-018",
    operator: "scope",
    defect: "a device that is added or removed does not change the ETag of a listing",
    behaviour: () => {
      let etag = "";
      return {
        receive(request) {
          request.headers["x-held"] = request.headers["if-none-match"];
          if (request.path === "/v1/devices") delete request.headers["if-none-match"];
        },
        answer(answer, { path, query, headers, method }) {
          const isStatus = method === "POST" && path.endsWith("/status");
          if (isStatus) etag = "";
          if (path !== "/v1/devices" || answer.status !== 200 || query["cursor"] !== undefined) return;
          if (Object.keys(query).some((name) => name !== "limit")) return;
          etag ||= answer.headers["etag"] ?? "";
          answer.headers["etag"] = `${etag.slice(0, -1)}${query["limit"] ?? ""}"`;
          if (headers["x-held"] !== answer.headers["etag"]) return;
          answer.status = 304;
          answer.body = null;
        },
      };
    },
  },

  "inv-019-hashes-the-snapshot": {
    breaks: "INV-019",
    operator: "plain",
    defect: "the ETag of a listing is different at every call",
    behaviour: () => {
      let calls = 0;
      return {
        receive({ path, headers }) {
          if (path === "/v1/devices") delete headers["if-none-match"];
        },
        answer(answer, { path }) {
          if (path === "/v1/devices" && answer.headers["etag"]) answer.headers["etag"] = `W/"${calls++}"`;
        },
      };
    },
  },

  "inv-019-never-304": {
    breaks: "INV-019",
    operator: "plain",
    defect: "If-None-Match is ignored",
    behaviour: () => ({
      receive({ headers }) {
        delete headers["if-none-match"];
      },
    }),
  },

  "inv-020-page-two-is-the-same": {
    breaks: "INV-020",
    operator: "combination",
    sharesNoRun: true,
    defect: "a request with a cursor is answered with 304",
    behaviour: () => ({
      answer(answer, { path, query, headers }) {
        if (path !== "/v1/devices" || query["cursor"] === undefined || !headers["if-none-match"]) return;
        answer.status = 304;
        answer.body = null;
      },
    }),
  },
};
