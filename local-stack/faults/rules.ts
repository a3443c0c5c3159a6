import {
  checkedMembers,
  FAULT_MEMBERS,
  type Fault,
  FaultRuleError,
  isCount,
  isObject,
  isText,
  type Members,
} from './fault.ts';
import { PRESETS } from './presets.ts';

/** Which server a rule strikes: Siebel, or one of the two endpoints of the identity domain. */
export type FaultTarget = 'siebel' | 'token' | 'introspection';

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

/** Reads the settings of a fault, and throws when they cannot be understood. */
export type SettingsReader = (input: unknown) => object;

const TARGETS: readonly FaultTarget[] = ['siebel', 'token', 'introspection'];

const RULE_MEMBERS: Members = {
  target: [(value) => TARGETS.includes(value as FaultTarget), `one of ${TARGETS.join(', ')}`],
  method: [isText, 'a method such as "PUT"'],
  path: [isText, 'a part of the path such as "/Account"'],
  times: [isCount, 'a whole number: how often it strikes, 0 for always'],
  skip: [isCount, 'a whole number: how many requests pass first'],
  fault: [
    (value) => isObject(value) || isText(value),
    'an object that says what happens, or the name of a known fault',
  ],
};

/** Keeps the rules of one server, which accepts the given targets. */
export function faultRules(targets: readonly FaultTarget[], settingsReader?: SettingsReader): FaultRules {
  let rules: { -readonly [Member in keyof FaultRule]: FaultRule[Member] }[] = [];
  let lastId = 0;
  return {
    add(input) {
      const rule = parseFaultRule(input, settingsReader);
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

/**
 * Reads a rule as it was posted to the control address.
 *
 * @throws FaultRuleError that says what to write.
 */
export function parseFaultRule(
  input: unknown,
  settingsReader?: SettingsReader,
): Omit<FaultRule, 'id' | 'seen' | 'fired'> {
  const rule = checkedMembers(input, RULE_MEMBERS, 'a rule');
  if (rule['fault'] === undefined) throw new FaultRuleError('a rule needs "fault", for example {"status": 503}');
  const method = rule['method'];
  return {
    target: 'siebel',
    times: 1,
    skip: 0,
    ...rule,
    ...(typeof method === 'string' ? { method: method.toUpperCase() } : {}),
    fault: parseFault(rule['fault'], rule['target'] === undefined || rule['target'] === 'siebel', settingsReader),
  };
}

function parseFault(input: unknown, isSiebel: boolean, settingsReader: SettingsReader | undefined): Fault {
  if (typeof input === 'string' && !Object.hasOwn(PRESETS, input)) {
    throw new FaultRuleError(`there is no fault "${input}"; there are ${Object.keys(PRESETS).join(', ')}`);
  }
  const fault = checkedMembers(typeof input === 'string' ? PRESETS[input] : input, FAULT_MEMBERS, '"fault"');
  if (Object.keys(fault).length === 0) throw new FaultRuleError('"fault" is empty: say what happens');
  if (fault['reset'] === true) fault['reset'] = 'before';
  if (!isSiebel && (fault['settings'] ?? fault['parameters']) !== undefined)
    throw new FaultRuleError('"settings" and "parameters" are for the target siebel');
  if (fault['settings'] !== undefined) fault['settings'] = settingsOf(fault['settings'], settingsReader);
  return fault;
}

function settingsOf(input: unknown, read: SettingsReader | undefined): object {
  try {
    return read ? read(input) : {};
  } catch (error) {
    throw new FaultRuleError(error instanceof Error ? error.message : 'the settings are wrong');
  }
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
