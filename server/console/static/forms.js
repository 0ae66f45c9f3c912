// Forms: times in the visitor's own zone, inputs that others need, and copies of what is shown once.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The server writes and reads times in UTC; in between the visitor sees them in the own zone. */
function localizeInput(input) {
  const utc = input.defaultValue;
  if (utc) input.value = shifted(new Date(`${utc}Z`), -1);
  const shown = input.value;
  const label = input.labels[0]?.querySelector(".zone");
  if (label) label.textContent = `(${zone})`;
  input.form.addEventListener("formdata", (event) => {
    // an hour that comes twice in autumn stays the one that it was
    if (input.value) event.formData.set(input.name, input.value === shown ? utc : shifted(new Date(input.value), 0));
  });
}

/** A time as an input has it: in UTC, or for *sign* -1 in the visitor's zone. */
function shifted(time, sign) {
  return new Date(time.getTime() + sign * time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** An input that another one needs is shown while that has a value. */
function showWhenNeeded(input) {
  const other = input.form.elements[input.dataset.needs];
  const show = () => { input.closest(".field").hidden = other.value === "" && !input.matches('[aria-invalid="true"]'); };
  other.addEventListener("change", () => {
    if (other.value === "" && input.type === "datetime-local") input.value = "";
    show();
  });
  show();
}

/** A form is sent once, however often its button is pressed. A page that is gone back to can be sent again. */
function sendOnce(form) {
  const enable = (enabled) => { for (const button of form.querySelectorAll("button")) button.disabled = !enabled; };
  form.addEventListener("submit", () => enable(false));
  addEventListener("pageshow", () => enable(true));
}

async function copy(button) {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  button.textContent = button.dataset.done;
}

for (const input of document.querySelectorAll('input[type="datetime-local"]')) localizeInput(input);
for (const select of document.querySelectorAll("select[data-zone]")) {
  if ([...select.options].some((option) => option.value === zone)) select.value = zone;
}
for (const form of document.querySelectorAll('form[method="post"]')) sendOnce(form);
for (const input of document.querySelectorAll("[data-needs]")) showWhenNeeded(input);
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}
