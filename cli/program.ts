import { Command, CommanderError } from 'commander';
import { SIEBEL, type Surroundings, tell } from './command.ts';
import { messagesCommand } from './messages/commands.ts';
import { type ExitCode, Problem } from './problem.ts';
import { syncCommand } from './sync/commands.ts';

const HELP = `
Run it as:  ${SIEBEL} <command>
Exit codes: 0 done, 1 found something wrong, 2 used wrongly.

The commands doctor, token, call and describe are planned and do not exist yet.
To watch the integration work on this machine:  npm start`;

/**
 * Runs one command line.
 *
 * @param argv Arguments after the name of the program.
 * @returns The exit code: 0 done, 1 found something wrong, 2 used wrongly.
 */
export async function runSiebel(argv: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { terminal } = surroundings;
  const asJson = argv.includes('--json');
  let exitCode: ExitCode = 0;
  const ended = (code: ExitCode) => {
    exitCode = code;
  };
  const program = new Command('siebel')
    .description('Operate the Siebel integration.')
    .version('0.1.0', '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .addHelpText('after', HELP)
    .addCommand(messagesCommand(surroundings, ended))
    .addCommand(syncCommand(surroundings, ended));
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command
      .exitOverride()
      .showHelpAfterError('(try --help)')
      .configureOutput({
        writeOut: (text) => terminal.write(text.trimEnd()),
        writeErr: (text) => (asJson ? undefined : terminal.note(text.trimEnd())),
        outputError: (text, write) => write(text.replace(/^error: /, 'USAGE: ')),
      });
  }
  if (argv.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return tell(error, asJson, terminal);
    if (error.exitCode === 0) return 0;
    if (asJson)
      return tell(new Problem('USAGE', error.message.replace(/^error: /, ''), { exitCode: 2 }), true, terminal);
    return 2;
  }
}
