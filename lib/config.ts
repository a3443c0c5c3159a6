import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from './errors.ts';

/** Parses one value; returns what is wrong with it as text after the name, never the value itself. */
type Setting<T> = {
  readonly parse: (text: string, stage: Stage) => { readonly value: T } | { readonly problem: string };
  /** Used when the variable is absent or empty; a setting without one is required. */
  readonly fallback?: { readonly value: T };
};

/** `local` alone relaxes the safety rules: loopback addresses without TLS, debugging switches of Node. */
type Stage = 'local' | 'deployed';

/**
 * Every environment variable that this project reads, with its parser and default. Names carry the unit.
 * docs/configuration.md explains each one.
 */
const SETTINGS = {
  /** Address of Siebel REST with its context path: `https://host:9001/siebel/v1.0`. */
  SIEBEL_BASE_URL: url(),
  /** File with the private authorities that sign Siebel's certificate (PEM), absolute or relative to the package. */
  SIEBEL_CA_FILE: optional(path()),
  /** Total time of one Siebel call, from name resolution to the last byte. */
  SIEBEL_TIMEOUT_MS: integer(100, 600_000, 20_000),
  /**
   * How long after its start a call that was given up still counts as being at work in Siebel: its place stays taken, so
   * that no more than the agreed number of calls is there at a time (R49).
   */
  SIEBEL_ABANDONED_HOLD_SECONDS: integer(0, 600, 60),
  /** How long Siebel is left alone after five failures in a row; doubles up to six times itself. */
  SIEBEL_CIRCUIT_OPEN_SECONDS: integer(1, 30, 5),
  /** Token endpoint of the identity domain: `https://idcs-….identity.oraclecloud.com/oauth2/v1/token`. */
  TOKEN_URL: url(),
  /** Scope or scopes to ask for, parted by blanks. */
  TOKEN_SCOPE: text(1_024),
  TOKEN_CA_FILE: optional(path()),
  /** Where the client id and secret go: the Authorization header (`basic`) or the form (`post`). */
  TOKEN_CLIENT_AUTHENTICATION: oneOf(['basic', 'post'], 'basic'),
  /** Total time of one token request. */
  TOKEN_TIMEOUT_MS: integer(100, 60_000, 5_000),
  /** How long a token that Siebel has just accepted, or that is younger, is not replaced after a 401 (R29). */
  TOKEN_TRUST_MS: integer(0, 600_000, 30_000),
  /** Least time between two forced replacements of a token in one container (R29). */
  TOKEN_REPLACE_INTERVAL_MS: integer(0, 600_000, 10_000),
  /** Longest time that a cold start waits for its first access token; 0 leaves it to the first call. */
  WARM_UP_TIMEOUT_MS: integer(0, 9_000, 1_500),
  /** Name or ARN of the secret that holds the client credentials. */
  CLIENT_SECRET_ID: text(2_048),
  STATE_TABLE: text(255),
  QUEUE_URL: url(),
  /** For the command line alone. */
  DEAD_LETTER_QUEUE_URL: url(),
  /** First pause before a message that failed for its surroundings is delivered again; doubles up to ten times itself. */
  QUEUE_BACKOFF_SECONDS: integer(1, 900, 30),
  /**
   * How long Siebel may still work on a request that was given up: before that, a record that a look-up does not find is not
   * believed to be absent (R08). Lower it together with Siebel's own limit of a request.
   */
  SIEBEL_SETTLE_SECONDS: integer(1, 900, 720),
  /** How long the lease of a call outlives its deadline: the clocks of two containers may differ by less. */
  CALL_LEASE_MARGIN_SECONDS: integer(1, 300, 15),
  /** Where the windows of backfills wait. */
  BACKFILL_QUEUE_URL: url(),
  SYNC_BUCKET: text(63),
  /** Address before the names of this account's queues, for jobs that send to one: `https://sqs.eu-central-1.amazonaws.com/123456789012/`. */
  SYNC_QUEUES_URL: optional(url()),
  /** Name or ARN of the schedule function, for the command line alone. */
  SCHEDULE_FUNCTION: text(256),
  /** How far behind now a sync reads, so that rows which commit late are seen; a job may have its own. */
  SYNC_SAFETY_LAG_SECONDS: integer(0, 3_600, 60),
  /** How far behind the last bound a sync starts again: Siebel's longest transaction. A job may have its own. */
  SYNC_LOOKBACK_SECONDS: integer(0, 86_400, 600),
  /** How long a sync run, a window of a backfill or a sweep that has died keeps others out. */
  SYNC_LEASE_SECONDS: integer(1, 900, 60),
  /** `iss` that callers' tokens must carry. */
  API_TOKEN_ISSUER: text(2_048),
  /** `aud` that callers' tokens must carry. */
  API_TOKEN_AUDIENCE: text(2_048),
  /** Where the keys lie that sign callers' tokens (JWK set). */
  API_TOKEN_KEYS_URL: url(),
  API_TOKEN_CA_FILE: optional(path()),
  STAGE: text(64),
} satisfies Record<string, Setting<unknown>>;

export type SettingName = keyof typeof SETTINGS;
type ValueOf<S> = S extends Setting<infer T> ? T : never;
export type Settings<Name extends SettingName = SettingName> = { readonly [N in Name]: ValueOf<(typeof SETTINGS)[N]> };

/** Options of Node that open the process to others, write down what TLS hides, or weaken it. */
const UNSAFE_OPTION =
  /--(?:inspect|tls-keylog|trace-tls|tls-min-v1\.[01]|tls-cipher-list|openssl-legacy-provider|openssl-config|insecure-http-parser)/;

/** Switches of Node that weaken TLS or open the process to others (R59). */
const UNSAFE_SWITCHES: readonly (readonly [name: string, unsafe: (value: string) => boolean])[] = [
  ['NODE_TLS_REJECT_UNAUTHORIZED', (value) => value === '0'],
  ['NODE_DEBUG', (value) => value !== ''],
  ['SSLKEYLOGFILE', (value) => value !== ''],
  // Node takes underlines for dashes, and quotes and backslashes within a word.
  ['NODE_OPTIONS', (value) => UNSAFE_OPTION.test(value.replace(/["\\]/g, '').replaceAll('_', '-'))],
];

/** In addresses of IPv4 also as IPv6 writes them. */
const THIS_MACHINE = subnets(['0.0.0.0', 8], ['127.0.0.0', 8], ['::', 96]);
const LINK_LOCAL = subnets(['169.254.0.0', 16], ['fe80::', 10]);
const NAME_OF_THIS_MACHINE = /^(?:.*\.)?localhost\.*$/;

/**
 * Reads the named settings from the environment: the only door to `process.env` in this project.
 *
 * @returns One value per name, of the setting's type. Optional settings that are absent are `undefined`.
 * @throws ConfigurationError that lists every missing and malformed setting at once, and no value.
 */
export function readSettings<const Name extends SettingName>(
  names: readonly Name[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Settings<Name> {
  const stage: Stage = env['STAGE'] === 'local' ? 'local' : 'deployed';
  const problems: string[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};

  for (const name of names) {
    const setting: Setting<unknown> = SETTINGS[name];
    const given = env[name];
    if (given === undefined || given === '') {
      if (setting.fallback) values[name] = setting.fallback.value;
      else problems.push(`${name} is missing`);
      continue;
    }
    const result = setting.parse(given, stage);
    if ('problem' in result) problems.push(`${name} ${result.problem}`);
    else values[name] = result.value;
  }
  if (stage === 'deployed') {
    for (const [name, unsafe] of UNSAFE_SWITCHES) {
      if (unsafe(env[name] ?? '')) problems.push(`${name} must not be set this way outside the local stage`);
    }
  }

  if (problems.length > 0) throw new ConfigurationError(`environment: ${problems.join('; ')}`);
  return values as Settings<Name>;
}

function text(maxLength: number): Setting<string> {
  return {
    parse(value) {
      if (value.length > maxLength) return { problem: `is longer than ${maxLength} characters` };
      if (value !== value.trim()) return { problem: 'starts or ends with white space' };
      if (/[\x00-\x1f\x7f]/.test(value)) return { problem: 'contains a control character' };
      return { value };
    },
  };
}

function path(): Setting<string> {
  return text(4_096);
}

function optional<T>(setting: Setting<T>): Setting<T | undefined> {
  return { ...setting, fallback: { value: undefined } };
}

function oneOf<const T extends string>(words: readonly T[], fallback: T): Setting<T> {
  return {
    fallback: { value: fallback },
    parse(value) {
      const word = words.find((candidate) => candidate === value);
      return word === undefined ? { problem: `is not one of ${words.join(', ')}` } : { value: word };
    },
  };
}

function integer(least: number, most: number, fallback: number): Setting<number> {
  return {
    fallback: { value: fallback },
    parse(value) {
      const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN;
      return number >= least && number <= most
        ? { value: number }
        : { problem: `is not a whole number from ${least} to ${most}` };
    },
  };
}

/** An address without credentials, query or fragment; https, except for this machine in the local stage. */
function url(): Setting<URL> {
  return {
    parse(value, stage) {
      if (!URL.canParse(value)) return { problem: 'is not an absolute URL' };
      const parsed = new URL(value);
      const here = isThisMachine(parsed);
      if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && here && stage === 'local')) {
        return { problem: 'is not an https URL' };
      }
      if (here && stage !== 'local') return { problem: 'points to this machine, which only the local stage may' };
      if (isWithin(LINK_LOCAL, parsed) && stage !== 'local')
        return { problem: 'points to a link-local address, which only the local stage may' };
      if (parsed.username || parsed.password) return { problem: 'contains credentials' };
      if (value.includes('?') || value.includes('#')) return { problem: 'contains a query or a fragment' };
      return { value: parsed };
    },
  };
}

function isThisMachine(url: URL): boolean {
  return NAME_OF_THIS_MACHINE.test(url.hostname) || isWithin(THIS_MACHINE, url);
}

/** The URL parser has turned every other spelling of an address into the usual one. */
function isWithin(list: BlockList, { hostname }: URL): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

function subnets(...nets: readonly (readonly [address: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of nets) list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return list;
}
