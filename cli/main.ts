import { Command } from 'commander';

const program = new Command('siebel')
  .description('Operate the Siebel integration.')
  .version('0.1.0', '-V, --version', 'print the version')
  .helpOption('-h, --help', 'show this help')
  .addHelpText(
    'after',
    `
Run it as:  npm run --silent siebel -- <command>

No command of its own exists yet: doctor, token, call, describe, sync, messages and pause are planned.
To watch the integration work on this machine:  npm start`,
  )
  .showHelpAfterError('(try --help)')
  .argument('[command]', 'name of a command')
  .allowExcessArguments()
  .action((command: string | undefined) => {
    if (command === undefined) program.help();
    program.error(`unknown command '${command}'`, { exitCode: 2 });
  });
// Exit codes: 0 done, 1 found something wrong, 2 used wrongly.
program.exitOverride(({ exitCode, code }) => {
  process.exit(exitCode === 0 ? 0 : code.startsWith('commander.') ? 2 : exitCode);
});
program.parse();
