import { isEmpty, itemsIn } from './answers.ts';
import { inParallel } from './gate.ts';
import type { Named } from './journal.ts';
import { type Ground, placeOf } from './site.ts';
import type { WireAnswer } from './wire.ts';

/** Deletions at a time. */
const WIDTH = 4;
/** Names in one search: some 1,000 characters. */
const NAMES = 20;
/** Searches for the same names, each of which may find ten records. */
const ROUNDS = 30;

/**
 * Deletes what the run has made: first the records that it knows by their Ids, then whatever has exactly one of its names.
 *
 * @returns What is left, by name or else by Id, each with the reason in words where there is more to say.
 */
export async function tidied(ground: Ground): Promise<readonly string[]> {
  const { journal } = ground;
  // Children and files before what they hang on.
  await inParallel(journal.left(), WIDTH, ({ path }) => removed(ground, path));
  const unknown = [...(await namesLookedFor(ground, 'child')), ...(await namesLookedFor(ground, 'record'))];
  const lost = journal
    .names()
    .filter(({ write, paths }) => write === 'accepted' && paths.size === 0)
    .map(({ name }) => `${name} (its write may have been carried out, and it was not found again)`);
  return [...new Set([...journal.left().map(({ label }) => label), ...unknown, ...lost, ...journal.lostOnes()])];
}

/** Deletes what has one of the run's names; gives what could not be looked for. */
async function namesLookedFor(ground: Ground, place: Named['place']): Promise<string[]> {
  const names = ground.journal.names().filter((name) => name.place === place && name.write !== 'none');
  const chunks = Array.from({ length: Math.ceil(names.length / NAMES) }, (_, index) =>
    names.slice(index * NAMES, (index + 1) * NAMES),
  );
  for (const chunk of chunks) {
    const why = await chunkRemoved(ground, place, chunk);
    if (why !== undefined)
      return [`whatever is called contract-check ${ground.journal.run} (it could not be looked for: ${why})`];
  }
  return [];
}

async function chunkRemoved(
  ground: Ground,
  place: Named['place'],
  chunk: readonly Named[],
): Promise<string | undefined> {
  const { journal, query, condition } = ground;
  const [field, at] = placeOf(ground, place);
  const searchspec = chunk.map(condition).join(' OR ');
  try {
    // Every round deletes some, or is the last but for a Siebel that says so and does not.
    for (let round = 0; round < ROUNDS; round += 1) {
      const items = itemsIn(await query({ searchspec, PageSize: 10, ExecutionMode: 'ForwardOnly' }, at()));
      const paths = items.flatMap((item) => {
        const named = chunk.find(({ name }) => name === item[field]);
        // A search that Siebel does not obey gives the records of others.
        if (!named || typeof item['Id'] !== 'string') return [];
        journal.made(at(item['Id']), named);
        return [at(item['Id'])];
      });
      const results = await inParallel(paths, WIDTH, (path) => removed(ground, path));
      if (!results.includes(true)) break;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}

/** Deletes one record, if the run has made it; gives whether it is gone. */
async function removed({ journal, send }: Ground, path: string): Promise<boolean> {
  if (!journal.owns(path)) return false;
  try {
    const answer = await send({ method: 'DELETE', path });
    const isDone = answer.status < 400 || isGone(answer);
    if (isDone) journal.deleted(path);
    return isDone;
  } catch {
    return false;
  }
}

/** Whether a DELETE says that there is no such record any more. */
function isGone(answer: WireAnswer): boolean {
  return isEmpty(answer) || answer.codes.includes('SBL-EAI-04378') || answer.status === 404;
}
