// Incidents as they open, are taken over and close.

import {follow} from "./live.js";

follow((event) => event.name === "incident");
