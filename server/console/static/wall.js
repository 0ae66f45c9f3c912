// The wall shows what is down right now. It is loaded anew now and then, so that it gets the scripts of an upgrade.

import {follow, load} from "./live.js";

follow((event) => event.name !== "change");
setInterval(async () => { if (await load()) location.reload(); }, 15 * 60_000);
