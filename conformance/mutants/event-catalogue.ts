import { addEventType, type VendorMutants } from "./subjects/vendor-mutant.ts";

export const eventCatalogueMutants: VendorMutants = {
  "cat-001-forgets-a-type": {
    breaks: "CAT-001",
    operator: "scope",
    defect: "the catalogue lacks an event type that the manifest lists",
    behaviour: () => ({
      answer: ({ status, body }, { path }) => {
        if (status === 200 && path === "/v1/event-catalog") body.data.pop();
      },
    }),
  },

  "cat-002-a-type-without-a-schema": {
    breaks: "CAT-002",
    operator: "plain",
    defect: "the catalogue has no schema for a vendor-defined event type",
    behaviour: () => ({ answer: addEventType("com.campus.parking.barrier_raised.v1") }),
  },
};
