import { createHash } from "node:crypto";
import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-018",
  defect: "the ETag of a listing is made of its first page alone",
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
});
