import { mutant } from "../mutant.ts";

/** Of those that a listing is read again with; one that changes meanwhile, which is PAGE-009, is read with larger ones. */
const SMALL = 18;

export default mutant({
  breaks: "PAGE-001",
  defect: "each further small page starts with the last device of the page before",
  behaviour: () => {
    let last: unknown;
    return {
      answer({ status, body }, { path, query }) {
        if (status !== 200 || path !== "/v1/devices" || !(Number(query["limit"]) < SMALL)) return;
        delete body.snapshot.total_count;
        const own = body.data.at(-1);
        if (query["cursor"] !== undefined) body.data[0] = last;
        last = own;
      },
    };
  },
});
