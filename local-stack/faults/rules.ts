/** Which server a rule strikes: Siebel, or one of the two endpoints of the identity domain. */
export type FaultTarget = 'siebel' | 'token' | 'introspection';

/**
 * What happens to a request that a rule strikes. Members combine: `delayMs` comes first; `status`, `body` and `html`
 * answer in the place of the server, which then does no work; the rest acts on whatever answer there is.
 */
export interface Fault {
  /** Answer with this status. 200 when only `body` is given. */
  readonly status?: number;
  /** Body of that answer: a string as it stands, anything else as JSON. */
  readonly body?: unknown;
  /** Content type of that answer. Default `application/json` for JSON, `text/plain` for a string. */
  readonly contentType?: string;
  /** More headers of the answer, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An HTML page in the place of JSON, as gateways and Tomcat send it; status 200 unless `status` says otherwise. */
  readonly html?: true;
  /** Wait this long before anything else. */
  readonly delayMs?: number;
  /** Do the work, then hold the answer: for so many milliseconds, or (`true`) until the client gives up. */
  readonly holdAfterCommit?: true | number;
  /** Cut the connection with a TCP reset: before any work, or after it was done. */
  readonly reset?: 'before' | 'after-commit';
  /** Send only the first half of the body, then cut the connection. */
  readonly truncate?: true;
  /** Do nothing and never answer. */
  readonly hang?: true;
}

/** A rule as the control address lists it. */
export interface FaultRule {
  readonly id: number;
  readonly target: FaultTarget;
  /** Strikes only requests with this method. */
  readonly method?: string;
  /** Strikes only requests whose path, as sent or decoded, contains this text. */
  readonly path?: string;
  /** How many requests it strikes; 0: every one from now on. */
  readonly times: number;
  /** How many matching requests it lets pass first. */
  readonly skip: number;
  readonly fault: Fault;
  /** How many requests matched, and how many it struck. */
  readonly seen: number;
  readonly fired: number;
}

/** The rules of one server. */
export interface FaultRules {
  /** @throws FaultRuleError when the rule is malformed: the message says what to write. */
  add(rule: unknown): FaultRule;
  clear(): number;
  list(): readonly FaultRule[];
  /** The fault for this request, and counts it. The rule that was added first strikes first. */
  take(request: { target: FaultTarget; method: string; path: string }): Fault | undefined;
}

/** A rule that cannot be understood. Nothing was added. */
export class FaultRuleError extends Error {
  override readonly name = 'FaultRuleError';
}

type Check = (value: unknown) => boolean;

const TARGETS: readonly FaultTarget[] = ['siebel', 'token', 'introspection'];
const LONGEST_MS = 3_600_000;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isCount: Check = (value) => Number.isInteger(value) && (value as number) >= 0;
const isMilliseconds: Check = (value) => isCount(value) && (value as number) <= LONGEST_MS;
const isHeaders: Check = (value) => isObject(value) && Object.values(value).every((text) => typeof text === 'string');

const RULE_MEMBERS: Readonly<Record<string, [Check, string]>> = {
  target: [(value) => TARGETS.includes(value as FaultTarget), `one of ${TARGETS.join(', ')}`],
  method: [isText, 'a method such as "PUT"'],
  path: [isText, 'a part of the path such as "/Account"'],
  times: [isCount, 'a whole number: how often it strikes, 0 for always'],
  skip: [isCount, 'a whole number: how many requests pass first'],
  fault: [isObject, 'an object that says what happens'],
};

const FAULT_MEMBERS: Readonly<Record<string, [Check, string]>> = {
  status: [
    (value) => isCount(value) && (value as number) >= 200 && (value as number) <= 599,
    'a number from 200 to 599',
  ],
  body: [(value) => value !== undefined, 'a string or JSON'],
  contentType: [isText, 'a content type'],
  headers: [isHeaders, 'an object of strings'],
  html: [(value) => value === true, 'true'],
  delayMs: [isMilliseconds, `milliseconds up to ${LONGEST_MS}`],
  holdAfterCommit: [(value) => value === true || isMilliseconds(value), 'true or milliseconds'],
  reset: [(value) => [true, 'before', 'after-commit'].includes(value as string), 'true, "before" or "after-commit"'],
  truncate: [(value) => value === true, 'true'],
  hang: [(value) => value === true, 'true'],
};

/** Keeps the rules of one server, which accepts the given targets. */
export function faultRules(targets: readonly FaultTarget[]): FaultRules {
  let rules: { -readonly [Member in keyof FaultRule]: FaultRule[Member] }[] = [];
  let lastId = 0;
  return {
    add(input) {
      const rule = parseFaultRule(input);
      if (!targets.includes(rule.target)) throw new FaultRuleError(`"target" must be ${targets.join(' or ')} here`);
      lastId += 1;
      const added = { ...rule, id: lastId, seen: 0, fired: 0 };
      rules.push(added);
      return { ...added };
    },
    clear() {
      const count = rules.length;
      rules = [];
      return count;
    },
    list: () => rules.map((rule) => ({ ...rule })),
    take({ target, method, path }) {
      const matching = rules.filter((rule) => matches(rule, { target, method, path }) && !isSpent(rule));
      for (const rule of matching) {
        rule.seen += 1;
        if (rule.seen <= rule.skip) continue;
        rule.fired += 1;
        return rule.fault;
      }
      return undefined;
    },
  };
}

/** Reads a rule as it was posted to the control address. */
export function parseFaultRule(input: unknown): Omit<FaultRule, 'id' | 'seen' | 'fired'> {
  const rule = checkedMembers(input, RULE_MEMBERS, 'a rule');
  if (rule['fault'] === undefined) throw new FaultRuleError('a rule needs "fault", for example {"status": 503}');
  const fault = checkedMembers(rule['fault'], FAULT_MEMBERS, '"fault"');
  if (Object.keys(fault).length === 0) throw new FaultRuleError('"fault" is empty: say what happens');
  if (fault['reset'] === true) fault['reset'] = 'before';
  return {
    target: 'siebel',
    times: 1,
    skip: 0,
    ...rule,
    ...(typeof rule['method'] === 'string' ? { method: rule['method'].toUpperCase() } : {}),
    fault: fault as Fault,
  };
}

function checkedMembers(input: unknown, members: typeof RULE_MEMBERS, what: string): Record<string, unknown> {
  if (!isObject(input)) throw new FaultRuleError(`${what} must be a JSON object`);
  for (const [name, value] of Object.entries(input)) {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (!member) throw new FaultRuleError(`${what} has no member "${name}"; it has ${Object.keys(members).join(', ')}`);
    const [isValid, expected] = member;
    if (!isValid(value)) throw new FaultRuleError(`"${name}" must be ${expected}`);
  }
  return { ...input };
}

function matches(rule: FaultRule, request: { target: FaultTarget; method: string; path: string }): boolean {
  if (rule.target !== request.target) return false;
  if (rule.method !== undefined && rule.method !== request.method) return false;
  return rule.path === undefined || request.path.includes(rule.path) || decoded(request.path).includes(rule.path);
}

function isSpent({ times, fired }: FaultRule): boolean {
  return times !== 0 && fired >= times;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
