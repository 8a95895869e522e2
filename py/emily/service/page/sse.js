/** The data of Server-Sent Events, read from the body of a response (WHATWG HTML, section 9.2). */

const LONGEST = 4_000_000;

/** Yields null for whatever arrives, and the data of each event that is complete with it. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const parse = parser();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield null;
      yield* parse(value);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** A function from a piece of the stream to the data of the events that it completes. */
export function parser() {
  let rest = "";
  let data = [];
  return function* parse(piece) {
    rest += piece;
    // A CR at the end may be half of a CRLF.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    if (rest.length > LONGEST) throw new Error("the stream sends a line without an end");
    for (const line of lines) {
      if (line === "") {
        if (data.length) yield data.join("\n");
        data = [];
      } else if (line.startsWith("data:")) {
        data.push(line.slice(line[5] === " " ? 6 : 5));
      }
    }
  };
}
