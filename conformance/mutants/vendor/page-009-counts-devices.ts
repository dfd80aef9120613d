import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-009",
  defect: "pages go on after a count of devices, so that a removal skips one",
  behaviour: () => {
    let removed = false;
    return {
      answer({ status, body }, { method, path, query }) {
        if (method === "DELETE" && path.startsWith("/sandbox/devices/")) removed = true;
        if (status !== 200 || path !== "/v1/devices") return;
        const isLater = query["cursor"] !== undefined;
        if (isLater && removed && body.data.length > 1) {
          body.data.shift();
          delete body.snapshot.total_count;
        }
        removed = false;
      },
    };
  },
});
