import { fileText, type Options, readOptions, UsageError } from './options.ts';
import { leftLines, progressLine, reportJson, reportText } from './report.ts';
import { NothingAsked, type Outcome, runContract } from './run.ts';
import { accessToken } from './sign-in.ts';
import { QUESTIONS } from './table.ts';
import { fixedToken, renewedToken, type Tokens } from './tokens.ts';
import { NoAnswer, openWire } from './wire.ts';

try {
  const asked = readOptions(process.argv.slice(2), QUESTIONS);
  if ('print' in asked) console.log(asked.print);
  else process.exitCode = await put(asked.run);
} catch (error) {
  const cause = error instanceof NothingAsked ? error.cause : error;
  console.error(explained(cause));
  if (error instanceof NothingAsked) for (const line of leftLines(error.left)) console.error(line);
  process.exitCode = 2;
}

/** Puts the questions, prints the report, and gives the exit code. */
async function put(options: Options): Promise<number> {
  const { siebel, ca, profile, questions, write, parallel, timeoutMs, json } = options;
  const tokens = await tokensFor(options);
  const wire = openWire({ baseUrl: siebel, tokens, ca, timeoutMs, parallel, headers: profile.headers });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  console.error(
    `${questions.length} questions to ${siebel.host}, ${profile.component}, view mode ${profile.viewMode}, ${write ? 'WITH WRITES' : 'reads only'}`,
  );
  let done = 0;
  const onFinding: Parameters<typeof runContract>[0]['onFinding'] = (finding) => {
    done += 1;
    console.error(progressLine(finding, done, questions.length));
  };
  try {
    const { signal } = stop;
    const outcome = await runContract({ send: wire.send, profile, questions, write, parallel, onFinding, signal });
    const text = json ? reportJson(outcome) : reportText(outcome);
    console.log(tokens.all().reduce((clean, token) => clean.replaceAll(token, '[token]'), text));
    console.error(`${wire.sent()} requests`);
    return exitCodeOf(outcome);
  } finally {
    wire.close();
  }
}

function exitCodeOf({ findings, left, ended }: Outcome): number {
  const differs = findings.some(({ verdict }) => verdict === 'differs');
  return differs || left.length > 0 || ended !== undefined ? 1 : 0;
}

async function tokensFor({ signIn, ca, timeoutMs }: Options): Promise<Tokens> {
  if ('tokenFile' in signIn) {
    const token = fileText('--token-file', signIn.tokenFile).trim();
    if (!/^[\x21-\x7e]+$/.test(token)) throw new UsageError('--token-file holds no access token');
    return fixedToken(token);
  }
  const secret = fileText('--secret-file', signIn.secretFile);
  return renewedToken(() => accessToken({ ...signIn, secret, ca, timeoutMs }));
}

/** What went wrong, in one line, without an address or a value. */
function explained(error: unknown): string {
  if (error instanceof NoAnswer) {
    const certificate = /CERT|SELF_SIGNED|UNABLE_TO/.test(error.message);
    return `no answer came (${error.message})${certificate ? ': is the authority of the certificate given with --ca?' : ': is the address right, and reachable from here?'}`;
  }
  return error instanceof Error && error.message !== '' ? error.message : 'failed';
}
