/** Requests to the API that served the page, with the token of its address if there is one. */

import { words } from "./format.js";

const KEPT = "emily-token";

/** Takes `#token=…` out of the address, so that no bookmark or screenshot shows it; the tab keeps it. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given === null) return;
  sessionStorage.setItem(KEPT, given);
  history.replaceState(null, "", location.pathname + location.search);
}

export class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Raises a Refusal, whose message a person can read, for an answer that is none. */
export async function request(path, options = {}) {
  const headers = new Headers(options.headers);
  const token = sessionStorage.getItem(KEPT);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const response = await fetch(`api/v1/${path}`, { cache: "no-store", ...options, headers }).catch(unanswered);
  if (!response.ok) throw new Refusal(response.status, await reason(response));
  return response;
}

export async function post(path, body) {
  const response = await request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  return response.status === 204 ? null : response.json();
}

/** A fetch that nobody answers raises a TypeError, whose message each browser words in its own way. */
function unanswered(error) {
  throw error instanceof TypeError ? new Error("the API does not answer") : error;
}

async function reason(response) {
  if (response.status === 401 || response.status === 403) {
    return "the API demands a token: open this page with #token=… at its address";
  }
  const body = await response.json().catch(() => null);
  const said = body?.detail ?? body?.reason;
  const first = Array.isArray(said) ? said[0]?.msg : said;
  return first ? words(first) : `the API answered ${response.status}`;
}
