import { RELEASES } from './releases.ts';
import { DEFAULT_SETTINGS, type SiebelSettings, VIEW_MODES } from './settings.ts';

/** Settings that cannot be understood. Nothing was changed. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Whether a value may stand there, and what may, in words. */
type Check = readonly [isValid: (value: unknown) => boolean, expected: string];

const LONGEST_MS = 3_600_000;

const text: Check = [(value) => typeof value === 'string' && value !== '', 'a text'];
const flag: Check = [(value) => typeof value === 'boolean', 'true or false'];
const oneOf = (...values: readonly (string | number | boolean)[]): Check => [
  (value) => values.includes(value as string),
  values.join(' | '),
];
const whole = (least: number, most: number): Check => [
  (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  `a whole number from ${least} to ${most}`,
];
const texts: Check = [(value) => isObject(value) && Object.values(value).every(text[0]), 'a JSON object of texts'];

const CHECKS: { readonly [Name in keyof SiebelSettings]: Check } = {
  contextPath: [(value) => /^(\/[\w.-]+)+$/.test(String(value)), 'a path such as /siebel/v1.0'],
  responseBaseUrl: [(value) => URL.canParse(String(value)), 'a URL'],
  parameterNames: texts,
  users: [(value) => Array.isArray(value) && value.every(text[0]), 'a JSON array of names'],
  positions: texts,
  viewModes: [isViewModes, `a JSON array of ${VIEW_MODES.join(', ')}`],
  responsibilities: [isListsOfTexts, 'a JSON object of arrays of names'],
  subjectField: text,
  cacheIntrospectionSeconds: whole(0, 86_400),
  anonymous: flag,
  unauthorized: oneOf('empty', 'body', 'challenge'),
  loginMs: whole(0, LONGEST_MS),
  sessionTimeoutSeconds: whole(0, 86_400),
  sessionsPerUser: whole(0, 10_000),
  maxConnections: whole(1, 10_000),
  overCap: oneOf('queue', '500', '503', 'reset'),
  keepAliveMs: whole(1, LONGEST_MS),
  maintenance: oneOf(false, '503', '404'),
  cookie: flag,
  gzip: flag,
  emptyAnswer: oneOf('404', '404 with full stop', '204', 'empty items'),
  oneRow: oneOf('items object', 'bare record'),
  uniformResponse: flag,
  overPageSize: oneOf('error', 'cap'),
  pageSizeLimit: whole(1, 100),
  childPageSize: flag,
  rowLimit: whole(1, 100_000_000),
  rowCeiling: oneOf('selected', 'reached'),
  quoteEscape: oneOf('none', 'doubling'),
  timeZone: [isTimeZone, 'a zone such as America/New_York'],
  languages: oneOf('enu', 'deu'),
  attachmentsInline: flag,
  unequalMembers: flag,
  moving: [isMoving, 'null or {"everyPages":2,"what":"insert" | "delete" | "move"}'],
  accountKey: oneOf('Name, Location', 'Name, Location, Primary Organization'),
  references: oneOf('checked', 'taken'),
  unknownIdOnPut: oneOf('insert', 'error'),
  duplicateStatus: oneOf(409, 500),
  uniqueKeys: oneOf(true, false, 'every'),
  childWriteAnswer: oneOf('child', 'parent only', 'parent only, 200'),
  batches: flag,
  writeStatus: oneOf(200, 304),
  requestFormat: oneOf('matchrequestformat', 'legacy', 'none'),
  workflows: flag,
  describe: oneOf('openapi 3.0', 'swagger 2.0', 'none'),
  describeNames: oneOf('payload', 'swapped'),
  xml: flag,
  problemFormat: flag,
  statusMap: [isStatusMap, 'a JSON object such as {"SBL-EAI-04378":404}'],
};

/** Not a setting itself: stands for those that a release decides. */
const RELEASE: Check = oneOf(...Object.keys(RELEASES));

/**
 * Reads settings from JSON. `release` stands for the settings of that release, and those beside it win.
 *
 * @throws SettingsError that says what there is, when a name or a value is wrong.
 */
export function checkSettings(input: unknown): Partial<SiebelSettings> {
  if (!isObject(input)) throw new SettingsError('settings must be a JSON object');
  const { release, ...rest } = input;
  for (const [name, value] of Object.entries(input)) {
    const [isValid, expected] = checkOf(name);
    if (!isValid(value)) throw new SettingsError(`"${name}" must be ${expected}`);
  }
  // Nothing is moving: JSON has no other way to say so.
  if (rest['moving'] === null) rest['moving'] = undefined;
  return { ...RELEASES[String(release)], ...rest };
}

/**
 * Reads settings from `name=value`. A value is JSON where that fits, else the text as it stands.
 *
 * @throws SettingsError as `checkSettings` does.
 */
export function parseSettings(assignments: readonly string[]): Partial<SiebelSettings> {
  const input: Record<string, unknown> = {};
  for (const assignment of assignments) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined || value === undefined)
      throw new SettingsError(`"${assignment}" is not name=value, for example release=20.6`);
    const [isValid] = checkOf(name);
    const parsed = parsedOr(value);
    input[name] = isValid(parsed) ? parsed : value;
  }
  return checkSettings(input);
}

/** One line a setting: name, what it may be, and the default. */
export function settingLines(): string[] {
  const width = Math.max(...Object.keys(CHECKS).map((name) => name.length)) + 2;
  const lines = Object.entries(CHECKS).map(([name, [, expected]]) => {
    const standard = DEFAULT_SETTINGS[name as keyof SiebelSettings] ?? null;
    const shown = typeof standard === 'object' ? JSON.stringify(standard) : String(standard);
    return `${name.padEnd(width)}${expected}  (default ${shown})`;
  });
  return [`${'release'.padEnd(width)}${RELEASE[1]}`, ...lines];
}

function checkOf(name: string): Check {
  if (name === 'release') return RELEASE;
  if (Object.hasOwn(CHECKS, name)) return CHECKS[name as keyof SiebelSettings];
  throw new SettingsError(`Siebel has no setting "${name}"; it has release, ${Object.keys(CHECKS).join(', ')}`);
}

function parsedOr(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

function isTimeZone(value: unknown): boolean {
  try {
    return typeof value === 'string' && value !== '' && Boolean(new Intl.DateTimeFormat('en', { timeZone: value }));
  } catch {
    return false;
  }
}

function isViewModes(value: unknown): boolean {
  return Array.isArray(value) && value.every((mode) => VIEW_MODES.includes(mode as string));
}

function isMoving(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (!isObject(value)) return false;
  const { everyPages, what, ...rest } = value;
  const isKnown = ['insert', 'delete', 'move'].includes(what as string);
  return isKnown && whole(1, 10_000)[0](everyPages) && Object.keys(rest).length === 0;
}

function isListsOfTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((list) => Array.isArray(list) && list.every(text[0]));
}

function isStatusMap(value: unknown): boolean {
  if (!isObject(value)) return false;
  return Object.entries(value).every(
    ([code, status]) => /^SBL-[A-Z]{3}-\d{5}$/.test(code) && whole(400, 599)[0](status),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
