import { declares } from "../evidence/manifest.ts";
import { objectOf } from "../evidence/read.ts";
import { readListing } from "../harness/listing.ts";
import { earliestKept } from "../history/earlier-run.ts";
import { apiUrl } from "./api.ts";
import { CannotDriveError, scenario } from "./scenario.ts";

/** Uses the sync token, the cursor and the events of the run in `--continue`. `compare` judges the responses. */
export const earlier = scenario(
  "earlier",
  "Use the tokens and cursors of an earlier run",
  ["discovery"],
  async ({ discovery }, { earlier: run, recorder, clock }) => {
    if (!run) throw new CannotDriveError("no earlier run was given");
    const { token, cursor, events, finishedAt } = run;
    const devices = (query: Readonly<Record<string, string>>) => apiUrl(discovery, "/v1/devices", query);
    const manifest = objectOf(discovery.manifest);
    const after = events && declares(manifest, "backfill") ? earliestKept(events, clock.now()) : null;
    return {
      finishedAt,
      page:
        cursor &&
        (await recorder.call({ purpose: "send a cursor of an earlier run", url: devices(cursor.query) })),
      changes:
        token && declares(manifest, "inventory.incremental_sync")
          ? await readListing(recorder, {
              purpose: "list the changes since an earlier run",
              url: devices({ since: token.since }),
              limit: 500,
            })
          : null,
      events:
        after === null
          ? null
          : await readListing(recorder, {
              purpose: "list the events since an earlier run",
              url: apiUrl(discovery, "/v1/events", { after: new Date(after).toISOString() }),
              limit: 500,
            }),
    };
  },
  { changes: "nothing" },
);
