/** What becomes of the two outputs of the process. */
export interface Outputs {
  /** Waits until all of the result is written, and says whether it could be. */
  isWritten(): Promise<boolean>;
}

interface Output {
  on(name: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  write(text: string, written: () => void): unknown;
}

/**
 * Keeps a command alive whose reader goes away, as `head` does: it wants to hear no more, and what was begun is finished all the
 * same. A result that is lost for another reason, as on a full disk, is told, and is a failure.
 */
export function watchOutputs({ stdout, stderr }: { stdout: Output; stderr: Output }): Outputs {
  let lost: string | undefined;
  stderr.on('error', () => undefined);
  stdout.on('error', ({ code = 'unknown' }) => {
    if (code === 'EPIPE' || lost !== undefined) return;
    lost = code;
    stderr.write(`the result could not be written (${code})\n`, () => undefined);
  });
  return {
    async isWritten() {
      await new Promise<void>((resolve) => stdout.write('', resolve));
      return lost === undefined;
    },
  };
}
