import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Profile, profileWith } from './profile.ts';
import type { Question } from './question.ts';

export interface Options {
  readonly siebel: URL;
  readonly signIn:
    | { readonly tokenFile: string }
    | {
        readonly tokenUrl: URL;
        readonly scope: string;
        readonly clientId: string;
        readonly secretFile: string;
        readonly authentication: 'basic' | 'form';
      };
  readonly ca: string | undefined;
  readonly profile: Profile;
  readonly questions: readonly Question[];
  readonly write: boolean;
  readonly parallel: number;
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** The command line is wrong: the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const HELP = `npm run contract -- --siebel https://host:9001/siebel/v1.0 (--token-file FILE | --token-url URL --scope SCOPE --client-id ID --secret-file FILE)

Puts named questions about its REST interface to a real Siebel (--list shows them), and shows for each what is documented
or assumed in this project and what was seen. Without --write it reads, and calls nothing but Siebel's own echo service.

  --siebel URL         address with the context path
  --token-file FILE    an access token, ready to use
  --token-url URL      or: where to get one by the client credentials grant,
  --scope SCOPE        for this scope (several in one argument, parted by blanks),
  --client-id ID       as this client,
  --secret-file FILE   whose secret is in this file. A token that ends during the run is asked for again
  --client-auth basic  how the client shows itself: basic, form
  --ca FILE            certificate authorities to trust in the place of the usual ones (PEM)
  --component A/B      object and component that are asked about (Account/Account). Another one needs a --profile with its fields
  --view-mode All      view mode in which the user sees records
  --profile FILE       names of your site in JSON: fields, child, service, workflow … (docs/siebel-answers.md)
  --write              also the questions that write, and the calls that the profile names. Records made are named
                       "contract-check <run> <number>" and deleted; what your own calls write stays
  --only LIST          questions or subjects, parted by commas: search, paging.offset
  --parallel 2         questions, and requests, at a time
  --timeout 30         seconds to wait for an answer
  --json               the report as JSON on standard output; progress goes to standard error
  --list               the questions, without asking any

Exit code 0: no answer differs from what is documented or assumed, as far as answers could be had; 1: some differ, records
were left behind, or the run ended early; 2: nothing was asked. Ctrl-C and SIGTERM end it early and delete what it has made.
Ask a test system: it gets some hundred requests, with --write some four hundred.`;

/** What the command line asks for: text to print, or a run. */
export function readOptions(
  argv: readonly string[],
  questions: readonly Question[],
): { readonly print: string } | { readonly run: Options } {
  const { values } = parsed(argv);
  if (values.help) return { print: HELP };
  const chosen = chosenFrom(questions, values.only);
  if (values.list)
    return { print: chosen.map(({ id, asks, needs }) => `${id.padEnd(28)} ${needs.padEnd(9)} ${asks}`).join('\n') };

  if (values.siebel === undefined)
    throw new UsageError('--siebel is missing: the address of Siebel REST with its context path');
  return {
    run: {
      siebel: httpsUrl('--siebel', values.siebel),
      signIn: signInOf(values),
      ca: values.ca === undefined ? undefined : fileText('--ca', values.ca),
      profile: profileOf(values),
      questions: chosen,
      write: values.write,
      parallel: numberOf('--parallel', values.parallel, 20),
      timeoutMs: numberOf('--timeout', values.timeout, 600) * 1_000,
      json: values.json,
    },
  };
}

/** Text of a file, without the line break at its end. */
export function fileText(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new UsageError(`${option} ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

type Values = ReturnType<typeof parsed>['values'];

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        siebel: { type: 'string' },
        'token-file': { type: 'string' },
        'token-url': { type: 'string' },
        scope: { type: 'string' },
        'client-id': { type: 'string' },
        'secret-file': { type: 'string' },
        'client-auth': { type: 'string', default: 'basic' },
        ca: { type: 'string' },
        component: { type: 'string' },
        'view-mode': { type: 'string' },
        profile: { type: 'string' },
        write: { type: 'boolean', default: false },
        only: { type: 'string' },
        parallel: { type: 'string', default: '2' },
        timeout: { type: 'string', default: '30' },
        json: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : 'the options cannot be read'}; try --help`);
  }
}

function chosenFrom(questions: readonly Question[], only: string | undefined): readonly Question[] {
  if (only === undefined) return questions;
  const names = only.split(',').map((name) => name.trim());
  const matches = (name: string) => questions.filter(({ id }) => id === name || id.startsWith(`${name}.`));
  const unknown = names.filter((name) => matches(name).length === 0);
  if (unknown.length > 0)
    throw new UsageError(`--only: there is no question or subject ${unknown.join(', ')}; try --list`);
  return questions.filter(({ id }) => names.some((name) => id === name || id.startsWith(`${name}.`)));
}

function signInOf(values: Values): Options['signIn'] {
  const grant = ['token-url', 'scope', 'client-id', 'secret-file'] as const;
  const given = grant.filter((name) => values[name] !== undefined);
  if (values['token-file'] !== undefined) {
    if (given.length > 0)
      throw new UsageError(`--token-file takes the place of --${given.join(', --')}: give one or the other`);
    return { tokenFile: values['token-file'] };
  }
  const missing = grant.filter((name) => values[name] === undefined);
  if (missing.length > 0)
    throw new UsageError(`no access token can be had: --${missing.join(', --')} missing, or --token-file`);
  const authentication = values['client-auth'];
  if (authentication !== 'basic' && authentication !== 'form')
    throw new UsageError('--client-auth takes basic or form');
  return {
    tokenUrl: httpsUrl('--token-url', values['token-url'] ?? ''),
    scope: values.scope ?? '',
    clientId: values['client-id'] ?? '',
    secretFile: values['secret-file'] ?? '',
    authentication,
  };
}

function profileOf(values: Values): Profile {
  const { profile: file, component, 'view-mode': viewMode } = values;
  const flags = { ...(component !== undefined && { component }), ...(viewMode !== undefined && { viewMode }) };
  try {
    const changes: unknown = file === undefined ? {} : JSON.parse(fileText('--profile', file));
    return profileWith(typeof changes === 'object' && !Array.isArray(changes) ? { ...changes, ...flags } : changes);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const why = error instanceof SyntaxError ? 'is no JSON' : (error as Error).message;
    throw new UsageError(`${file === undefined ? '--component' : `--profile ${file}`} ${why}`);
  }
}

function httpsUrl(option: string, text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:') throw new UsageError(`${option} takes an address that begins with https://`);
  if (url.username !== '' || url.password !== '')
    throw new UsageError(`${option} takes no name or password in the address`);
  return url;
}

function numberOf(option: string, text: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new UsageError(`${option} takes a whole number from 1 to ${most}`);
  return value;
}
