// Filters the rows of a table by words, and by the values that each select of the form names. Without this script, the page
// shows the whole table.
const form = document.querySelector("form.filter");
const rows = [...document.querySelectorAll("table.filtered tbody tr")];
const output = form.querySelector("output");

function apply() {
  const { text, ...wanted } = Object.fromEntries(new FormData(form));
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const content = row.textContent.toLowerCase();
    const fits =
      Object.entries(wanted).every(([name, value]) => !value || row.dataset[name] === value) &&
      words.every((word) => content.includes(word));
    row.hidden = !fits;
    if (fits) shown += 1;
  }
  output.textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
}

form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
apply();
