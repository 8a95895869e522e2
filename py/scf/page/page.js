/** Asks for the board every two seconds while somebody looks, and draws what has changed. */

import { books, daemon, drive, element, generations, releases, vault, work } from "./panels.js";
import { span, text } from "./format.js";

const PERIOD_MS = 2000;
const PATIENCE_MS = 5000;
const PICTURE_MS = 30_000;
const PANELS = { work, vault, drive, generations, releases, books };
const PICTURES = { density: "The learned density beside the true one", atlas: "Entropy and energy of the fossils, by shard" };

const at = (id) => document.getElementById(id);
const body = (id) => at(id).querySelector(".body");
const drawn = new Map();
let timer = 0;
let heard = false;

function say(words, tone) {
  const pill = at("status");
  pill.dataset.tone = tone;
  pill.lastElementChild.textContent = words;
}

function warn(lines, tone) {
  const banner = at("banner");
  const words = lines.join("\n");
  banner.hidden = lines.length === 0;
  banner.dataset.tone = tone;
  if (banner.textContent !== words) banner.textContent = words;
}

/** Replaces what a box holds, unless it would be the same: a selection or a focus stays. */
function draw(id, box, nodes) {
  const made = element("div", "", ...nodes);
  if (drawn.get(id) === made.innerHTML) return;
  drawn.set(id, made.innerHTML);
  box.replaceChildren(...made.childNodes);
}

function picture(name, there, now) {
  const box = body(name);
  const shown = box.querySelector("img");
  if (!there) {
    if (shown) box.replaceChildren(element("p", "empty", "No picture yet."));
  } else if (!shown || now - Number(shown.dataset.at) > PICTURE_MS) {
    const image = element("img");
    image.alt = PICTURES[name];
    image.dataset.at = now;
    image.addEventListener("load", () => box.replaceChildren(image));
    image.src = `${name}.svg?${Math.floor(now / PICTURE_MS)}`;
  }
}

function show(board) {
  const { snapshot, troubles } = board;
  const wrong = Array.isArray(troubles) ? troubles.map(text) : [];
  if (!snapshot) {
    say("starting", "quiet");
    warn(wrong, "warn");
    return;
  }
  draw("daemon", at("daemon"), [...daemon(snapshot, board.at)]);
  for (const [id, panel] of Object.entries(PANELS)) draw(id, body(id), panel(snapshot, board.at));
  for (const name of Object.keys(PICTURES)) picture(name, snapshot[name], Date.now());
  if (snapshot.locked) say("locked", "warn");
  else if (wrong.length) say("unwell", "bad");
  else say(text(snapshot.phase), "good");
  if (snapshot.locked && !wrong.length) wrong.push("EMERGENCY_LOCK exists: nothing is done until it is removed.");
  warn(wrong, snapshot.locked ? "warn" : "bad");
}

async function ask() {
  try {
    const answer = await fetch("board.json", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`the daemon answers ${answer.status}`);
    const board = await answer.json();
    show(board);
    heard = Date.now();
  } catch {
    say("lost", "bad");
    warn([heard ? `The daemon does not answer. What is shown is ${span((Date.now() - heard) / 1000)} old.` : "The daemon does not answer."], "bad");
  }
}

/** One round after the other, none while the page is hidden. */
async function round() {
  clearTimeout(timer);
  if (document.hidden) return;
  await ask();
  clearTimeout(timer);
  timer = setTimeout(round, PERIOD_MS);
}

document.addEventListener("visibilitychange", round);
round();
