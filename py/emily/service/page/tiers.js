/** The tiers: who is up, what each watches, and whether the bus connects them. */

import { cut, element, Rows, text } from "./dom.js";
import { duration, entries, fixed, list, NONE, words } from "./format.js";

const FOUR = ["instinct", "nervous", "metabolism", "cognition"];
const MOST = 8;

export class Tiers {
  #bus;
  #rows;

  constructor(root) {
    this.#bus = root.querySelector(".bus");
    this.#rows = new Rows(root.querySelector("tbody"), tierRow);
    this.update({});
  }

  update(state) {
    const views = new Map(list(state.tiers).filter((view) => view).map((view) => [words(view.tier), view]));
    const names = [...new Set([...FOUR, ...views.keys()])].slice(0, MOST);
    this.#rows.take(names.length).forEach((row, i) => tell(row, names[i], views.get(names[i]), state));
    const bus = state.checks?.bus;
    text(this.#bus, bus ? (bus.ok ? "● bus connected" : "▲ bus lost: in-process") : "bus –");
    this.#bus.dataset.tone = bus ? (bus.ok ? "good" : "bad") : "quiet";
    this.#bus.title = words(bus?.detail);
  }
}

function tell(row, name, view, { checks }) {
  const failed = entries(view?.checks).filter(([, check]) => check && !check.ok);
  const state = view ? (view.up ? (failed.length ? "failing" : "up") : "down") : "not heard";
  text(row.name, name);
  row.node.dataset.tone = { up: "good", failing: "warn", down: "bad" }[state] ?? "quiet";
  row.node.dataset.tier = name;
  text(row.state, `${{ up: "●", failing: "◆", down: "▲" }[state] ?? "○"} ${state}`);
  text(row.memory, fixed(view?.rss_mb, 0, " MB"));
  text(row.uptime, duration(view?.uptime_s));
  const why = state === "down" ? [words(checks?.[name]?.detail)] : [];
  const told = failed.map(([check, { detail }]) => (detail ? `${check}: ${words(detail)}` : check));
  const well = entries(view?.checks).map(([check]) => check);
  cut(row.checks, [...why, ...told].join("; ") || (well.length ? `well: ${well.join(", ")}` : NONE));
}

function tierRow() {
  const [name, state, memory, uptime] = [element("b"), element("td", "state"), element("td"), element("td")];
  const checks = element("span", "checks");
  const head = element("th", "", element("span", "cell", name, checks));
  head.scope = "row";
  return { node: element("tr", "", head, state, memory, uptime), name, state, memory, uptime, checks };
}
