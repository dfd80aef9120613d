import { type Attributes, SpanStatusCode, trace } from "@opentelemetry/api";
import { VERSION } from "../version.ts";

const NAME = "convergint-ingest";

let isTracing = false;

/** Runs work in a span. Costs nothing while tracing is off. */
export function traced<Result>(
  name: string,
  attributes: Attributes,
  work: () => Promise<Result>,
): Promise<Result> {
  if (!isTracing) return work();
  return trace.getTracer(NAME, VERSION).startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      // Records only the code, because the message may quote the delivery, and delivered data must not leave this system.
      const { code = "error" } = error as { readonly code?: string };
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      throw error;
    } finally {
      span.end();
    }
  });
}

/**
 * Exports traces to `OTEL_EXPORTER_OTLP_ENDPOINT`, if that variable is set. The exporter also reads the other
 * OpenTelemetry variables.
 *
 * @returns a function that flushes the remaining traces
 */
export async function startTraces(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<() => Promise<void>> {
  const endpoint =
    environment["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] ?? environment["OTEL_EXPORTER_OTLP_ENDPOINT"];
  if (!endpoint) return async () => {};
  // The exporter is loaded only when it is used, because it has hundreds of modules.
  const { exportTraces } = await import("./export-traces.ts");
  const end = exportTraces({
    "service.name": environment["OTEL_SERVICE_NAME"] ?? NAME,
    "service.version": VERSION,
  });
  isTracing = true;
  return end;
}
