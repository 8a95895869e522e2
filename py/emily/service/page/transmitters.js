/** The transmitters' levels against their set points, and what follows from them. */

import { factRow, fill, levelRow, Rows, text } from "./dom.js";
import { entries, fixed, words } from "./format.js";

const FIVE = ["dopamine", "serotonin", "oxytocin", "cortisol", "norepinephrine"];
const MOST = 7;

const FOLLOWERS = [
  ["gain", (neuro) => fixed(neuro?.gain, 2, "×")],
  ["threshold", (neuro) => fixed(neuro?.threshold)],
  ["social", (neuro) => fixed(neuro?.social_gain, 2, "×")],
  ["precision", (neuro) => fixed(neuro?.precision)],
];

export class Transmitters {
  #levels;
  #followers;

  constructor(root) {
    this.#levels = new Rows(root.querySelector(".levels"), () => levelRow("marked"));
    this.#followers = new Rows(root.querySelector(".followers"), factRow);
    this.update({});
  }

  update(state) {
    const levels = new Map(entries(state.neuro?.levels));
    const setpoints = new Map(entries(state.neuro?.setpoints));
    const names = [...new Set([...FIVE, ...levels.keys()])].slice(0, MOST);
    this.#levels.take(names.length).forEach((row, i) => {
      const [level, setpoint] = [levels.get(names[i]), setpoints.get(names[i])];
      text(row.name, words(names[i]));
      row.node.dataset.name = names[i];
      text(row.value, fixed(level));
      row.node.title = `level ${fixed(level, 3)}, set point ${fixed(setpoint, 3)}`;
      fill(row.level, level, setpoint ?? 0);
      row.level.classList.toggle("marked", Number.isFinite(setpoint));
    });
    this.#followers.take(FOLLOWERS.length).forEach((row, i) => {
      text(row.name, FOLLOWERS[i][0]);
      text(row.value, FOLLOWERS[i][1](state.neuro));
    });
  }
}
