// Theme, menu, table of contents, copy buttons, and the start of the search. Without this script, every page is complete.
const root = document.currentScript.dataset.root;
const html = document.documentElement;

const theme = document.querySelector("button.theme");
const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
theme.addEventListener("click", () => {
  const isDark = html.dataset.theme ? html.dataset.theme === "dark" : systemIsDark.matches;
  html.dataset.theme = isDark ? "light" : "dark";
  try {
    localStorage.setItem("theme", html.dataset.theme);
  } catch {
    // A browser may refuse storage to local files. Then the choice lasts as long as the page.
  }
});

const menu = document.querySelector("button.menu");
function showMenu(isOpen) {
  html.classList.toggle("menu-open", isOpen);
  menu.setAttribute("aria-expanded", String(isOpen));
}
menu.addEventListener("click", () => showMenu(menu.getAttribute("aria-expanded") === "false"));
addEventListener("keydown", ({ key }) => key === "Escape" && showMenu(false));
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest" });

for (const figure of document.querySelectorAll("figure.code")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(figure.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 1500);
  });
  figure.append(button);
}

// Opens the block that contains the target of the link.
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  target?.closest?.("details:not([open])")?.setAttribute("open", "");
}
addEventListener("hashchange", openTarget);
openTarget();

// Highlights the current section in the table of contents.
const links = new Map(
  [...document.querySelectorAll("nav.toc a")].map((link) => [link.getAttribute("href").slice(1), link]),
);
const headings = [...links.keys()].map((id) => document.getElementById(id));
let marked;
function mark() {
  const line = innerHeight / 4;
  const current = headings.findLast((heading) => heading.getBoundingClientRect().top < line) ?? headings[0];
  const link = links.get(current?.id);
  if (link === marked) return;
  marked?.removeAttribute("aria-current");
  link?.setAttribute("aria-current", "true");
  link?.scrollIntoView({ block: "nearest" });
  marked = link;
}
let isWaiting = false;
addEventListener(
  "scroll",
  () => {
    if (isWaiting || links.size === 0) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      mark();
    });
  },
  { passive: true },
);
if (links.size > 0) mark();

// The search is loaded when it is needed first.
let loading;
const load = (name) =>
  new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = root + name;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
async function openSearch() {
  loading ??= load("search-data.js").then(() => load("search.js"));
  await loading;
  window.openSearch(root);
}
document.querySelector("button.search").addEventListener("click", openSearch);
addEventListener("keydown", (event) => {
  const isTyping = /^(?:INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName ?? "");
  const isShortcut =
    (event.key === "/" && !isTyping) || (event.key === "k" && (event.metaKey || event.ctrlKey));
  if (!isShortcut) return;
  event.preventDefault();
  openSearch();
});
