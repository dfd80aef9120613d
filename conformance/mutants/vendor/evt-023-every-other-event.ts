import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "EVT-023",
  defect: "backfill lists every other event",
  behaviour: () => ({
    answer({ status, body }, { path }) {
      if (status !== 200 || path !== "/v1/events") return;
      body.data = body.data.filter((_: unknown, index: number) => index % 2 === 0);
    },
  }),
});
