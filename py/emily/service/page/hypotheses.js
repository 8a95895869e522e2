/** The sampled cells of the hypergrid, as a map of 64 x 64, over the reward's plateaus and modes. */

import { factRow, Rows, text } from "./dom.js";
import { fixed, list, whole, words } from "./format.js";
import { cells, EDGE, place, rank, SIDE } from "./hypergrid.js";
import { colour, Surface } from "./surface.js";

const RANKED = [...cells()].map((cell) => ({ ...place(cell), rank: rank(cell) })).filter(({ rank }) => rank);
const MODES = RANKED.filter(({ rank }) => rank === 2);

export class Hypotheses {
  #version;
  #surface;
  #facts;
  #counts = new Map();

  constructor(root) {
    this.#version = root.querySelector(".version");
    this.#surface = new Surface(root.querySelector("canvas"));
    this.#facts = new Rows(root.querySelector(".facts"), factRow);
    this.update({});
  }

  update(state) {
    const sampled = state.hypotheses;
    const all = list(sampled?.hypotheses);
    this.#counts = new Map();
    for (const cell of all) {
      const spot = place(cell);
      if (spot) this.#counts.set(spot.y * EDGE + spot.x, (this.#counts.get(spot.y * EDGE + spot.x) ?? 0) + 1);
    }
    const found = MODES.filter(({ x, y }) => this.#counts.has(y * EDGE + x)).length;
    const collapsed = sampled?.mode_collapse;
    text(this.#version, sampled ? `model ${words(sampled.model_version)}` : "none sampled yet");
    this.#version.title = this.#version.textContent;
    const facts = [
      ["sampled", sampled ? whole(all.length) : words(null), "plain"],
      ["unique", whole(sampled?.unique), "plain"],
      ["diversity", fixed(sampled?.diversity), "plain"],
      ["modes hit", sampled ? `${found} of ${MODES.length}` : words(null), "plain"],
      ["collapse", sampled ? (collapsed ? "▲ collapsed" : "no") : words(null), collapsed ? "bad" : "plain"],
      ["took", fixed(sampled?.latency_ms, 1, " ms"), "plain"],
    ];
    this.#facts.take(facts.length).forEach((row, i) => {
      text(row.name, facts[i][0]);
      text(row.value, facts[i][1]);
      row.value.dataset.tone = facts[i][2];
    });
    this.#surface.describe(
      sampled
        ? `${all.length} cells sampled, ${whole(sampled.unique)} of them different, ${found} of ${MODES.length} modes hit`
        : "No hypotheses sampled yet",
    );
    this.#surface.stale = true;
  }

  draw() {
    if (!this.#surface.seen || !this.#surface.stale) return;
    const context = this.#surface.begin();
    const { width, height } = this.#surface;
    const unit = Math.min(width, height) / EDGE;
    context.translate((width - unit * EDGE) / 2, (height - unit * EDGE) / 2);
    drawReward(context, unit);
    const most = Math.max(1, ...this.#counts.values());
    for (const [index, count] of this.#counts) {
      const [x, y] = [(index % EDGE) + 0.5, Math.floor(index / EDGE) + 0.5];
      context.fillStyle = colour("sample");
      context.beginPath();
      context.arc(x * unit, y * unit, unit * (0.62 + 0.7 * Math.sqrt((count - 1) / most)), 0, 2 * Math.PI);
      context.fill();
    }
  }
}

function drawReward(context, unit) {
  for (const { x, y, rank } of RANKED) {
    context.fillStyle = colour(rank === 2 ? "mode" : "plateau");
    context.fillRect(x * unit, y * unit, unit, unit);
  }
  context.strokeStyle = colour("grid");
  context.lineWidth = 1;
  for (let i = 0; i <= SIDE; i += 1) {
    const at = Math.round(i * SIDE * unit * 2) / 2;
    context.strokeRect(at, 0, 0, EDGE * unit);
    context.strokeRect(0, at, EDGE * unit, 0);
  }
  context.strokeStyle = colour("mode-edge");
  for (const { x, y } of MODES) context.strokeRect((x - 0.75) * unit, (y - 0.75) * unit, 2.5 * unit, 2.5 * unit);
}
