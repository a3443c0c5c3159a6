import { createServer } from 'node:net';

/**
 * Sees whether ports can be listened on, before anything is started that would need them.
 *
 * @param first 0: any free ports, so that there is nothing to see.
 * @throws The error of the first that cannot, for `portProblem`.
 */
export async function tryPorts(first: number, count: number): Promise<void> {
  if (first === 0) return;
  for (let port = first; port < first + count; port += 1) await tryPort(port);
}

/** What to do about a port that cannot be listened on; nothing when the error is another one. */
export function portProblem(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('port' in error)) return undefined;
  const { port, code } = error as Error & { port: unknown; code?: string };
  const advice = 'choose other ports with --port N, or leave it out to take any that are free';
  if (code === 'EADDRINUSE') return `Port ${port} is in use: ${advice}.`;
  if (code === 'EACCES') return `Port ${port} may not be used by this account: ${advice}.`;
  return undefined;
}

function tryPort(port: number): Promise<void> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => server.close(() => resolve()));
  });
}
