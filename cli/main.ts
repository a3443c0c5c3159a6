import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { systemClock as clock } from '../lib/clock.ts';
import { interruptionOf } from './interruption.ts';
import { watchOutputs } from './output.ts';
import { runSiebel } from './program.ts';
import { openRuntime } from './runtime.ts';
import { processTerminal } from './terminal.ts';

const { env } = process;
const outputs = watchOutputs(process);
const exitCode = await runSiebel(process.argv.slice(2), {
  terminal: processTerminal(clock),
  clock,
  env,
  root: fileURLToPath(new URL('..', import.meta.url)),
  // npm goes to the project's folder, and says where it came from.
  folder: (env['npm_lifecycle_event'] === 'siebel' ? env['INIT_CWD'] : undefined) ?? process.cwd(),
  interruption: interruptionOf(process, { clock, exit: (exitCode) => process.exit(exitCode) }),
  operator: userInfo().username,
  open: openRuntime,
});
const isWritten = await outputs.isWritten();
// Connections that are kept alive would hold the process for a while.
process.exit(isWritten ? exitCode : 1);
