import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { usedSinks } from '../../scripts/bundle-plugins.ts';

const COMMANDS = ['PutObjectCommand', 'SendMessageBatchCommand', 'PutEventsCommand'];

/** Commands that the sinks send in a build whose jobs have these kinds of targets. */
async function commandsOf(kinds: ReadonlySet<string> | undefined): Promise<string[]> {
  const { outputFiles } = await build({
    entryPoints: ['functions/sinks.ts'],
    absWorkingDir: new URL('../..', import.meta.url).pathname,
    bundle: true,
    packages: 'external',
    write: false,
    platform: 'node',
    format: 'esm',
    plugins: [usedSinks(kinds)],
  });
  return COMMANDS.filter((command) => outputFiles[0]?.text.includes(command));
}

it.each([
  [['s3'], ['PutObjectCommand']],
  [
    ['s3', 'sqs'],
    ['PutObjectCommand', 'SendMessageBatchCommand'],
  ],
  // What a bus does not take goes to quarantine in the bucket.
  [['eventbridge'], ['PutObjectCommand', 'PutEventsCommand']],
  [undefined, COMMANDS],
])('bundles only what sends to the kinds of targets that jobs have: %j', async (kinds, commands) => {
  expect(await commandsOf(kinds && new Set(kinds))).toEqual(commands);
});
