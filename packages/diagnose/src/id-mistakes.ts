import { isDeliveryId } from "@convergint/webhooks";
import type { Row } from "./choice.ts";
import { ID_OF_THE_EVENT } from "./fixes.ts";
import type { Mistake } from "./mistake.ts";

/** The ids of a delivery. */
export interface Ids {
  /** `webhook-id`. */
  readonly id: string;
  /** The `id` of the event in the body. */
  readonly eventId: string | null;
}

const common = { fix: ID_OF_THE_EVENT, where: "sender", requirement: "SIG-003" } as const;

/** What senders sign as the id instead of the text of the `webhook-id` header. */
export const SIGNED_ID_MISTAKES: readonly Row<Ids, string>[] = [
  {
    mistake: {
      code: "id_signed_is_event_id",
      title: "A different id was signed",
      explanation:
        "The sender signed the event's id but sent a different id as webhook-id. Send the event's id as webhook-id, the same on every retry.",
      ...common,
    },
    make: ({ eventId }) => [eventId],
  },
  {
    mistake: {
      code: "id_case_changed",
      title: "The id was signed in a different letter case",
      explanation:
        "The letter case of the signed id differs from webhook-id. Sign exactly the text that you send.",
      ...common,
      where: "either",
    },
    make: ({ id }) => [id.toLowerCase(), id.toUpperCase()],
  },
  {
    mistake: {
      code: "id_rewritten",
      title: "The id was signed in a different format",
      explanation:
        "The signed id differs from webhook-id in quotes, braces, spaces or a UUID's hyphens. Sign exactly the text that you send.",
      ...common,
    },
    exclusive: true,
    make: ({ id }) => [
      JSON.stringify(id),
      `{${id}}`,
      id.trim(),
      id.replace(/^[{"'](.*)[}"']$/, "$1"),
      id.replaceAll("-", ""),
      id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5"),
    ],
  },
  {
    mistake: {
      code: "id_signed_empty",
      title: "The signed id was empty",
      explanation:
        "The sender signed an empty id, or the text of a missing value such as undefined. Create the id before you sign.",
      ...common,
    },
    exclusive: true,
    make: () => ["", "undefined", "null", "None"],
  },
];

/** Lists what is wrong with the id in the header. */
export function checkId(id: string): readonly Mistake[] {
  if (id === "" || isDeliveryId(id)) return [];
  if (isDeliveryId(id.replaceAll(".", ""))) {
    return [
      {
        code: "id_has_dot",
        title: "The id has a dot",
        explanation:
          "Use an id without a dot, such as a UUID. A dot ends the id in id.timestamp.body, so one delivery's signature could be reused for another.",
        ...common,
      },
    ];
  }
  return [
    {
      code: "id_malformed",
      title: "The id is invalid",
      explanation: "webhook-id must be 1 to 256 visible ASCII characters without a dot. Use a UUID.",
      ...common,
    },
  ];
}
