/** The head of the page: how the loop is, how the connection is, and a banner that says what failed. */

import { cut, text } from "./dom.js";
import { clock, entries, fixed, list, NONE, whole, words } from "./format.js";

const RATE_OVER = 20;
const MOST_FAILED = 32;

export class Health {
  #page;
  #part;
  #since = new Map();
  #heard = false;
  #counts = [];
  #link = { state: "connecting" };
  #at = NONE;
  #retryAt = 0;
  #state = null;

  constructor(page) {
    this.#page = page;
    this.#part = Object.fromEntries(
      ["node", "status", "link", "banner", "rate", "dropped", "restarts", "alpha", "at"].map((id) => [id, page.getElementById(id)]),
    );
  }

  /** Says what fails and since when; also while the page is hidden, where a tab shows its title. */
  hear(state) {
    this.#state = state;
    this.#at = clock(state.at);
    const failed = new Map(failures(state));
    for (const name of this.#since.keys()) if (!failed.has(name)) this.#since.delete(name);
    for (const [name] of failed) {
      if (this.#since.has(name)) continue;
      this.#since.set(name, this.#heard ? `since ${this.#at}` : `since ${this.#at} or before`);
    }
    this.#heard = true;
    this.#counts.push({ at: Date.parse(state.at), messages: state.messages });
    if (this.#counts.length > RATE_OVER) this.#counts.shift();
    this.#tell();
  }

  update(state) {
    const { node, status, rate, dropped, restarts, alpha, at } = this.#part;
    cut(node, words(state.node));
    const tone = { healthy: "good", degraded: "bad" }[state.status] ?? "quiet";
    pill(status, tone, words(state.status));
    text(rate, fixed(perSecond(this.#counts), 0, " /s"));
    text(dropped, whole(state.dropped));
    text(restarts, whole(state.restarts));
    text(alpha, fixed(state.alpha_hz, 1, " Hz"));
    text(at, this.#at);
  }

  connection(link) {
    const changed = link.state !== this.#link.state || link.reason !== this.#link.reason;
    this.#link = link;
    this.#retryAt = performance.now() + (link.retryMs ?? 0);
    if (changed) this.#tell();
  }

  /** Counts down to the next attempt, outside of what a screen reader announces. */
  tick(now) {
    const { state, reason } = this.#link;
    const { link } = this.#part;
    if (state === "live") pill(link, "good", "live");
    else if (state === "polling") pill(link, "warn", "polling");
    else if (state === "lost") {
      const left = Math.ceil((this.#retryAt - now) / 1000);
      pill(link, "bad", left > 0 ? `reconnecting in ${left} s` : "reconnecting");
    }
    if (link.title !== (reason ?? "")) link.title = reason ?? "";
  }

  #tell() {
    const { state, reason } = this.#link;
    const failed = this.#state ? failures(this.#state) : [];
    const [tone, sentence] = this.#sentence(state, reason, failed);
    this.#part.banner.dataset.tone = tone;
    cut(this.#part.banner, sentence);
    const mark = tone === "bad" ? "▲ " : "";
    const title = `${mark}Emily${this.#state ? ` · ${state === "lost" ? "not reached" : words(this.#state.status)}` : ""}`;
    if (this.#page.title !== title) this.#page.title = title;
  }

  #sentence(link, reason, failed) {
    if (link === "lost") {
      const shown = this.#state ? ` Shown is the state of ${this.#at}.` : "";
      return ["bad", `▲ Not connected: ${words(reason)}.${shown}`];
    }
    if (!this.#state) return ["quiet", "Waiting for the first state."];
    if (this.#state.status === "degraded" || failed.length) {
      return ["bad", `▲ Degraded: ${this.#grouped(failed) || "the API names no failed check"}.`];
    }
    const checks = entries(this.#state.checks).length;
    const well = checks ? `● All ${checks} checks pass.` : "○ No check was made yet.";
    return link === "polling" ? ["warn", `${well} Polled, because ${words(reason)}.`] : [checks ? "good" : "quiet", well];
  }

  /** What failed at the same time is told together. */
  #grouped(failed) {
    const groups = new Map();
    for (const [name, detail] of failed) {
      const since = this.#since.get(name);
      groups.set(since, [...(groups.get(since) ?? []), detail ? `${name} (${words(detail)})` : name]);
    }
    return [...groups].map(([since, names]) => `${names.join(", ")} ${since}`).join("; ");
  }
}

/** What fails, as pairs of a name and a detail: the checks, and what a tier says that is not among them. */
function failures(state) {
  const failed = new Map(entries(state.checks).filter(isFailed).map(([name, { detail }]) => [name, detail]));
  for (const view of list(state.tiers)) {
    if (!view) continue;
    const tier = words(view.tier);
    if (view.up === false && !failed.has(tier)) failed.set(tier, "down");
    for (const [name, { detail }] of entries(view.checks).filter(isFailed)) {
      if (!failed.has(name)) failed.set(`${tier}.${name}`, detail);
    }
  }
  return [...failed].slice(0, MOST_FAILED);
}

const isFailed = ([, check]) => check && !check.ok;

function perSecond(counts) {
  if (counts.length < 2) return NaN;
  const [first, last] = [counts[0], counts.at(-1)];
  const rate = ((last.messages - first.messages) * 1000) / (last.at - first.at);
  return rate >= 0 ? rate : NaN;
}

function pill(node, tone, words) {
  node.dataset.tone = tone;
  text(node.lastElementChild, words);
}
