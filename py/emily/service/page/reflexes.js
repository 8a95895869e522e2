/** Reflexes: each a stem at its moment, as high as its latency, against the deadline. */

import { cut, element, Rows, text } from "./dom.js";
import { duration, fixed, list, NONE, words } from "./format.js";
import { stillness } from "./frames.js";
import { colour, Surface } from "./surface.js";

const WINDOW_MS = 60_000;
const GLOW_MS = 900;
const MOST = 600;
const HUES = 8;
const LATEST = 7;
const [LEFT, RIGHT, TOP, BOTTOM] = [30, 10, 12, 18];

/** The nearest-rank percentile of sorted values. */
export function percentile(sorted, p) {
  return sorted.length ? sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] : NaN;
}

export class Reflexes {
  #surface;
  #figures;
  #legend;
  #latest;
  #shown = new Map();
  #hues = [];
  #deadline = NaN;
  #drawn = 0;

  constructor(root) {
    this.#surface = new Surface(root.querySelector("canvas"));
    const part = (name) => root.querySelector(`.${name}`);
    this.#figures = { p50: part("p50"), p99: part("p99"), late: part("late"), count: part("count") };
    this.#legend = new Rows(part("legend"), () => {
      const label = element("span");
      return { label, node: element("li", "", element("i"), label) };
    });
    this.#latest = new Rows(part("latest"), latestRow);
  }

  /** Keeps what fired; a reflex stays where it was first seen. */
  hear(state, now) {
    this.#deadline = state.reflex_deadline_ms;
    for (const { id, age_s, event } of list(state.reflexes).filter((seen) => seen?.event).reverse()) {
      const [ms, age] = [event.latency_ms, Math.max(0, age_s * 1000)];
      if (!Number.isFinite(ms) || !(age < WINDOW_MS) || this.#shown.has(id)) continue;
      const [name, action] = [words(event.name), words(event.action)];
      this.#shown.set(id, { at: now - age, ms, name, action, late: ms > this.#deadline });
    }
    for (const [id, { at }] of this.#shown) {
      if (now - at > WINDOW_MS || this.#shown.size > MOST) this.#shown.delete(id);
    }
  }

  /** How much is kept. */
  get size() {
    return this.#shown.size;
  }

  update(state) {
    const all = [...this.#shown.values()];
    const latencies = all.map(({ ms }) => ms).sort((a, b) => a - b);
    const late = all.filter((reflex) => reflex.late).length;
    const [p50, p99] = [percentile(latencies, 50), percentile(latencies, 99)];
    text(this.#figures.p50, fixed(p50, 1, " ms"));
    text(this.#figures.p99, fixed(p99, 1, " ms"));
    text(this.#figures.late, String(late));
    this.#figures.late.dataset.tone = late ? "bad" : "plain";
    text(this.#figures.count, String(all.length));
    this.#surface.describe(
      all.length
        ? `${all.length} reflexes in the last minute, half within ${fixed(p50, 1, " ms")}, 99 % within ` +
            `${fixed(p99, 1, " ms")}, ${late} later than the deadline of ${fixed(this.#deadline, 0, " ms")}`
        : "No reflex in the last minute",
    );
    this.#name(new Set(all.map(({ name }) => name)));
    const newest = list(state.reflexes).filter((seen) => seen?.event).slice(0, LATEST);
    this.#latest.take(newest.length).forEach((row, i) => this.#tell(row, newest[i]));
    this.#surface.stale = true;
  }

  /** A name keeps its colour as long as it is shown; the ninth name and those after it share one. */
  #name(names) {
    this.#hues = this.#hues.map((name) => (names.has(name) ? name : undefined));
    for (const name of names) {
      const free = this.#hues.indexOf(undefined);
      if (this.#hues.includes(name)) continue;
      if (free >= 0) this.#hues[free] = name;
      else if (this.#hues.length < HUES) this.#hues.push(name);
    }
    const shown = this.#hues.filter((name) => name !== undefined);
    this.#legend.take(shown.length).forEach(({ node, label }, i) => {
      cut(label, shown[i]);
      node.dataset.hue = this.#hue(shown[i]);
    });
  }

  #hue(name) {
    const index = this.#hues.indexOf(name);
    return index < 0 ? "other" : String(index);
  }

  #tell(row, { age_s, event }) {
    const late = event.latency_ms > this.#deadline;
    row.node.dataset.hue = this.#hue(words(event.name));
    row.node.classList.toggle("late", late);
    cut(row.name, words(event.name));
    cut(row.action, `→ ${words(event.action)}`);
    text(row.ms, `${fixed(event.latency_ms, 1, " ms")}${late ? " late" : ""}`);
    const bits = event.distance ?? NONE;
    cut(row.more, `${words(event.modality)}, ${bits === NONE ? "no distance" : `${bits} bits away`}`);
    text(row.age, `${duration(age_s)} ago`);
  }

  draw(now) {
    const pause = stillness.matches ? 1000 : 0;
    if (!this.#surface.seen || (now - this.#drawn < pause && !this.#surface.stale)) return;
    this.#drawn = now;
    const context = this.#surface.begin();
    const { width, height } = this.#surface;
    const deadline = Number.isFinite(this.#deadline) && this.#deadline > 0 ? this.#deadline : 50;
    const highest = deadline * 1.6;
    const x = (at) => LEFT + (width - LEFT - RIGHT) * (1 - (now - at) / WINDOW_MS);
    const y = (ms) => TOP + (height - TOP - BOTTOM) * (1 - Math.min(Math.max(0, ms), highest) / highest);
    drawAxes(context, { width, height, deadline, highest, x, y, now });
    const shown = [...this.#shown.values()].filter((reflex) => now - reflex.at <= WINDOW_MS).reverse();
    for (const reflex of shown) {
      const ink = colour(`hue-${this.#hue(reflex.name)}`);
      const glow = stillness.matches ? 0 : 1 - Math.max(0, now - reflex.at) / GLOW_MS;
      drawReflex(context, x(reflex.at), y(reflex.ms), y(0), reflex.late, ink, glow);
    }
    // Only the late ones are named here: the others are by their colour, and in the list beside.
    let before = width - RIGHT;
    for (const reflex of shown.filter(({ late }) => late)) {
      before = drawLabel(context, { x: x(reflex.at), y: y(reflex.ms) }, reflex, before);
    }
  }
}

function latestRow() {
  const [name, action, ms] = [element("b"), element("span", "action"), element("span", "ms")];
  const [more, age] = [element("span", "more"), element("span", "age")];
  const node = element("li", "", element("i"), name, action, ms, more, age);
  return { node, name, action, ms, more, age };
}

function drawAxes(context, { width, height, deadline, highest, x, y, now }) {
  context.lineWidth = 1;
  context.fillStyle = colour("muted");
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.strokeStyle = colour("grid");
  for (const ms of [0, deadline / 2, deadline]) {
    context.fillText(fixed(ms, 0), LEFT - 6, y(ms));
    if (ms < deadline) line(context, LEFT, y(ms), width - RIGHT, y(ms));
  }
  context.fillText("ms", LEFT - 6, TOP - 2);
  context.textAlign = "center";
  for (const ago of [60, 45, 30, 15, 0]) {
    const at = x(now - ago * 1000);
    if (ago) line(context, at, y(0), at, y(0) + 4);
    context.textAlign = ago ? (ago === 60 ? "left" : "center") : "right";
    context.fillText(ago ? `−${ago} s` : "now", at, height - 6);
  }
  context.fillStyle = colour("beyond");
  context.fillRect(LEFT, y(highest), width - LEFT - RIGHT, y(deadline) - y(highest));
  context.strokeStyle = colour("bad");
  context.lineWidth = 1.5;
  line(context, LEFT, y(deadline), width - RIGHT, y(deadline));
  context.fillStyle = colour("bad");
  context.textAlign = "left";
  context.fillText(`deadline ${fixed(deadline, 0)} ms`, LEFT + 6, y(deadline) - 9);
}

function drawReflex(context, x, y, ground, late, ink, glow) {
  context.strokeStyle = context.fillStyle = ink;
  context.lineWidth = 1;
  context.globalAlpha = 0.35;
  line(context, x, y, x, ground);
  if (glow > 0) {
    context.globalAlpha = glow * 0.35;
    context.beginPath();
    context.arc(x, y, 5 + 12 * (1 - glow), 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
  context.beginPath();
  if (late) {
    context.moveTo(x, y - 6);
    context.lineTo(x + 6, y + 5);
    context.lineTo(x - 6, y + 5);
    context.closePath();
    context.fillStyle = colour("panel");
    context.lineWidth = 2;
    context.fill();
    context.stroke();
  } else {
    context.arc(x, y, 4, 0, 2 * Math.PI);
    context.fill();
  }
}

/** Names a reflex if there is room for it; returns how far to the left the next label must end. */
function drawLabel(context, { x, y }, { name, action }, before) {
  const label = `${name} → ${action}`.slice(0, 40);
  const width = context.measureText(label).width;
  const right = Math.min(x + width / 2, before);
  if (right - width < LEFT || right < x) return before;
  context.textAlign = "right";
  context.lineWidth = 4;
  context.lineJoin = "round";
  context.strokeStyle = colour("panel");
  context.fillStyle = colour("text");
  context.strokeText(label, right, y - 14);
  context.fillText(label, right, y - 14);
  return right - width - 8;
}

function line(context, x1, y1, x2, y2) {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}
