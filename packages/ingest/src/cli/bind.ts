import type { Command } from "commander";
import { callServer, print, type ServerFlags, withServer } from "./server-call.ts";

interface BindFlags extends ServerFlags {
  readonly org: string;
  readonly site?: string;
  readonly customer: string;
  readonly customerSite?: string;
}

/** Adds the commands that say whose a vendor's orgs and sites are. */
export function bindCommands(program: Command): void {
  withServer(program.command("bind"))
    .description(
      "Bind a vendor's org, or one of its sites, to a customer. What was quarantined takes effect.",
    )
    .argument("<integration-id>")
    .requiredOption("--org <id>", "the vendor's org")
    .option(
      "--site <id>",
      "the vendor's site; without it, every site of the org that has no binding of its own",
    )
    .requiredOption("--customer <id>", "our customer")
    .option("--customer-site <id>", "our site (default: the vendor's id)")
    .action(async (id: string, flags: BindFlags) => {
      const answer = (await callServer(flags, "PUT", `/integrations/${encodeURIComponent(id)}/bindings`, {
        org_id: flags.org,
        site_id: flags.site ?? null,
        customer_id: flags.customer,
        customer_site_id: flags.customerSite ?? null,
      })) as { readonly released: { readonly devices: number; readonly events: number } };
      const { devices, events } = answer.released;
      print(flags, answer, [`Bound. ${devices} devices and ${events} events left quarantine.`]);
    });
  withServer(program.command("quarantine"))
    .description("List the orgs and sites that nobody has bound, and what waits there.")
    .action(async (flags: ServerFlags) => {
      const answer = (await callServer(flags, "GET", "/quarantine?limit=1000")) as {
        data: readonly Record<
          "integration_id" | "org_id" | "site_id" | "site_name" | "devices" | "events",
          unknown
        >[];
      };
      const lines = answer.data.map(
        (place) =>
          `${place.integration_id}  --org ${place.org_id} --site ${place.site_id}  ${place.site_name ?? ""}  ${place.devices} devices, ${place.events} events`,
      );
      print(flags, answer, lines.length > 0 ? lines : ["Everything is bound."]);
    });
}
