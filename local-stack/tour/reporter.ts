/** Tells what happens while it happens: lines for people, or one JSON object a line for programs. */
export interface Reporter {
  /** A heading or a finished step. The fields are what a program gets. */
  say(line: string, event: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Progress of the step under way; overwritten on a terminal, left out elsewhere. */
  progress(line: string): void;
  /** For people only. */
  note(text: string): void;
}

/** For people: plain lines, and a running line of progress where the output is a terminal. */
export function peopleReporter(out: NodeJS.WriteStream): Reporter {
  let pending = false;
  const clear = () => {
    if (pending) out.write('\r\u001b[K');
    pending = false;
  };
  const write = (text: string) => {
    clear();
    out.write(`${text}\n`);
  };
  return {
    say: (line) => write(line),
    note: write,
    progress(line) {
      if (!out.isTTY) return;
      clear();
      out.write(line.slice(0, (out.columns ?? 80) - 1));
      pending = true;
    },
  };
}

/** For programs: one JSON object a line, each with `event`. */
export function jsonReporter(out: NodeJS.WritableStream): Reporter {
  return {
    say: (_line, event, fields) => void out.write(`${JSON.stringify({ event, ...fields })}\n`),
    progress: () => {},
    note: () => {},
  };
}
