// The form of a monitor: its settings are tested, and the request is printed, without leaving the page.

import {localize} from "./console.js";

const form = document.getElementById("monitor");
let plainly = false; // as without scripts, once something is not as expected
const PARTS = ["refused", "found", "curl"];

/** Send the form as the button would, and show what the answer says beside the fields. */
async function send(button) {
  const body = new URLSearchParams(new FormData(form, button));
  button.disabled = true;
  document.body.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(location.href, {method: "POST", body});
    if (answer.redirected) return location.assign(answer.url);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!page.getElementById("monitor")) throw new Error("another page");
    localize(page);
    for (const name of PARTS) if (name !== "found" || button.value === "test") show(name, page);
    showErrors(page);
  } catch {
    plainly = true;
  } finally {
    button.disabled = false;
    document.body.removeAttribute("aria-busy");
  }
  if (plainly) form.requestSubmit(button);
}

function show(name, page) {
  const part = document.querySelector(`[data-part="${name}"]`);
  part.replaceChildren(...page.querySelector(`[data-part="${name}"]`).childNodes);
  if (name === "curl") addCopy(part);
  if (name === "found") part.firstElementChild?.scrollIntoView({block: "nearest"});
}

/** What is wrong with each field, without touching what was typed. */
function showErrors(page) {
  for (const field of form.querySelectorAll(".field")) {
    const fresh = page.getElementById(field.querySelector("label").htmlFor)?.closest(".field");
    if (!fresh) continue;
    const input = field.querySelector("input, select");
    field.className = fresh.className;
    for (const words of field.querySelectorAll(".error, .hint")) words.remove();
    field.append(...fresh.querySelectorAll(".error, .hint"));
    for (const name of ["aria-invalid", "aria-describedby"]) {
      const value = fresh.querySelector("input, select").getAttribute(name);
      if (value === null) input.removeAttribute(name);
      else input.setAttribute(name, value);
    }
  }
}

function addCopy(part) {
  const code = part.querySelector("code");
  if (!code || !navigator.clipboard) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = part.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = part.dataset.copied;
  });
  code.closest("section").append(button);
}

form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!["test", "curl"].includes(button?.value) || plainly) return;
  event.preventDefault();
  send(button);
});
// a line that is shown stays what the form says
form.addEventListener("change", () => {
  const button = form.querySelector('button[value="curl"]');
  if (document.querySelector('[data-part="curl"] code') && !button.disabled && !plainly) send(button);
});
addCopy(document.querySelector('[data-part="curl"]'));
