import { type Answer, mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-014",
  defect: "a device that was moved is still listed where it was",
  behaviour: () => {
    const before = new Map<string, Answer["body"]>();
    let isFirst = true;
    return {
      answer({ status, body }, { path, method, query }) {
        // The first alone, which is taken down again: what is listed at the end of the run is right.
        if (method === "POST" && path === "/sandbox/devices" && status === 201 && isFirst) {
          before.set(body.device_id, { ...body });
          isFirst = false;
        }
        const [, gone] = /^\/sandbox\/devices\/([^/]+)$/.exec(path) ?? [];
        if (method === "DELETE" && gone !== undefined) before.delete(gone);
        if (status !== 200 || path !== "/v1/devices" || query["since"] !== undefined) return;
        const site = query["site_id"];
        for (const device of before.values()) {
          const isListed = body.data.some(
            (each: { device_id: string }) => each.device_id === device.device_id,
          );
          if (site === device.site_id && !isListed && body.next_cursor === null) body.data.push(device);
        }
        if (site !== undefined) delete body.snapshot.total_count;
      },
    };
  },
});
