import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-005",
  defect: "an unknown cursor is answered with page one",
  behaviour: () => {
    const issued = new Set<string>();
    return {
      receive({ query }) {
        if (query["cursor"] !== undefined && !issued.has(query["cursor"])) delete query["cursor"];
      },
      answer({ body }) {
        if (typeof body?.next_cursor === "string") issued.add(body.next_cursor);
      },
    };
  },
});
