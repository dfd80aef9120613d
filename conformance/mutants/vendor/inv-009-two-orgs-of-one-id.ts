import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "INV-009",
  defect: "two orgs have the same id",
  behaviour: () => {
    const ofListing = new Map<string, { org: object; snapshot: object }>();
    return {
      // The second of them has a page of its own, after the last.
      receive({ path, query }) {
        if (path !== "/v1/orgs" || !query["cursor"]?.startsWith("twin:")) return;
        query["twin"] = query["cursor"].slice("twin:".length);
        delete query["cursor"];
      },
      answer(answer, { path, query }) {
        const { status, body } = answer;
        if (path !== "/v1/orgs" || status !== 200) return;
        const first = ofListing.get(query["twin"] ?? "");
        delete body.snapshot.total_count;
        if (first) {
          answer.body = {
            data: [{ ...first.org, name: "Another" }],
            next_cursor: null,
            snapshot: first.snapshot,
          };
        } else if (body.next_cursor === null) {
          const { snapshot } = body;
          ofListing.set(snapshot.id, { org: body.data[0], snapshot });
          body.next_cursor = `twin:${snapshot.id}`;
        }
      },
    };
  },
});
