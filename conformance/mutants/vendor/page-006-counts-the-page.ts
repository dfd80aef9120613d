import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-006",
  defect: "total_count counts the page, not the listing",
  behaviour: () => ({
    answer: ({ body }) => {
      if (body?.snapshot) body.snapshot.total_count = body.data.length;
    },
  }),
});
