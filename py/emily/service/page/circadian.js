/**
 * The body clock: a dial of the local day, noon at the top, and what follows from the phase. The phase
 * counts from the minimum of core body temperature, which the dial marks.
 */

import { fill, levelRow, Rows, text } from "./dom.js";
import { fixed, hourMinute, NONE, percent, words } from "./format.js";
import { colour, Surface } from "./surface.js";

const BINS = 144;
const WIDEST_GAP = 12;

const LEVELS = [
  ["cortisol", "cortisol", (body) => body?.cortisol],
  ["melatonin", "melatonin", (body) => body?.melatonin],
  ["sleep pressure", "pressure", (body) => body?.pressure],
  ["compute", "compute", (body, state) => body?.multiplier ?? state.multiplier],
];

export class Circadian {
  #waking;
  #phase;
  #surface;
  #rows;
  #body = null;
  #cortisol = new Array(BINS).fill(NaN);
  #melatonin = new Array(BINS).fill(NaN);
  #last = null;

  constructor(root) {
    this.#waking = root.querySelector(".waking");
    this.#phase = root.querySelector(".phase");
    this.#surface = new Surface(root.querySelector("canvas"));
    this.#rows = new Rows(root.querySelector(".levels"), () => levelRow());
    this.update({});
  }

  update(state) {
    const body = (this.#body = state.circadian ?? null);
    text(this.#waking, body ? (body.asleep ? "☾ asleep" : "☀ awake") : NONE);
    text(this.#phase, fixed(body?.phase_hours, 1, " h"));
    this.#rows.take(LEVELS.length).forEach((row, i) => {
      const [label, name, level] = LEVELS[i];
      const value = level(body, state);
      text(row.name, label);
      row.node.dataset.name = name;
      text(row.value, name === "compute" ? percent(value) : fixed(value));
      fill(row.level, value);
    });
    if (Number.isFinite(hourOf(body?.local_time))) this.#trace(body);
    this.#surface.describe(
      body
        ? `Local time ${words(body.local_time)}, ${fixed(body.phase_hours, 1, " h")} after the temperature minimum, ` +
            `${body.asleep ? "asleep" : "awake"}, cortisol ${fixed(body.cortisol)}, melatonin ${fixed(body.melatonin)}`
        : "No phase heard yet",
    );
    this.#surface.stale = true;
  }

  /** What was heard at each hour of the day; small steps between two states are filled in. */
  #trace({ local_time, cortisol, melatonin }) {
    const bin = Math.floor(hourOf(local_time) * (BINS / 24)) % BINS;
    const last = this.#last;
    const steps = last === null ? 0 : (bin - last.bin + BINS) % BINS;
    const filled = steps <= WIDEST_GAP ? steps : 0;
    for (let i = filled - 1; i >= 0; i -= 1) {
      const at = (bin - i + BINS) % BINS;
      const part = (filled - i) / filled;
      this.#cortisol[at] = last.cortisol + (cortisol - last.cortisol) * part;
      this.#melatonin[at] = last.melatonin + (melatonin - last.melatonin) * part;
    }
    this.#cortisol[bin] = cortisol;
    this.#melatonin[bin] = melatonin;
    this.#last = { bin, cortisol, melatonin };
  }

  draw() {
    if (!this.#surface.seen || !this.#surface.stale) return;
    const context = this.#surface.begin();
    const { width, height } = this.#surface;
    const radius = Math.min(width, height) / 2 - 18;
    context.translate(width / 2, height / 2);
    drawSky(context, radius);
    drawHours(context, radius);
    drawTrace(context, this.#cortisol, radius, colour("cortisol"));
    drawTrace(context, this.#melatonin, radius, colour("melatonin"));
    this.#drawNow(context, radius);
  }

  #drawNow(context, radius) {
    const body = this.#body;
    const hour = hourOf(body?.local_time);
    context.textAlign = "center";
    context.textBaseline = "middle";
    if (!Number.isFinite(hour)) {
      context.fillStyle = colour("muted");
      context.fillText("no time yet", 0, 0);
      return;
    }
    if (Number.isFinite(body.phase_hours)) drawMinimum(context, radius, hour - body.phase_hours);
    const angle = angleOf(hour);
    context.lineWidth = 2;
    context.strokeStyle = context.fillStyle = colour("text");
    context.beginPath();
    context.moveTo(...at(radius * 0.36, angle));
    context.lineTo(...at(radius - 2, angle));
    context.stroke();
    for (const [value, name] of [[body.cortisol, "cortisol"], [body.melatonin, "melatonin"]]) {
      if (!Number.isFinite(value)) continue;
      dot(context, at(levelRadius(radius, value), angle), colour(name));
    }
    context.fillStyle = colour("text");
    context.font = `600 ${Math.max(13, radius * 0.2)}px system-ui, sans-serif`;
    context.fillText(hourMinute(hour), 0, -radius * 0.06);
    context.font = `${Math.max(9, radius * 0.12)}px system-ui, sans-serif`;
    context.fillStyle = colour("muted");
    context.fillText("local", 0, radius * 0.13);
  }
}

/** The hour of a day in a text such as 03:26 or 2031-03-14T03:26:53-06:00; NaN if there is none. */
export function hourOf(time) {
  const found = /(?:^|[T ])(\d{1,2}):(\d{2})/.exec(typeof time === "string" ? time : "");
  return found ? (Number(found[1]) + Number(found[2]) / 60) % 24 : NaN;
}

/** Noon is at the top, midnight at the bottom, the morning on the left. */
const angleOf = (hours) => (hours / 24) * 2 * Math.PI + Math.PI / 2;
const at = (radius, angle) => [radius * Math.cos(angle), radius * Math.sin(angle)];
const levelRadius = (radius, value) => radius * (0.42 + 0.42 * Math.min(1, Math.max(0, value)));

function drawSky(context, radius) {
  const sky = context.createConicGradient(Math.PI / 2, 0, 0);
  for (const [hour, name] of [[0, "night"], [5, "night"], [6.5, "dawn"], [8.5, "day"], [15.5, "day"], [17.5, "dawn"], [19, "night"], [24, "night"]]) {
    sky.addColorStop(hour / 24, colour(name));
  }
  context.strokeStyle = sky;
  context.lineWidth = 7;
  context.beginPath();
  context.arc(0, 0, radius - 1, 0, 2 * Math.PI);
  context.stroke();
  context.lineWidth = 1;
  context.strokeStyle = colour("grid");
  for (const value of [0, 0.5, 1]) {
    context.beginPath();
    context.arc(0, 0, levelRadius(radius, value), 0, 2 * Math.PI);
    context.stroke();
  }
}

function drawHours(context, radius) {
  context.fillStyle = colour("muted");
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.strokeStyle = colour("panel");
  context.lineWidth = 1;
  for (let hour = 0; hour < 24; hour += 1) {
    const angle = angleOf(hour);
    context.beginPath();
    context.moveTo(...at(radius - 4, angle));
    context.lineTo(...at(radius + 3, angle));
    context.stroke();
    if (hour % 6 === 0) context.fillText(String(hour), ...at(radius + 12, angle));
  }
}

/** Where the phase is zero: the minimum of core body temperature. */
function drawMinimum(context, radius, hour) {
  const angle = angleOf(hour);
  context.fillStyle = colour("text");
  context.beginPath();
  context.moveTo(...at(radius - 6, angle));
  context.lineTo(...at(radius + 5, angle - 0.07));
  context.lineTo(...at(radius + 5, angle + 0.07));
  context.fill();
}

function drawTrace(context, levels, radius, ink) {
  context.strokeStyle = ink;
  context.lineWidth = 2;
  context.lineJoin = "round";
  context.beginPath();
  let pen = false;
  for (let i = 0; i <= BINS; i += 1) {
    const value = levels[i % BINS];
    if (!Number.isFinite(value)) {
      pen = false;
      continue;
    }
    const point = at(levelRadius(radius, value), angleOf(((i + 0.5) * 24) / BINS));
    if (pen) context.lineTo(...point);
    else context.moveTo(...point);
    pen = true;
  }
  context.stroke();
}

function dot(context, [x, y], ink) {
  context.fillStyle = ink;
  context.strokeStyle = colour("panel");
  context.lineWidth = 2;
  context.beginPath();
  context.arc(x, y, 5, 0, 2 * Math.PI);
  context.fill();
  context.stroke();
}
