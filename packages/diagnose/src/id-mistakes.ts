import { isDeliveryId } from "@convergint/webhooks";
import type { Row } from "./choice.ts";
import { ID_OF_THE_EVENT } from "./fixes.ts";
import type { Mistake } from "./mistake.ts";

/** The ids of a delivery. */
export interface Ids {
  /** The header's. */
  readonly id: string;
  /** That of the event in the body. */
  readonly eventId: string | null;
}

const common = { fix: ID_OF_THE_EVENT, where: "sender", requirement: "SIG-003" } as const;

/** What people sign as the id, other than the header's text. */
export const SIGNED_ID_MISTAKES: readonly Row<Ids, string>[] = [
  {
    mistake: {
      code: "id_signed_is_event_id",
      title: "Another id was signed than the one in the header",
      explanation:
        "The event's id was signed, and webhook-id holds another. Send the event's id as webhook-id: the same on every retry.",
      ...common,
    },
    make: ({ eventId }) => [eventId],
  },
  {
    mistake: {
      code: "id_case_changed",
      title: "The id was signed in another letter case",
      explanation:
        "The id was signed in lower case or upper case, and webhook-id is in the other. Sign the very text that is sent.",
      ...common,
      where: "either",
    },
    make: ({ id }) => [id.toLowerCase(), id.toUpperCase()],
  },
  {
    mistake: {
      code: "id_rewritten",
      title: "The id was signed in another writing",
      explanation:
        "The id was signed with quotes, braces or spaces around it, or as a UUID with other hyphens, than webhook-id has it. Sign the very text that is sent.",
      ...common,
    },
    alone: true,
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
      title: "The id was not there yet when it was signed",
      explanation:
        "An empty id was signed, or the word that a missing one becomes, such as undefined. Make the id before you sign.",
      ...common,
    },
    alone: true,
    make: () => ["", "undefined", "null", "None"],
  },
];

/** What is wrong with the id in the header itself. */
export function idFacts(id: string): readonly Mistake[] {
  if (id === "" || isDeliveryId(id)) return [];
  if (isDeliveryId(id.replaceAll(".", ""))) {
    return [
      {
        code: "id_has_dot",
        title: "The id has a dot",
        explanation:
          "webhook-id has a dot. The dot ends the id in id.timestamp.body: with one inside, an old signature could be made to fit another delivery. Use an id without a dot, such as a UUID.",
        ...common,
      },
    ];
  }
  return [
    {
      code: "id_malformed",
      title: "The id cannot be one",
      explanation:
        "webhook-id must be 1 to 256 visible ASCII characters without a dot, and it has others or is longer. Use a UUID.",
      ...common,
    },
  ];
}
