// A status page that is open keeps itself right: once a minute it fetches itself, and shows what is new.
import {localize} from "./console.js";

const SECONDS = 60;

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, {headers: {Accept: "text/html"}});
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["main", "footer"]) {
      const [shown, read] = [document.querySelector(part), page.querySelector(part)];
      if (!shown || !read) return;
      const open = [...shown.querySelectorAll("details")].map((one) => one.open);
      localize(read);
      [...read.querySelectorAll("details")].forEach((one, n) => { one.open = Boolean(open[n]); });
      if (shown.innerHTML !== read.innerHTML) shown.replaceChildren(...read.childNodes);
    }
  } catch {
    // the page says when it was read
  }
}

setInterval(renew, SECONDS * 1000);
document.addEventListener("visibilitychange", renew);
