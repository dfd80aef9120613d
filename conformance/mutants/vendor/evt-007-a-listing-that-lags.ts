import { mutant } from "../mutant.ts";

/** So many changes at once are written down later than they are told of. */
const MANY = 20;

export default mutant({
  breaks: "EVT-007",
  defect: "of many changes at once, the last is in the listing only later",
  profile: "resilience",
  behaviour: () => {
    let changes = 0;
    return {
      answer({ status, body }, { method, path, query }) {
        if (status !== 200) return;
        if (method === "POST" && path.endsWith("/status") && body.status === "offline") changes += 1;
        if (path !== "/v1/devices" || changes < MANY) return;
        const late = body.data.findLast(
          (device: { status: string; status_reason: unknown }) =>
            device.status === "offline" && device.status_reason === null,
        );
        if (late && query["since"] === undefined) late.status = "online";
      },
    };
  },
});
