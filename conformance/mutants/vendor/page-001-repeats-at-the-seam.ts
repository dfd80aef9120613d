import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-001",
  defect: "each further small page starts with the last device of the page before",
  behaviour: () => {
    let last: unknown;
    return {
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || query["limit"] !== "100") return;
        delete body.snapshot.total_count;
        const own = body.data.at(-1);
        if (query["cursor"] !== undefined) body.data[0] = last;
        last = own;
      },
    };
  },
});
