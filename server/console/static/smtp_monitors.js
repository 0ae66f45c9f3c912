// The list of monitors: selection by mouse and keys, and rows that follow what happens.

import {follow} from "./live.js";

const form = document.getElementById("selection");
const all = document.getElementById("all");
const said = document.getElementById("selected");
const boxes = () => [...form.querySelectorAll('tbody input[name="id"]')];

function tell() {
  if (!said) return;
  const chosen = boxes().filter((box) => box.checked);
  for (const box of boxes()) box.closest("tr").setAttribute("aria-selected", box.checked);
  said.textContent = said.dataset.words.replace("#", chosen.length);
  for (const button of form.querySelectorAll('button[name="action"]')) button.disabled = chosen.length === 0;
  all.checked = chosen.length > 0 && chosen.length === boxes().length;
  all.indeterminate = chosen.length > 0 && !all.checked;
}

function select(checked) {
  for (const box of boxes()) box.checked = checked;
  tell();
}

function move(step) {
  const rows = boxes();
  const at = rows.indexOf(document.activeElement);
  const to = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
  to?.focus();
}

const KEYS = {
  a: () => select(!all.checked),
  x: () => document.activeElement.matches('input[name="id"]') && document.activeElement.click(),
  j: () => move(1),
  k: () => move(-1),
  "/": () => document.getElementById("search").focus(),
};

function act(key) {
  if (KEYS[key]) return KEYS[key]();
  const button = form.querySelector(`button[aria-keyshortcuts="${key}"]`);
  if (button && !button.disabled) form.requestSubmit(button);
}

if (all) {
  all.hidden = false;
  document.querySelector(".keys").hidden = false;
  all.addEventListener("change", () => select(all.checked));
  form.addEventListener("change", tell);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !(KEYS[event.key] || "prtm".includes(event.key))) return;
    event.preventDefault();
    act(event.key);
  });
  tell();
}
follow(() => true, tell);
