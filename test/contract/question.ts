import type { Site } from './site.ts';

/** How sure we are of the first answer: documented by Oracle, observed by sites that published notes, assumed, unknown. */
export type Mark = 'D' | 'O' | 'A' | 'U';

/**
 * What a question needs. `read` sends GET alone; `echo` calls the profile's service, which may be called without asking if
 * it is Siebel's own echo; `write` makes records, or calls what may write.
 */
export type Need = 'read' | 'echo' | 'write';

/** One way in which a Siebel may answer a question. */
export interface Answer {
  /** In a few words, as the report shows it. */
  readonly is: string;
  /** What to write into `siebel.config.ts` for a Siebel that answers so: a member of `site`, or a field's option. */
  readonly site?: string;
  /** Settings with which the stand-in answers so. */
  readonly standIn?: Readonly<Record<string, unknown>>;
}

/** A named question about how Siebel REST behaves: plain requests, and what must hold of what comes back. */
export interface Question {
  /** `subject.what`: stable, as docs/siebel-answers.md refers to it. */
  readonly id: string;
  readonly asks: string;
  readonly mark: Mark;
  readonly needs: Need;
  /** First release of Siebel that is documented to do it. */
  readonly since?: string;
  /** The first one is what is documented or, where nothing is, assumed here. */
  readonly answers: readonly [Answer, ...Answer[]];
  /**
   * Gives the name of an answer, or says in other words what was seen.
   *
   * @throws CannotTell when this Siebel does not have what the question needs.
   * @throws Seen when an answer came that leaves nothing more to ask.
   */
  readonly ask: (site: Site) => Promise<string>;
}

/** The question cannot be put here: says why. */
export class CannotTell extends Error {
  override readonly name = 'CannotTell';
}

/** An answer that nobody foresaw ends the question: its message says what was seen. */
export class Seen extends Error {
  override readonly name = 'Seen';
}

/** A question with one foreseen answer. */
export function expects(is: string): readonly [Answer] {
  return [{ is }];
}

/** The question's answer under these settings of the stand-in: the one whose settings fit best, else the first. */
export function answerUnder(settings: object, { answers }: Question): Answer {
  const all = settings as Readonly<Record<string, unknown>>;
  const fits = answers.filter(
    ({ standIn }) => standIn && Object.entries(standIn).every(([name, value]) => same(all[name], value)),
  );
  const best = fits.sort((a, b) => Object.keys(b.standIn ?? {}).length - Object.keys(a.standIn ?? {}).length)[0];
  return best ?? answers[0];
}

function same(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
