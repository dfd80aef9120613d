import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "CAT-001",
  defect: "the catalogue leaves out an event type that the manifest lists",
  behaviour: () => ({
    answer: ({ body }, { path }) => {
      if (path === "/v1/event-catalog") body.data.pop();
    },
  }),
});
