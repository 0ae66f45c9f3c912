// The events of the server, and parts of a page that follow them.

import {localize} from "./console.js";

const REFRESH_MS = 500; // what happens within it is shown at once
// A page is rendered anew without an event, too: a check that changes nothing is none, and what lasts lasts longer.
const MINUTE_MS = 60_000;
const FIRST_MS = 1_000, LONGEST_MS = 30_000; // between attempts to connect that the browser does not make by itself

/**
 * Call *changed* with each event of the server, and with null when some may have been missed.
 * A hidden page does not listen: all pages of a browser share six connections to a server.
 */
export function listen(changed) {
  const shown = document.getElementById("live");
  let source = null, timer = null, patience = FIRST_MS;
  const stop = () => {
    source?.close();
    clearTimeout(timer);
  };
  const start = () => {
    stop();
    if (document.hidden) return;
    source = new EventSource("/events");
    for (const name of ["state", "incident", "change"]) {
      source.addEventListener(name, (event) => changed({name, ...JSON.parse(event.data)}));
    }
    source.addEventListener("reset", () => changed(null));
    source.addEventListener("open", () => {
      patience = FIRST_MS;
      shown.textContent = shown.dataset.on;
    });
    source.addEventListener("error", lost);
  };
  const lost = () => {
    shown.textContent = shown.dataset.off;
    if (source.readyState !== EventSource.CLOSED) return; // the browser tries again
    timer = setTimeout(again, patience);
    patience = Math.min(2 * patience, LONGEST_MS);
  };
  const again = () => {
    changed(null);
    start();
  };
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => { if (event.persisted) again(); });
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : again()));
  start();
}

/** A page as the server renders it now; null if it is not to be had. */
export async function load(href = location.href) {
  const answer = await fetch(href, {headers: {Accept: "text/html"}}).catch(() => null);
  if (answer?.redirected) location.assign(answer.url);
  if (!answer?.ok) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  localize(page);
  return page;
}

/** Keep the parts of this page that are marked data-live as the server would render them now; gives what does it. */
export function follow(concerns = () => true, refreshed = () => {}, prepare = () => {}) {
  let waiting = null;
  const refresh = async () => {
    waiting = null;
    const href = location.href;
    const fresh = await load(href).catch(() => null);
    if (!fresh || href !== location.href) return;
    prepare(fresh);
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (next) replace(part, next);
    }
    refreshed();
  };
  listen((event) => {
    if (waiting === null && (event === null || concerns(event))) waiting = setTimeout(refresh, REFRESH_MS);
  });
  setInterval(() => { if (!document.hidden) refresh(); }, MINUTE_MS);
  return refresh;
}

function replace(part, next) {
  if (part.tagName === "TBODY") return replaceRows(part, next);
  for (const open of part.querySelectorAll("details[id][open]")) {
    next.querySelector(`[id="${open.id}"]`)?.setAttribute("open", "");
  }
  if (part.innerHTML !== next.innerHTML && !part.contains(document.activeElement)) part.replaceChildren(...next.childNodes);
}

/** Rows stay what they are, selected and focused, as long as they are in the list; only what they show is new. */
function replaceRows(body, next) {
  const present = new Map([...body.rows].map((row) => [row.dataset.id, row]));
  const rows = [...next.rows].map((fresh) => {
    const row = present.get(fresh.dataset.id);
    if (!row || !fresh.dataset.id) return fresh;
    [...fresh.cells].forEach((cell, index) => {
      const old = row.cells[index];
      if (!old.querySelector("input") && old.innerHTML !== cell.innerHTML && !old.contains(document.activeElement)) {
        old.innerHTML = cell.innerHTML;
        if (old.querySelector(".state")) {
          row.classList.remove("changed");
          void row.offsetWidth; // the animation begins anew
          row.classList.add("changed");
        }
      }
    });
    return row;
  });
  if (rows.some((row, index) => body.rows[index] !== row) || body.rows.length !== rows.length) body.replaceChildren(...rows);
}
