import { quoteForShell, toPrintable } from "@convergint/internal/printable";
import type { Command } from "commander";
import { callServer, type ServerFlags, withServer } from "./server-call.ts";
import { print, type Terminal } from "./terminal.ts";

interface BindFlags extends ServerFlags {
  readonly org: string;
  readonly site?: string;
  readonly customer: string;
  readonly customerSite?: string;
}

interface QuarantineAnswer {
  readonly data: readonly Record<
    "integration_id" | "org_id" | "site_id" | "site_name" | "devices" | "events",
    unknown
  >[];
}

/** Writes a vendor's id into a line that operators copy. */
const quoted = (id: unknown) => quoteForShell(toPrintable(String(id)));

/** Adds the commands that bind a vendor's orgs and sites to customers. */
export function bindCommands(program: Command, terminal: Terminal): void {
  withServer(program.command("bind"), terminal)
    .description(
      "Bind a vendor's org or site to a customer. The quarantined data of that org or site then takes effect.",
    )
    .argument("<integration-id>")
    .requiredOption("--org <id>", "the vendor's org")
    .option("--site <id>", "the vendor's site (default: all sites of the org except those bound separately)")
    .requiredOption("--customer <id>", "our customer")
    .option("--customer-site <id>", "our id of the site (default: the vendor's site id)")
    .action(async (id: string, flags: BindFlags) => {
      const path = `/integrations/${encodeURIComponent(id)}/bindings`;
      const answer = (await callServer(flags, terminal, "PUT", path, {
        org_id: flags.org,
        site_id: flags.site ?? null,
        customer_id: flags.customer,
        customer_site_id: flags.customerSite ?? null,
      })) as {
        readonly released: { readonly devices: number; readonly events: number };
        readonly is_known: boolean;
      };
      const { devices, events } = answer.released;
      print(terminal, flags, answer, [
        `Bound. ${devices} devices and ${events} events left quarantine.`,
        ...(answer.is_known
          ? []
          : [
              `Warning: neither the inventory nor an event has this ${flags.site === undefined ? "org" : "site in this org"}. Check the ids: \`convergint-ingest quarantine\` lists the orgs and sites that are not bound.`,
            ]),
      ]);
    });
  withServer(program.command("quarantine"), terminal)
    .description(
      "List the orgs and sites that are not bound, with the number of quarantined devices and events.",
    )
    .action(async (flags: ServerFlags) => {
      const answer = (await callServer(flags, terminal, "GET", "/quarantine?limit=1000")) as QuarantineAnswer;
      const lines = answer.data.map(
        (place) =>
          `${place.integration_id}  --org ${quoted(place.org_id)} --site ${quoted(place.site_id)}  ${toPrintable(place.site_name ?? "")}  ${place.devices} devices, ${place.events} events`,
      );
      print(terminal, flags, answer, lines.length > 0 ? lines : ["All orgs and sites are bound."]);
    });
}
