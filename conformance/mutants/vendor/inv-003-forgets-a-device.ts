import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-003",
  defect: "the site filter leaves the last device out",
  behaviour: () => ({
    answer({ status, body }, { path, query }) {
      if (
        status !== 200 ||
        path !== "/v1/devices" ||
        query["site_id"] === undefined ||
        query["since"] !== undefined ||
        body.data.length === 0
      )
        return;
      body.data.pop();
      body.snapshot.total_count -= 1;
    },
  }),
});
