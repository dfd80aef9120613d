import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-003",
  defect: "a site without devices is answered with 404",
  behaviour: () => ({
    answer(answer, { path, query }) {
      if (path !== "/v1/devices" || query["site_id"] === undefined || answer.body?.data?.length !== 0) return;
      answer.status = 404;
      answer.headers["content-type"] = "application/problem+json";
      answer.body = { title: "Not found", status: 404, code: "not_found" };
    },
  }),
});
