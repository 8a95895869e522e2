/** Values of a server as text. What is missing or of another type becomes a dash, never an error. */

export const NONE = "–";
const LONGEST = 500;

export const list = (value) => (Array.isArray(value) ? value : []);
export const entries = (value) =>
  value && typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : [];
export const share = (value) => (Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0);

export function words(value) {
  if (value === null || value === undefined || value === "") return NONE;
  const whole = typeof value === "object" ? JSON.stringify(value) : String(value);
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole;
}

export function fixed(value, digits = 2, unit = "") {
  if (!Number.isFinite(value)) return NONE;
  return `${value.toFixed(digits).replace(/^-(0(?:\.0+)?)$/, "$1").replace("-", "−")}${unit}`;
}

export const percent = (value) => (Number.isFinite(value) ? fixed(value * 100, 0, " %") : NONE);

export const whole = (value) =>
  Number.isFinite(value) ? Math.round(value).toLocaleString("en").replaceAll(",", "\u202f") : NONE;

export function duration(seconds) {
  if (!Number.isFinite(seconds)) return NONE;
  const s = Math.max(0, Math.floor(seconds));
  const [days, hours, minutes] = [Math.floor(s / 86400), Math.floor(s / 3600), Math.floor(s / 60)];
  if (days) return `${days} d ${hours % 24} h`;
  if (hours) return `${hours} h ${minutes % 60} min`;
  return minutes ? `${minutes} min ${s % 60} s` : `${s} s`;
}

/** An ISO time as the hours, minutes and seconds of the reader's clock. */
export function clock(at) {
  const time = new Date(at ?? NaN);
  return Number.isNaN(time.getTime()) ? words(at) : time.toLocaleTimeString("en-GB");
}

/** Hours since midnight, 5.5 being 05:30. */
export function hourMinute(hours) {
  if (!Number.isFinite(hours)) return NONE;
  const minutes = ((Math.round(hours * 60) % 1440) + 1440) % 1440;
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
