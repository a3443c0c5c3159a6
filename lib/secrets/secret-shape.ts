import { ConfigurationError } from '../errors.ts';
import { isObject, JsonError, parseJson } from '../json.ts';
import type { ClientCredentials } from '../oauth/client-credentials.ts';
import { Redacted } from '../redacted.ts';

/** Members of a secret, in the two spellings that are accepted; they are not to be mixed. */
const SPELLINGS = [
  { id: 'clientId', secret: 'clientSecret' },
  { id: 'client_id', secret: 'client_secret' },
] as const;
const MAX_LENGTH = 1_024;
/** What people and templates put where the real value is still to come. */
const PLACEHOLDER =
  /^(<.*>|\$?\{.*\}|\*+|\.{3}|x{3,}|undefined|null|todo|tbd|secret|password|placeholder|(change|replace|fill|your|example).*me.*|your[-_ ]?client.*)$/i;

/**
 * The client credentials in a secret's value: `{"clientId": "…", "clientSecret": "…"}`, or the same with `client_id`
 * and `client_secret`, and nothing else.
 *
 * @throws ConfigurationError `CONFIG_SECRET_SHAPE` that names the secret, its version and every field that is wrong,
 *   and nothing of their content.
 * @see RFC 6749 appendix A.1 and A.2: both consist of visible ASCII characters and blanks.
 */
export function parseClientCredentials(
  value: string | Uint8Array | undefined,
  { secretId, versionId }: { secretId: string; versionId: string },
): ClientCredentials {
  const refuse = (problems: readonly string[]): never => {
    throw new ConfigurationError(
      `secret "${secretId}", version ${versionId}: ${problems.join('; ')}; ` +
        'it must be JSON with "clientId" and "clientSecret" and nothing else',
      { code: 'CONFIG_SECRET_SHAPE' },
    );
  };

  const members = membersOf(value);
  if (typeof members === 'string') return refuse([members]);
  const spelling = SPELLINGS.find(({ id, secret }) => members.has(id) || members.has(secret)) ?? SPELLINGS[0];
  const { id, secret } = spelling;
  const problems = [...problemsOf(id, members.get(id)), ...problemsOf(secret, members.get(secret))];
  if (members.size > [id, secret].filter((name) => members.has(name)).length) {
    problems.push('it holds members that are not known');
  }
  if (problems.length > 0) refuse(problems);

  return {
    clientId: String(members.get(id)),
    clientSecret: new Redacted(String(members.get(secret))),
    versionId,
  };
}

function membersOf(value: string | Uint8Array | undefined): ReadonlyMap<string, unknown> | string {
  if (value === undefined) return 'it has no value';
  try {
    const parsed = parseJson(value, { maxDepth: 4, maxKeys: 16, maxStringLength: 16_384 });
    return isObject(parsed) ? new Map(Object.entries(parsed)) : 'it is not a JSON object';
  } catch (error) {
    if (error instanceof JsonError) return `it is not the JSON that is expected (${error.code})`;
    throw error;
  }
}

function problemsOf(name: string, value: unknown): string[] {
  if (value === undefined) return [`"${name}" is missing`];
  if (typeof value !== 'string') return [`"${name}" is not a string`];
  if (value === '') return [`"${name}" is empty`];
  if (value !== value.trim()) return [`"${name}" starts or ends with white space, a line break or a byte order mark`];
  if (value.length > MAX_LENGTH) return [`"${name}" is longer than ${MAX_LENGTH} characters`];
  if (!/^[\x20-\x7e]+$/.test(value)) return [`"${name}" contains a character that no client credentials have`];
  if (PLACEHOLDER.test(value)) return [`"${name}" is still a placeholder`];
  return [];
}
