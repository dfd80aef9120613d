// Filters the table of requirements. Without this script, the page shows the whole table.
const form = document.querySelector("form.filter");
const rows = [...document.querySelectorAll("table.requirements tbody tr")];
const output = form.querySelector("output");

function apply() {
  const wanted = Object.fromEntries(new FormData(form));
  const words = wanted.text.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    const fits =
      ["actor", "profile", "level"].every((name) => !wanted[name] || row.dataset[name] === wanted[name]) &&
      words.every((word) => text.includes(word));
    row.hidden = !fits;
    if (fits) shown += 1;
  }
  output.textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
}

form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
