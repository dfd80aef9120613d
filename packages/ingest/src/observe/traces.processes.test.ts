import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { startChild } from "../testing/child-server.ts";
import { deliver, statusChanged } from "../testing/deliver.ts";
import { call, temporaryDirectory } from "../testing/running-server.ts";
import { startVendor } from "../testing/stand-in-vendor.ts";

test("exports traces to the configured endpoint, without secrets and without delivered data", async () => {
  const received: string[] = [];
  const collector = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push(Buffer.concat(chunks).toString());
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => collector.listen(0, "127.0.0.1", resolve));
  const directory = await temporaryDirectory();
  const vendor = await startVendor();
  const TOKEN = "token-of-the-admin";
  const child = startChild(["serve", "--port", "0", "--db", `${directory.path}/ingest.db`], {
    env: {
      CONVERGINT_INGEST_ADMIN_TOKEN: TOKEN,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    },
  });
  const { base_url } = await child.ready();
  const { body } = await call(`${base_url}/v1/integrations`, {
    method: "POST",
    headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "v", base_url: vendor.baseUrl, api_key: vendor.apiKey }),
  });
  const event = statusChanged({ data: { vendor_status: "a word of the vendor's" } });
  expect((await deliver(body.webhook_url, event, { secret: vendor.webhookSecret })).status).toBe(204);
  child.process.kill("SIGTERM");
  expect((await child.ended()).code).toBe(0);

  const all = received.join("\n");
  for (const span of ["receive", "commit", "sync"]) expect(all).toContain(span);
  expect(all).toContain(body.integration_id);
  for (const secret of [vendor.webhookSecret, vendor.apiKey, TOKEN, "a word of the vendor's"]) {
    expect(all).not.toContain(secret);
  }
  collector.close();
  await vendor.close();
  await directory.remove();
});
