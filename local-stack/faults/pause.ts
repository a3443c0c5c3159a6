/** Waits; not cut short when the client leaves: a server works on. */
export function pause(delayMs: number, closing: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, delayMs);
    closing.addEventListener('abort', finish, { once: true });
    function finish() {
      clearTimeout(timer);
      closing.removeEventListener('abort', finish);
      resolve();
    }
    if (closing.aborted) finish();
  });
}
