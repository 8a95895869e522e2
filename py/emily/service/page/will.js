/** What cognition decided: every policy weighed, the chosen one marked, and the beliefs behind it. */

import { bar, cut, element, fill, levelRow, Rows, text } from "./dom.js";
import { entries, fixed, list, NONE, words } from "./format.js";

const POLICIES_SHOWN = 5;
const BELIEFS_SHOWN = 6;

export class Will {
  #root;
  #policies;
  #beliefs;

  constructor(root) {
    this.#root = root;
    this.#policies = new Rows(root.querySelector("tbody"), policyRow);
    this.#beliefs = new Rows(root.querySelector(".beliefs"), () => levelRow("belief"));
  }

  update(state) {
    const will = state.will;
    cut(this.#root.querySelector(".action"), words(will?.action));
    text(this.#root.querySelector(".took"), will ? `in ${fixed(will.latency_ms, 1, " ms")}` : NONE);
    const all = list(will?.policies).filter((policy) => policy);
    const chosen = Math.max(0, all.findIndex(({ actions }) => list(actions)[0] === will.action));
    const shown = withChosen(all, chosen);
    const costs = shown.map(({ policy }) => policy.efe).filter(Number.isFinite);
    const [least, most] = [Math.min(0, ...costs), Math.max(...costs)];
    this.#policies.take(shown.length).forEach((row, i) => {
      const { policy, index } = shown[i];
      row.node.classList.toggle("chosen", index === chosen);
      text(row.mark, index === chosen ? "chosen" : "");
      cut(row.plan, list(policy.actions).map(words).join(" → ") || NONE);
      text(row.efe, fixed(policy.efe, 2));
      text(row.q, fixed(policy.q, 3));
      fill(row.efeBar, most > least ? (policy.efe - least) / (most - least) : 0);
      fill(row.qBar, policy.q);
    });
    const rest = all.length - shown.length;
    text(this.#root.querySelector(".more"), will ? (rest > 0 ? `and ${rest} more` : "") : "Nothing decided yet.");
    this.#believe(entries(will?.beliefs));
  }

  #believe(beliefs) {
    const likeliest = beliefs.sort(([, a], [, b]) => b - a).slice(0, BELIEFS_SHOWN);
    this.#beliefs.take(likeliest.length).forEach((row, i) => {
      const [name, value] = likeliest[i];
      cut(row.name, words(name));
      text(row.value, fixed(value));
      fill(row.level, value);
    });
  }
}

/** The best policies; the chosen one takes the last place if it is not among them. */
function withChosen(all, chosen) {
  const shown = all.map((policy, index) => ({ policy, index })).slice(0, POLICIES_SHOWN);
  if (chosen >= POLICIES_SHOWN) shown[POLICIES_SHOWN - 1] = { policy: all[chosen], index: chosen };
  return shown;
}

function policyRow() {
  const [plan, mark] = [element("span", "plan"), element("span", "mark")];
  const [efe, q, efeBar, qBar] = [element("span", "value"), element("span", "value"), bar("efe"), bar("q")];
  const head = element("th", "", element("span", "cell", plan, mark));
  head.scope = "row";
  const cells = [[efeBar, efe], [qBar, q]].map((parts) => element("td", "", element("span", "cell", ...parts)));
  return { node: element("tr", "", head, ...cells), plan, mark, efe, q, efeBar, qBar };
}
