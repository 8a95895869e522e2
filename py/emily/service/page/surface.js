/** A canvas that is sharp on every screen, knows whether it is seen, and draws in the colours of the page. */

const schemes = matchMedia("(prefers-color-scheme: dark)");
const colours = new Map();
schemes.addEventListener("change", () => colours.clear());

/** A colour of colours.css, by the name of its custom property. */
export function colour(name) {
  if (!colours.has(name)) {
    colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  }
  return colours.get(name);
}

export class Surface {
  #canvas;
  #seen = false;
  /** Whether something changed since the last drawing. */
  stale = true;

  constructor(canvas) {
    this.#canvas = canvas;
    this.context = canvas.getContext("2d");
    new ResizeObserver(([entry]) => this.#resize(entry.contentRect)).observe(canvas);
    new IntersectionObserver((entries) => {
      this.#seen = entries.at(-1).isIntersecting;
    }).observe(canvas);
    schemes.addEventListener("change", () => {
      this.stale = true;
    });
  }

  #resize({ width, height }) {
    this.width = width;
    this.height = height;
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    this.stale = true;
  }

  get seen() {
    return this.#seen && this.width > 0 && this.height > 0;
  }

  /** An empty context whose unit is a CSS pixel. */
  begin() {
    this.stale = false;
    const scale = this.#canvas.width / this.width;
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.context.clearRect(0, 0, this.width, this.height);
    this.context.font = FONT;
    return this.context;
  }

  describe(words) {
    if (this.#canvas.getAttribute("aria-label") !== words) this.#canvas.setAttribute("aria-label", words);
  }
}

const FONT = "11px system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
