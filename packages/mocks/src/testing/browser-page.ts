import { setupWorker } from "msw/browser";
import { mockConsumer, mockVendorCloud } from "../index.ts";
import { BROWSER_MOCKS } from "./browser-mocks.ts";

const cloud = mockVendorCloud(BROWSER_MOCKS.cloud);
const consumer = mockConsumer(BROWSER_MOCKS.consumer);
const worker = setupWorker(...cloud.handlers, ...consumer.handlers);

/** The functions of the page that the test calls, with JSON arguments and results. */
export const pageCalls = {
  async start() {
    await worker.start({ quiet: true, onUnhandledFrame: "error" });
  },
  /** Calls the cloud the way an application in the page does. */
  async call(path: string, authorization: string) {
    const answer = await fetch(`${cloud.url}${path}`, { headers: { authorization } });
    return { status: answer.status, type: answer.headers.get("content-type"), body: await answer.json() };
  },
  /** Checks whether a broken response fails in this browser. */
  async callBroken() {
    cloud.breakNext();
    const answer = fetch(`${cloud.url}/v1/devices`, { headers: { authorization: `Bearer ${cloud.apiKey}` } });
    return answer
      .then((response) => response.text())
      .then(
        () => "whole",
        (error: Error) => error.name,
      );
  },
  event: () => cloud.setStatus(String(cloud.devices[0]?.device_id), "offline"),
  async post(headers: Record<string, string>, body: string) {
    const { status } = await fetch(consumer.url, { method: "POST", headers, body });
    const { verdict, problem } = await consumer.nextDelivery();
    return { status, verdict, code: problem?.code ?? null };
  },
};

Object.assign(globalThis, { pageCalls });
