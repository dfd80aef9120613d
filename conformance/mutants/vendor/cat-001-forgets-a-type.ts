import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "CAT-001",
  defect: "the catalogue leaves out an event type that the manifest lists",
  behaviour: () => ({
    answer: ({ status, body }, { path }) => {
      if (status === 200 && path === "/v1/event-catalog") body.data.pop();
    },
  }),
});
