/** Elements without innerHTML: whatever a server sends becomes text. Nothing is touched that is the same. */

import { share } from "./format.js";

export function element(tag, names = "", ...children) {
  const made = document.createElement(tag);
  if (names) made.className = names;
  made.append(...children);
  return made;
}

export function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

export function attribute(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Text that may be cut off by its box; the whole of it is shown on hovering. */
export function cut(node, value) {
  text(node, value);
  if (node.title !== value) node.title = value;
}

/** How far a bar is filled, from 0 to 1, and where its mark stands. */
export function fill(bar, value, mark) {
  bar.style.setProperty("--share", share(value).toFixed(4));
  if (mark !== undefined) bar.style.setProperty("--mark", share(mark).toFixed(4));
}

export function bar(names = "") {
  const made = element("span", `bar ${names}`.trim(), element("i"));
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** Plays the animation that a class stands for, from its beginning. */
export function play(node, name) {
  node.classList.remove(name);
  void node.offsetWidth;
  node.classList.add(name);
}

/** The rows of a list, made once and used again. `make` returns an object with its `node`. */
export class Rows {
  #list;
  #make;
  #rows = [];

  constructor(list, make) {
    this.#list = list;
    this.#make = make;
  }

  /** As many rows as asked for. */
  take(count) {
    while (this.#rows.length > count) this.#rows.pop().node.remove();
    while (this.#rows.length < count) {
      const row = this.#make();
      this.#rows.push(row);
      this.#list.append(row.node);
    }
    return this.#rows;
  }
}

/** A name, a bar and a value: one line of a definition list. */
export function levelRow(tone = "") {
  const [name, level, value] = [element("dt"), bar(tone), element("span", "value")];
  return { node: element("div", "level", name, element("dd", "", level, value)), name, level, value };
}

/** A name and a value. */
export function factRow() {
  const [name, value] = [element("dt"), element("dd")];
  return { node: element("div", "", name, value), name, value };
}
