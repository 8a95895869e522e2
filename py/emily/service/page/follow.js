/** Follows the loop: a stream, begun again when it ends; between two attempts the state is polled. */

import { request } from "./api.js";
import { events } from "./sse.js";

const SILENCE_MS = 15_000;
const POLL_MS = 1_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls `heard` with each state and `told` with how the connection is; never returns. */
export async function follow(heard, told) {
  for (let failures = 0; ; failures += 1) {
    let reason = "the stream ended";
    try {
      for await (const state of stream()) {
        failures = 0;
        told({ state: "live" });
        heard(state);
      }
    } catch (error) {
      reason = explain(error);
    }
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    await pollUntil(performance.now() + wait * (0.75 + Math.random() / 2), reason, heard, told);
  }
}

async function* stream() {
  const stop = new AbortController();
  const silent = () => stop.abort(new Error(`nothing was heard for ${SILENCE_MS / 1000} s`));
  let timer = setTimeout(silent, SILENCE_MS);
  try {
    const headers = { Accept: "text/event-stream" };
    const response = await request("events", { headers, signal: stop.signal });
    for await (const data of events(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(silent, SILENCE_MS);
      if (data !== null) yield JSON.parse(data);
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

async function pollUntil(end, reason, heard, told) {
  for (;;) {
    const left = end - performance.now();
    try {
      const signal = AbortSignal.timeout(5_000);
      heard(await (await request("state", { signal })).json());
      told({ state: "polling", reason });
    } catch (error) {
      told({ state: "lost", reason: error.status ? error.message : reason, retryMs: Math.max(0, left) });
    }
    if (left <= POLL_MS) return sleep(Math.max(0, end - performance.now()));
    await sleep(POLL_MS);
  }
}

function explain(error) {
  if (error instanceof SyntaxError) return "the stream sent what is no JSON";
  return error instanceof TypeError ? "the stream broke off" : error.message;
}
