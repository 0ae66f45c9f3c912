// The monitors of a status page: moved by buttons instead of numbers, and found without losing what was typed.

const list = document.querySelector(".named-monitors ol");
const search = document.querySelector("form.search");

const isTicked = (row) => Boolean(row?.querySelector("input:checked"));

/** What is found takes the place of what was offered before; ticked rows stay as they are. */
async function find(event) {
  event.preventDefault();
  const answer = await fetch(`${search.action}?${new URLSearchParams(new FormData(search))}`);
  if (!answer.ok || answer.redirected) return search.submit();
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const row of [...list.children]) if (!isTicked(row)) row.remove();
  const here = new Set([...list.querySelectorAll("input[type=hidden]")].map((input) => input.value));
  for (const row of found.querySelectorAll(".named-monitors li[data-offered]")) {
    if (!here.has(row.querySelector("input[type=hidden]").value)) list.append(document.importNode(row, true));
  }
  number();
  const first = list.querySelector("input[type=checkbox]:not(:checked)");
  first?.focus();
  search.querySelector("[role=status]").textContent = first ? "" : search.dataset.none;
}

/** Places are those of the rows, which buttons move. */
function number() {
  list.querySelectorAll("input.place").forEach((input, index) => {
    input.value = index + 1;
    input.hidden = true;
  });
  for (const button of list.querySelectorAll("[data-move]")) button.hidden = false;
}

function move(event) {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  const row = button.closest("li");
  if (button.dataset.move === "up") row.previousElementSibling?.before(row);
  else if (isTicked(row.nextElementSibling)) row.nextElementSibling.after(row);
  button.focus();
  number();
}

/** What is ticked becomes the last of the ticked ones, what is not any more the first of the others. */
function arrange(event) {
  if (event.target.type !== "checkbox") return;
  const row = event.target.closest("li");
  const last = [...list.children].filter((other) => other !== row && isTicked(other)).at(-1);
  if (last) last.after(row);
  else list.prepend(row);
  event.target.focus();
  number();
}

if (list && search) {
  search.addEventListener("submit", find);
  list.addEventListener("click", move);
  list.addEventListener("change", arrange);
  number();
}
