/** What a visitor may do: send a stimulus, have an episode remembered, ask for one. */

import { post } from "./api.js";
import { element, fill } from "./dom.js";
import { fixed, list, words } from "./format.js";

const STIMULI = [
  ["Dim", [0.1, 0.1, 0.1]],
  ["Edge", [0.1, 0.5, 0.9]],
  ["Bright", [0.9, 0.9, 0.9]],
];
const RECALLED = 5;

export function mountActions(root) {
  const answer = root.querySelector(".answer");
  const ask = async (control, question, tell) => {
    if (control.getAttribute("aria-busy") === "true") return;
    control.setAttribute("aria-busy", "true");
    try {
      say(answer, "plain", ...tell(await question()));
    } catch (error) {
      say(answer, "bad", `▲ ${error.name === "TimeoutError" ? "no answer within 10 s" : words(error.message)}`);
    } finally {
      control.setAttribute("aria-busy", "false");
    }
  };

  for (const [name, features] of STIMULI) {
    const button = element("button", "", glyph(features), name);
    button.type = "button";
    button.title = `visual ${features.join(", ")}`;
    button.addEventListener("click", () =>
      ask(button, () => post("stimulus", { kind: "visual", features }), () => [`Sent: visual ${features.join(", ")}`]),
    );
    root.querySelector(".buttons").append(button);
  }

  onSubmit(root.querySelector("#remember"), (form, button) =>
    ask(button, () => post("memory", { content: form.elements.content.value }), (kept) => {
      form.reset();
      return [`Kept in the ${words(kept?.durable)} as ${words(kept?.id)}`];
    }),
  );

  onSubmit(root.querySelector("#recall"), (form, button) =>
    ask(button, () => post("memory/recall", { text: form.elements.text.value, k: RECALLED }), (found) => {
      const hits = list(found?.hits).filter((hit) => hit).slice(0, RECALLED);
      return hits.length ? [element("ol", "hits", ...hits.map(hitRow))] : ["Nothing is remembered yet."];
    }),
  );
}

/** Features as small columns. */
function glyph(features) {
  const columns = features.map((feature) => {
    const column = element("i");
    fill(column, feature);
    return column;
  });
  const made = element("span", "glyph", ...columns);
  made.setAttribute("aria-hidden", "true");
  return made;
}

function onSubmit(form, send) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, form.querySelector("button"));
  });
}

function hitRow({ content, score, timestamp }) {
  const row = element("li", "", element("b", "", fixed(score)), " ", words(content));
  row.title = `${words(content)} (${words(timestamp)})`;
  return row;
}

function say(answer, tone, ...parts) {
  answer.dataset.tone = tone;
  answer.replaceChildren(...parts);
}
