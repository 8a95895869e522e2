/** When to draw: at most 30 times a second, and only while somebody can see it. */

const SHORTEST_MS = 1000 / 30 - 2;

export const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** Calls `draw` with the time; browsers call nothing back while a page is hidden. */
export function everyFrame(draw) {
  let last = -Infinity;
  const step = (now) => {
    requestAnimationFrame(step);
    if (now - last < SHORTEST_MS) return;
    last = now;
    draw(now);
  };
  requestAnimationFrame(step);
}
