// Finds parts of pages by their words. `search-data.js` holds [link, page, heading, text] of every part.
const MAX_RESULTS = 40;

const entries = window.SEARCH.map(([to, page, heading, text]) => ({
  to,
  page,
  heading,
  text,
  title: `${page} ${heading}`.toLowerCase(),
  low: text.toLowerCase(),
}));

/** Rates how well a part fits a word: 0 if the word does not occur. */
function rate({ title, low }, word) {
  const inTitle = title.indexOf(word);
  if (inTitle >= 0) {
    const starts = inTitle === 0 || /\W/.test(title[inTitle - 1]);
    const ends = !/\w/.test(title[inTitle + word.length] ?? " ");
    return 8 + (starts ? 8 : 0) + (starts && ends ? 12 : 0);
  }
  const at = low.indexOf(word);
  if (at < 0) return 0;
  return at === 0 || /\W/.test(low[at - 1]) ? 4 : 1;
}

function find(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  return entries
    .map((entry) => {
      const rates = words.map((word) => rate(entry, word));
      if (rates.includes(0)) return { entry, score: 0 };
      const phrase = words.length > 1 && `${entry.title} ${entry.low}`.includes(words.join(" ")) ? 6 : 0;
      const isTop = entry.heading === "" || entry.heading.toLowerCase() === entry.page.toLowerCase() ? 2 : 0;
      return { entry, score: rates.reduce((sum, each) => sum + each, phrase + isTop) };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX_RESULTS)
    .map(({ entry }) => ({ entry, words }));
}

/** Adds a text to an element with the words marked, from shortly before the first of them. */
function addMarked(element, text, words, max) {
  const low = text.toLowerCase();
  const first = Math.min(...words.map((word) => low.indexOf(word)).filter((at) => at >= 0), text.length);
  const from = first === text.length ? 0 : Math.max(0, first - 40);
  let at = from;
  const end = Math.min(text.length, from + max);
  if (from > 0) element.append("… ");
  while (at < end) {
    const next = words
      .map((word) => ({ word, index: low.indexOf(word, at) }))
      .filter(({ index }) => index >= 0 && index < end)
      .sort((a, b) => a.index - b.index)[0];
    if (!next) break;
    element.append(text.slice(at, next.index));
    const mark = document.createElement("mark");
    mark.textContent = text.slice(next.index, next.index + next.word.length);
    element.append(mark);
    at = next.index + next.word.length;
  }
  element.append(text.slice(at, end));
  if (end < text.length) element.append(" …");
}

const dialog = document.createElement("dialog");
dialog.className = "search-dialog";
dialog.setAttribute("aria-label", "Search");
dialog.innerHTML = `<form method="dialog"><input type="search" autocomplete="off" spellcheck="false" placeholder="Search for a word, an error code or a requirement" aria-label="Search" aria-controls="results"><button value="close">Close</button></form><ol id="results"></ol><output aria-live="polite"></output>`;
document.body.append(dialog);
const input = dialog.querySelector("input");
const list = dialog.querySelector("ol");
const output = dialog.querySelector("output");
let base = "";

function show() {
  const results = find(input.value);
  list.replaceChildren(
    ...results.map(({ entry, words }) => {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = base + entry.to;
      const title = document.createElement("span");
      title.className = "title";
      addMarked(title, entry.heading || entry.page, words, 120);
      const place = document.createElement("span");
      place.className = "place";
      place.textContent = entry.heading && entry.heading !== entry.page ? entry.page : "";
      const text = document.createElement("span");
      text.className = "text";
      addMarked(text, entry.text, words, 160);
      link.append(title, place, text);
      item.append(link);
      return item;
    }),
  );
  output.textContent = input.value.trim() && results.length === 0 ? "Nothing found." : "";
}
input.addEventListener("input", show);
dialog.querySelector("form").addEventListener("submit", (event) => {
  if (event.submitter?.value === "close") return;
  event.preventDefault();
  list.querySelector("a")?.click();
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("a")) dialog.close();
});
dialog.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...list.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  (at < 0 ? input : (links[at] ?? links.at(-1)))?.focus();
});

window.openSearch = (root) => {
  base = root;
  if (!dialog.open) dialog.showModal();
  input.select();
  input.focus();
};
