import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Starts a file of this folder as a process of its own. */
export function started(file: string, execArgv: readonly string[] = []): ChildProcess {
  return fork(new URL(file, import.meta.url), { execArgv: [...execArgv] });
}

/** Sends a question and waits for the answer; fails when the process ends instead. */
export async function asked<T>(child: ChildProcess, question: object | string): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`);
  });
  child.send(question);
  try {
    const [answer] = await Promise.race([once(child, 'message', { signal }), ended]);
    return answer as T;
  } finally {
    ended.catch(() => undefined);
    over.abort();
  }
}

/** A line for whoever waits. */
export function progress(line: string): void {
  console.error(line);
}
