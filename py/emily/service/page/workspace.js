/** The workspace: its slots, and who was pushed out by whom. */

import { bar, cut, element, fill, play, Rows, text } from "./dom.js";
import { duration, fixed, list, NONE, words } from "./format.js";

const MOST_SLOTS = 9;
const LEFT_SHOWN = 3;
const NAMES_KEPT = 64;

export class Workspace {
  #root;
  #slots;
  #left;
  #peaks = new Map();
  #names = new Map();
  #newest = "";

  constructor(root) {
    this.#root = root;
    this.#slots = new Rows(root.querySelector(".slots"), slotRow);
    this.#left = new Rows(root.querySelector(".evicted"), () => {
      const [what, why, age] = [element("b"), element("span", "why"), element("span", "age")];
      return { node: element("li", "", element("i"), what, why, age), what, why, age };
    });
  }

  /** How much is kept. */
  get size() {
    return this.#names.size + this.#peaks.size;
  }

  update(state) {
    const broadcast = state.workspace;
    const held = list(broadcast?.contents).filter((each) => each).slice(0, MOST_SLOTS);
    const capacity = Math.min(MOST_SLOTS, broadcast?.capacity || held.length);
    text(this.#root.querySelector(".held"), broadcast ? `${held.length} of ${words(broadcast.capacity)}` : NONE);
    text(this.#root.querySelector(".threshold"), fixed(broadcast?.threshold));
    this.#remember(held);
    this.#slots.take(Math.max(capacity, held.length)).forEach((row, i) => this.#hold(row, held[i], broadcast));
    this.#tellLeft(list(state.evicted).filter((seen) => seen?.eviction?.held));
  }

  /** How salient each was at most, for the bar's trace; and what it is called, for who pushed it out. */
  #remember(held) {
    for (const { ref, kind, content, salience } of held) {
      this.#peaks.set(ref, Math.max(salience, this.#peaks.get(ref) ?? 0));
      this.#names.delete(ref);
      this.#names.set(ref, `${words(kind)} “${words(content)}”`);
    }
    const now = new Set(held.map(({ ref }) => ref));
    for (const ref of this.#peaks.keys()) if (!now.has(ref)) this.#peaks.delete(ref);
    for (const ref of this.#names.keys()) {
      if (this.#names.size <= NAMES_KEPT) break;
      this.#names.delete(ref);
    }
  }

  #hold(row, held, broadcast) {
    row.node.classList.toggle("free", !held);
    const ref = held ? words(held.ref) : "";
    if (held && row.ref !== ref && broadcast.entered === held.ref) play(row.node, "entered");
    row.ref = ref;
    cut(row.kind, held ? words(held.kind) : "");
    cut(row.content, held ? words(held.content) : "free");
    row.content.title = held ? `${words(held.content)} (from ${words(held.source)})` : "";
    text(row.value, held ? fixed(held.salience) : "");
    row.level.hidden = !held;
    fill(row.level, held?.salience, broadcast?.threshold);
    row.level.style.setProperty("--peak", (this.#peaks.get(held?.ref) ?? 0).toFixed(4));
  }

  #tellLeft(seen) {
    const identity = seen.length ? `${seen[0].eviction.at_ns} ${seen[0].eviction.held.ref}` : "";
    const isNew = identity !== this.#newest;
    this.#newest = identity;
    this.#left.take(Math.min(LEFT_SHOWN, seen.length)).forEach((row, i) => {
      const { age_s, eviction } = seen[i];
      const { kind, content } = eviction.held;
      cut(row.what, `${words(kind)} “${words(content)}”`);
      const by = eviction.by;
      cut(row.why, by ? `pushed out by ${this.#names.get(by) ?? words(by)}` : "faded");
      text(row.age, `${duration(age_s)} ago`);
      if (isNew) play(row.node, i ? "moved" : "left");
    });
  }
}

function slotRow() {
  const [kind, content, value] = [element("span", "kind"), element("span", "content"), element("span", "value")];
  const level = bar("salience");
  return { node: element("li", "slot", kind, content, level, value), kind, content, level, value };
}
