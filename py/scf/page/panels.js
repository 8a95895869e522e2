/** The panels: each makes elements of a snapshot. No innerHTML: whatever the daemon sends becomes text. */

import { bytes, count, figure, joules, period, share, short, span, text } from "./format.js";

export function element(tag, names = "", ...children) {
  const made = document.createElement(tag);
  if (names) made.className = names;
  made.append(...children);
  return made;
}

const list = (value) => (Array.isArray(value) ? value.filter((each) => each && typeof each === "object") : []);
const pairs = (value) => (value && typeof value === "object" ? Object.entries(value) : []);
const empty = (what) => element("p", "empty", what);

function toned(made, tone) {
  made.dataset.tone = tone;
  return made;
}

function named(name) {
  const made = element("code", "", short(text(name)));
  made.title = text(name);
  return made;
}

function bar(part, tone) {
  const made = element("span", "bar", element("i"));
  made.style.setProperty("--share", part.toFixed(4));
  return tone ? toned(made, tone) : made;
}

const facts = (names, all) =>
  element("dl", names, ...all.map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value))));

const fact = (all) => facts("rows", all);

/** A phone has no room for the row of heads: each cell tells its own there. */
function headed(cell, head) {
  cell.dataset.head = head;
  return cell;
}

function table(heads, rows) {
  const head = heads.map((name) => {
    const made = element("th", "", name);
    made.scope = "col";
    return made;
  });
  const body = rows.map((cells) => element("tr", "", ...cells.map((cell, nth) => headed(element("td", "", cell), heads[nth]))));
  return element("div", "scroll", element("table", "", element("thead", "", element("tr", "", ...head)), element("tbody", "", ...body)));
}

export function daemon(snapshot, at) {
  const { gear, phase, control } = snapshot;
  return facts("", [
    ["gear", `${text(gear).toLowerCase()}, ${period(snapshot.period_s)}`],
    ["now", text(phase)],
    ["up", span(at - snapshot.started_at)],
    ["orders", `${count(control?.seq)} obeyed, ${count(control?.ignored)} ignored`],
    ["code", text(snapshot.code)],
  ]).children;
}

export function work({ work: job, due, fossils }, at) {
  if (!job) {
    const missing = due - fossils;
    return [empty(missing > 0 ? `No job. The next generation waits for ${count(missing)} more fossils.` : "No job.")];
  }
  const parts = [element("p", "lead", `${text(job.model)} `, element("small", "", `generation ${count(job.generation)}, ${text(job.recipe)}`))];
  if (job.of > 0) parts.push(bar(share(job.step, job.of)));
  parts.push(
    fact([
      ["steps", job.of > 0 ? `${count(job.step)} of ${count(job.of)}` : "–"],
      ["stage", text(job.stage)],
      ["runner", text(job.runner)],
      ["attempt", job.attempt > 0 ? count(job.attempt) : "–"],
      ["heartbeat", job.beat_at ? `${span(at - job.beat_at)} ago` : "none yet"],
      ["job", named(job.job)],
    ]),
  );
  if (job.reason) parts.push(element("p", "reason", text(job.reason)));
  return [element("div", "stack", ...parts)];
}

export function vault({ fossils, shards, due, refused }) {
  const by = pairs(refused);
  const parts = [
    element("p", "lead", `${count(fossils)} `, element("small", "", "fossils")),
    fact([
      ["shards", count(shards)],
      ["next generation at", due > 0 ? count(due) : "–"],
      ["refused", count(by.reduce((sum, [, many]) => sum + (Number(many) || 0), 0))],
    ]),
  ];
  if (by.length) parts.push(fact(by.map(([reason, many]) => [reason, count(many)])));
  return [element("div", "stack", ...parts)];
}

export function drive({ rooms }) {
  const all = list(rooms);
  if (!all.length) return [empty("No drive is known.")];
  const lines = all.map(({ name, used, quota }) => {
    const full = share(used, quota);
    const tone = full > 0.95 ? "bad" : full > 0.8 ? "warn" : "";
    const size = element("span", "", bytes(used));
    const line = element("div", "room", element("span", "muted", text(name).replaceAll("_", " ")), bar(full, tone), size);
    line.title = `${bytes(used)} of ${bytes(quota)}, ${(100 * full).toFixed(1)} %`;
    return line;
  });
  return [element("div", "stack", ...lines)];
}

function standing({ champion, reason }) {
  if (champion) return toned(element("span", "badge", "champion"), "good");
  return reason ? toned(element("span", "badge", "failed"), "bad") : "";
}

function results({ metrics, reason }, metric) {
  if (reason) return element("span", "reason", text(reason));
  const all = pairs(metrics).sort(([a], [b]) => (b === metric) - (a === metric));
  return facts("facts", all.slice(0, 6).map(([name, value]) => [name, figure(value)]));
}

export function generations({ generations: made, metric }) {
  const all = list(made);
  if (!all.length) return [empty("No generation yet.")];
  const rows = all.map((each) => [
    text(each.model),
    count(each.generation),
    each.version ? count(each.version) : "–",
    standing(each),
    results(each, metric),
    named(each.job),
  ]);
  return [table(["model", "generation", "version", "", "figures", "job"], rows)];
}

export function releases({ releases: made }) {
  const all = list(made);
  if (!all.length) return [empty("Nothing was released yet.")];
  const rows = all.map((each) => [
    text(each.week),
    `${text(each.model)} ${count(each.version)}`,
    each.current ? toned(element("span", "badge", "in use"), "good") : "",
    named(each.digest),
  ]);
  return [table(["week", "version", "", "digest"], rows)];
}

export function books(snapshot) {
  const accounts = pairs(snapshot.balances);
  const parts = [
    fact([
      ["log", `${count(snapshot.log_size)} statements`],
      ["root", snapshot.log_size ? named(snapshot.log_root) : "–"],
      ["ledger", `${count(snapshot.ledger_entries)} entries`],
      ["head", snapshot.ledger_entries ? named(snapshot.ledger_head) : "–"],
    ]),
  ];
  if (accounts.length) parts.push(fact(accounts.map(([name, held]) => [name, joules(held)])));
  else parts.push(empty("No credit yet: only measured savings earn some."));
  return [element("div", "stack", ...parts)];
}
