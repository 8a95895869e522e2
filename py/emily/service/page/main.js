/** Emily's page: every panel gets the newest state, at most once a frame. */

import { mountActions } from "./actions.js";
import { takeToken } from "./api.js";
import { Circadian } from "./circadian.js";
import { follow } from "./follow.js";
import { everyFrame } from "./frames.js";
import { Health } from "./health.js";
import { Hypotheses } from "./hypotheses.js";
import { Reflexes } from "./reflexes.js";
import { Tiers } from "./tiers.js";
import { Transmitters } from "./transmitters.js";
import { Will } from "./will.js";
import { Workspace } from "./workspace.js";

const byId = (id) => document.getElementById(id);

takeToken();
addEventListener("hashchange", takeToken);
mountActions(byId("actions"));

const health = new Health(document);
const reflexes = new Reflexes(byId("reflexes"));
const panels = [
  reflexes,
  new Workspace(byId("workspace")),
  new Transmitters(byId("transmitters")),
  new Circadian(byId("circadian")),
  new Will(byId("will")),
  new Hypotheses(byId("hypotheses")),
  new Tiers(byId("tiers")),
];

let newest = null;

everyFrame((now) => {
  if (newest !== null) {
    health.update(newest);
    for (const panel of panels) panel.update(newest, now);
    newest = null;
  }
  health.tick(now);
  for (const panel of panels) panel.draw?.(now);
});

follow(
  (state) => {
    if (state === null || typeof state !== "object") return;
    newest = state;
    // While the page is hidden no frame comes, and the timeline would miss what fired meanwhile.
    reflexes.hear(state, performance.now());
    health.hear(state);
  },
  (link) => health.connection(link),
);
