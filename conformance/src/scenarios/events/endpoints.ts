import type { Evidence } from "../../evidence/evidence.ts";
import { declares } from "../../evidence/manifest.ts";
import { objectOf, textOf } from "../../evidence/read.ts";
import { apiUrl } from "../api.ts";
import { CannotDriveError, type Drive, scenario } from "../scenario.ts";

/** Registers a destination, and has it removed when the run is over. */
export async function register(
  discovery: Evidence["discovery"],
  destination: string,
  { recorder, afterwards }: Drive,
) {
  const created = await recorder.call({
    purpose: "register a webhook endpoint",
    method: "POST",
    url: apiUrl(discovery, "/v1/webhook-endpoints"),
    json: { url: destination },
  });
  const id = textOf(objectOf(created), "endpoint_id");
  if (id !== null) {
    const url = apiUrl(discovery, `/v1/webhook-endpoints/${encodeURIComponent(id)}`);
    afterwards((cleaner) => cleaner.call({ purpose: "remove the webhook endpoint", method: "DELETE", url }));
  }
  return created;
}

/** Registers two webhook endpoints and lists what is registered. */
export const endpoints = scenario(
  "endpoints",
  "Register webhook endpoints",
  ["discovery", "orgs"],
  async ({ discovery }, drive) => {
    if (!declares(objectOf(discovery.manifest), "webhooks.endpoint_management")) {
      throw new CannotDriveError("the manifest does not declare webhooks.endpoint_management");
    }
    const destination = drive.receiver.destination();
    const created = await register(discovery, destination, drive);
    const createdBeside = await register(discovery, drive.receiver.destination(), drive);
    const listed = await drive.recorder.call({
      purpose: "list the webhook endpoints",
      url: apiUrl(discovery, "/v1/webhook-endpoints"),
    });
    return { destination, created, createdBeside, listed };
  },
);
