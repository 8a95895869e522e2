/** Figures for people. Whatever is no number becomes a dash. */

const DASH = "–";
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

const is = (value) => typeof value === "number" && Number.isFinite(value);

export const count = (value) => (is(value) ? value.toLocaleString("en") : DASH);

export function bytes(value) {
  if (!is(value)) return DASH;
  let [size, unit] = [value, 0];
  while (size >= 1024 && unit < UNITS.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${size >= 100 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`;
}

export function figure(value) {
  if (!is(value)) return DASH;
  const size = Math.abs(value);
  if (value === 0) return "0";
  return size >= 1e6 || size < 1e-4 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

export function joules(millijoules) {
  if (!is(millijoules)) return DASH;
  const size = Math.abs(millijoules) / 1000;
  if (size >= 3.6e6) return `${figure(millijoules / 3.6e9)} kWh`;
  return size >= 1e3 ? `${figure(millijoules / 1e6)} kJ` : `${figure(millijoules / 1e3)} J`;
}

export function span(seconds) {
  if (!is(seconds)) return DASH;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

export const period = (seconds) => (is(seconds) && seconds > 0 ? `every ${figure(seconds)} s` : DASH);

/** A CID or a hash, cut in the middle: the ends tell it from others. */
export const short = (name) => (String(name).length > 20 ? `${String(name).slice(0, 9)}…${String(name).slice(-6)}` : String(name));

export const text = (value) => (value === null || value === undefined || value === "" ? DASH : String(value));

export const share = (part, whole) => (is(part) && is(whole) && whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0);
