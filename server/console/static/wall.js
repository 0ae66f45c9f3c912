// The wall shows what is down right now, and asks now and then, in case that an event was missed.

import {follow, load} from "./live.js";

follow((event) => event.name !== "change");
setInterval(async () => { if (await load()) location.reload(); }, 15 * 60_000);
