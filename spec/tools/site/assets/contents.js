// Highlights the current section in the table of contents.
const links = new Map(
  [...document.querySelectorAll("nav.toc a")].map((link) => [link.getAttribute("href").slice(1), link]),
);
const headings = [...links.keys()].map((id) => document.getElementById(id));

function mark() {
  const line = window.innerHeight / 4;
  const current = headings.findLast((heading) => heading.getBoundingClientRect().top < line) ?? headings[0];
  for (const [id, link] of links) {
    if (id === current?.id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

let isWaiting = false;
addEventListener(
  "scroll",
  () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      mark();
    });
  },
  { passive: true },
);
mark();
