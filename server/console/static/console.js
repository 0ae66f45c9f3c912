// What every page has: times in the visitor's own zone, and the events of the server.

const language = document.documentElement.lang;
const moment = new Intl.DateTimeFormat(language, {dateStyle: "medium", timeStyle: "short"});

/** Show the times within an element in the visitor's own zone. */
export function localize(root = document) {
  for (const time of root.querySelectorAll("time[datetime]:not([data-since])")) {
    time.textContent = moment.format(new Date(time.dateTime));
  }
}

const menu = document.querySelector(".menu");
if (menu && matchMedia("(min-width: 60rem)").matches) menu.open = true;
localize();
