/** One message of the tour, and what is to become of it. */
export interface TourMessage {
  readonly about: string;
  readonly body: string;
  /** Code under which it is parked; absent when it is to be done. */
  readonly parkedAs?: string;
}

/**
 * Nine upserts, of which three change an account that exists, and three messages that can never succeed.
 *
 * @param existing Name and location of accounts that Siebel has.
 */
export function tourMessages(existing: readonly { Name: string; Location: string }[], seed: number): TourMessage[] {
  const created = Array.from({ length: 9 - existing.length }, (_, index) => ({
    Name: `Tour Trading ${seed}-${index + 1}`,
    Location: 'Bremen',
    'Account Status': 'Active',
  }));
  const changed = existing.map((account) => ({ ...account, 'Account Status': 'Active' }));
  const upserts = [...created, ...changed].map((input, index) => ({
    about: index < created.length ? 'new account' : 'account that exists',
    body: JSON.stringify({ operation: 'account.upsert', key: `tour/${seed}/${index + 1}`, input }),
  }));
  return [
    ...upserts,
    {
      about: 'operation that does not exist',
      body: JSON.stringify({ operation: 'account.explode', key: `tour/${seed}/10`, input: {} }),
      parkedAs: 'UNKNOWN_OPERATION',
    },
    {
      about: 'field missing',
      body: JSON.stringify({ operation: 'account.upsert', key: `tour/${seed}/11`, input: { Name: 'Nowhere Ltd' } }),
      parkedAs: 'MISSING_FIELD',
    },
    { about: 'not JSON', body: '{"operation":"account.upsert",', parkedAs: 'BAD_JSON' },
  ];
}
