// The page of one monitor: a chart that is zoomed by links and by dragging, and parts that follow what happens.

import {follow, load} from "./live.js";

const ZOOM_MS = 300;
const TRIGGERED_MS = [1000, 3000, 7000, 15_000]; // after a check was asked for
const SVG = "http://www.w3.org/2000/svg";
const language = document.documentElement.lang;
const hour = new Intl.DateTimeFormat(language, {timeStyle: "short"});
const moment = new Intl.DateTimeFormat(language, {dateStyle: "medium", timeStyle: "short"});
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const section = () => document.getElementById("response");

/** What a new part of the page needs before it is seen. */
function prepare(root = document) {
  for (const text of root.querySelectorAll('text[data-kind="hour"]')) text.textContent = hour.format(new Date(text.dataset.at));
  for (const hint of root.querySelectorAll("[data-scripted]")) hint.hidden = false;
  root.querySelector(".days")?.classList.add("linked");
}

function span(part) {
  const {since, before} = part.querySelector("[data-since]").dataset;
  return {since: Date.parse(since), before: Date.parse(before)};
}

/** Where one span lies in the chart of another, in the units of its paths. */
function place(inner, outer) {
  const scale = 1000 / (outer.before - outer.since);
  return {x: (inner.since - outer.since) * scale, width: (inner.before - inner.since) * scale};
}

function animate(plot, from, to) {
  if (calm.matches || !plot) return Promise.resolve();
  const began = performance.now();
  return new Promise((done) => {
    requestAnimationFrame(function step(now) {
      const gone = Math.min(1, Math.max(0, (now - began) / ZOOM_MS));
      const eased = gone * gone * (3 - 2 * gone);
      const at = (name) => from[name] + (to[name] - from[name]) * eased;
      plot.setAttribute("viewBox", `${at("x")} 0 ${at("width")} 1000`);
      if (gone < 1) requestAnimationFrame(step);
      else done();
    });
  });
}

let latest = 0;

/** Show another span of time without leaving the page. */
async function zoom(href, keep) {
  const number = ++latest;
  const page = await load(href).catch(() => null);
  if (number !== latest) return;
  if (!page) return location.assign(href);
  const whole = {x: 0, width: 1000};
  const next = page.querySelector("#response");
  const [old, fresh] = [span(section()), span(next)];
  const target = place(fresh, old);
  if (target.width <= 1000) await animate(section().querySelector(".plot"), whole, target);
  if (number !== latest) return;
  const focused = [...section().querySelectorAll("[data-zoom]")].indexOf(document.activeElement);
  prepare(page);
  section().replaceWith(next);
  for (const name of ["changes", "checks"]) {
    document.querySelector(`[data-live="${name}"]`).replaceWith(page.querySelector(`[data-live="${name}"]`));
  }
  if (focused >= 0) next.querySelectorAll("[data-zoom]")[focused]?.focus();
  if (keep) history.pushState(null, "", href);
  if (target.width > 1000) await animate(next.querySelector(".plot"), place(old, fresh), whole);
}

function link(dates) {
  const url = new URL(location.href);
  for (const name of ["date", "startDate", "endDate", "notice"]) url.searchParams.delete(name);
  for (const [name, value] of Object.entries(dates)) url.searchParams.set(name, value);
  url.hash = "response";
  return url.href;
}

document.addEventListener("click", (event) => {
  const anchor = event.target.closest("a[data-zoom]");
  const day = event.target.closest(".days g[data-date]");
  if (event.ctrlKey || event.metaKey || event.shiftKey || !(anchor || day)) return;
  event.preventDefault();
  zoom(anchor ? anchor.href : link({range: "day", date: day.dataset.date}), true);
});
addEventListener("popstate", () => { if (!location.hash.startsWith("#change")) zoom(location.href, false); });

let dragged = null;

function share(event, chart) {
  const box = chart.getBoundingClientRect();
  return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
}

document.addEventListener("pointerdown", (event) => {
  const chart = event.target.closest(".chart");
  if (!chart || event.button !== 0 || event.target.closest("a") || event.pointerType === "touch") return;
  const rect = document.createElementNS(SVG, "rect");
  rect.setAttribute("class", "chosen");
  for (const [name, value] of [["y", 20], ["height", 180], ["width", 0]]) rect.setAttribute(name, value);
  chart.append(rect);
  dragged = {chart, rect, from: share(event, chart)};
  event.preventDefault();
});
document.addEventListener("pointermove", (event) => {
  if (dragged) {
    const to = share(event, dragged.chart);
    dragged.rect.setAttribute("x", `${100 * Math.min(to, dragged.from)}%`);
    dragged.rect.setAttribute("width", `${100 * Math.abs(to - dragged.from)}%`);
  }
  const chart = event.target.closest?.(".chart");
  if (chart) read(chart, share(event, chart));
});
document.addEventListener("pointerup", (event) => {
  if (!dragged) return;
  const {chart, rect, from} = dragged;
  dragged = null;
  rect.remove();
  const to = share(event, chart);
  if (Math.abs(to - from) * chart.getBoundingClientRect().width < 8) return;
  const {since, before} = span(section());
  const at = (where) => new Date(since + where * (before - since) - 1).toISOString().slice(0, 10);
  zoom(link({range: "day", startDate: at(Math.min(from, to)), endDate: at(Math.max(from, to))}), true);
});

/** Say what the bar under the pointer stands for. */
function read(chart, where) {
  const out = document.getElementById("readout");
  const {since, before} = span(section());
  const bars = chart.bars ??= JSON.parse(chart.dataset.bars);
  const at = since + where * (before - since);
  const bar = bars.findLast(([begins]) => Date.parse(begins) <= at);
  if (!bar || !out) return;
  const [begins, total, checks, failures, timings] = bar;
  const number = new Intl.NumberFormat(language, {maximumFractionDigits: 1});
  const names = new Map([...document.querySelectorAll(".legend li[data-phase]")].map((one) => [one.dataset.phase, one.textContent.trim()]));
  const parts = [...names].filter(([phase]) => timings[phase]).map(([phase, name]) => `${name} ${number.format(timings[phase])}`);
  const sums = out.dataset.words.replace("#", checks).replace("#", failures);
  out.textContent = `${moment.format(new Date(begins))}: ${total === null ? "–" : number.format(total)} ms (${parts.join(", ")}); ${sums}`;
  out.hidden = false;
}

const id = location.pathname.split("/")[2];
prepare();
const refresh = follow((event) => event.smtpMonitorId === id, () => {}, prepare);
if (new URLSearchParams(location.search).get("notice") === "monitor.done_trigger") {
  for (const milliseconds of TRIGGERED_MS) setTimeout(refresh, milliseconds);
}
