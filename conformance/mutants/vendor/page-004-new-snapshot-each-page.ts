import { mutant } from "../mutant.ts";

export default mutant({
  breaks: "PAGE-004",
  defect: "every page names a snapshot of its own",
  behaviour: () => {
    let pages = 0;
    return {
      answer: ({ body }) => {
        if (body?.snapshot) body.snapshot.id = `snap_${pages++}`;
      },
    };
  },
});
