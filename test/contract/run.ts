import { inParallel } from './gate.ts';
import { type Journal, journalOf } from './journal.ts';
import { ECHO, type Profile } from './profile.ts';
import { type Answer, CannotTell, type Question, Seen } from './question.ts';
import { sampled } from './sample.ts';
import { pathOf, type Site, siteOf } from './site.ts';
import { tidied } from './tidy.ts';
import { NoAnswer, type Send } from './wire.ts';

/** So many requests in a row without an answer end the run. */
const SILENCE = 5;

export type Verdict = 'holds' | 'differs' | 'cannot tell' | 'skipped';

export interface Finding {
  readonly question: Question;
  readonly verdict: Verdict;
  /** What was seen, or why nothing could be. */
  readonly seen: string;
  /** The foreseen answer that was seen. */
  readonly answer: Answer | undefined;
}

export interface Outcome {
  readonly findings: readonly Finding[];
  /** Records of this run that could not be deleted again, by name. */
  readonly left: readonly string[];
  /** Calls of the profile's own that were made: what they have written is not deleted. */
  readonly calls: readonly string[];
  /** Why the run ended before its last question. */
  readonly ended: string | undefined;
}

/** Nothing could be asked; the cause says why. */
export class NothingAsked extends Error {
  override readonly name = 'NothingAsked';
  /** Records that the run had made already and could not delete. */
  readonly left: readonly string[];
  constructor(left: readonly string[], cause: unknown) {
    super('nothing was asked', { cause });
    this.left = left;
  }
}

/**
 * Puts questions to a Siebel.
 *
 * @param options.write Whether the questions that write are put too; what they make is deleted at the end.
 * @param options.parallel Questions at a time.
 * @throws NothingAsked when the records to begin from cannot be had.
 */
export async function runContract(options: {
  readonly send: Send;
  readonly profile: Profile;
  readonly questions: readonly Question[];
  readonly write: boolean;
  readonly parallel: number;
  readonly onFinding?: ((finding: Finding) => void) | undefined;
  /** Ends the run early: what was made is deleted all the same. */
  readonly signal?: AbortSignal | undefined;
}): Promise<Outcome> {
  const { profile, questions, write, parallel, onFinding, signal } = options;
  const journal = journalOf();
  const line = listening(options.send);
  const ended = () => (signal?.aborted ? 'stopped' : line.isSilent() ? SILENT : undefined);
  const tidy = () => (write ? tidied(siteOf({ profile, journal, send: listening(options.send).send })) : []);

  let site: Site;
  try {
    site = await sampled(siteOf({ profile, journal, send: guarded(line.send, write) }), { write });
  } catch (error) {
    throw new NothingAsked(await tidy(), error);
  }
  const asked = putting(site, journal, guarded(stoppable(line.send, ended), write));
  const findings = await inParallel(questions, parallel, async (question) => {
    const why = ended() ?? (isAllowed(question, profile, write) ? undefined : 'writes: give --write');
    const finding: Finding =
      why === undefined
        ? await askOne(question, asked)
        : { question, verdict: 'skipped', seen: why, answer: undefined };
    onFinding?.(finding);
    return finding;
  });
  return { findings, ended: ended(), left: await tidy(), calls: journal.calls() };
}

const SILENT = `stopped: ${SILENCE} requests in a row got no answer`;

/** Whether a question may be put: without the permission to write only reads, and Siebel's own echo. */
function isAllowed({ needs }: Question, profile: Profile, write: boolean): boolean {
  return write || needs === 'read' || (needs === 'echo' && profile.service.path === ECHO);
}

/** The same site on another wire. */
function putting(site: Site, journal: Journal, send: Send): Site {
  return { ...siteOf({ send, journal, profile: site.profile }), sample: site.sample, plain: site.plain };
}

/** Puts one question. */
export async function askOne(question: Question, site: Site): Promise<Finding> {
  const finding = (seen: string): Finding => {
    const answer = question.answers.find(({ is }) => is === seen);
    return { question, verdict: answer === question.answers[0] ? 'holds' : 'differs', seen, answer };
  };
  try {
    return finding(await question.ask(site));
  } catch (error) {
    if (error instanceof Seen) return finding(error.message);
    return { question, verdict: 'cannot tell', seen: whyNot(error), answer: undefined };
  }
}

function whyNot(error: unknown): string {
  if (error instanceof CannotTell) return error.message;
  if (error instanceof NoAnswer) return `no answer came (${error.message})`;
  // One question that stumbles must not take the report of the others with it.
  return `the question itself failed (${error instanceof Error ? error.name : 'unknown'})`;
}

/** The same wire, given up once nobody answers on it any more. */
function listening(send: Send): { send: Send; isSilent: () => boolean } {
  let silent = 0;
  const isSilent = () => silent >= SILENCE;
  return {
    isSilent,
    async send(request) {
      if (isSilent()) throw new NoAnswer('nothing was sent, as nobody answers');
      try {
        const answer = await send(request);
        if (!isSilent()) silent = 0;
        return answer;
      } catch (error) {
        if (error instanceof NoAnswer) silent += 1;
        throw error;
      }
    },
  };
}

/** The same wire, on which nothing more is sent when the run has ended. */
function stoppable(send: Send, ended: () => string | undefined): Send {
  return async (request) => {
    const why = ended();
    if (why !== undefined) throw new CannotTell(why);
    return send(request);
  };
}

/**
 * The same wire, on which a token that is refused says nothing about the question, and which lets nothing pass that could
 * write unless that is allowed.
 */
function guarded(send: Send, write: boolean): Send {
  const echo = pathOf('service', ...ECHO.split('/'));
  return async (request) => {
    const { method = 'GET', path, token } = request;
    if (!write && method !== 'GET' && path !== echo) throw new CannotTell('writes: give --write');
    const answer = await send(request);
    if (answer.status === 401 && token === undefined) {
      throw new CannotTell('Siebel answered 401: is the access token alive, and does its scope cover this?');
    }
    return answer;
  };
}
