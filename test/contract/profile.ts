/** What the questions are put to: names that a site may have to change. Values marked `{unique}` are filled in. */
export interface Profile {
  /** `<object>/<component>` */
  readonly component: string;
  readonly viewMode: string;
  /** Fields of the user key, the first one text with a different value in each record. */
  readonly key: readonly string[];
  /** Fields that may belong to the user key too; they are written where Siebel takes no record without them. */
  readonly keyMore: readonly string[];
  /** Further members that a new record needs. */
  readonly fill: Readonly<Record<string, string>>;
  /** Fields, by payload name, that need not be set: one for free text, one with a bounded pick list. */
  readonly optional: string;
  readonly pickList: string;
  /** A date-time field that Siebel sets by itself. */
  readonly stamp: string;
  /** A field whose name in the payload is not the one in the business component. */
  readonly renamed?: { readonly payload: string; readonly component: string } | undefined;
  /** A field of a child that a condition on the parent may name in EXISTS. */
  readonly multiValue?: string | undefined;
  /** A business object that is not enabled for REST. */
  readonly notEnabled?: string | undefined;
  /** A child component, many to many; where its records live by themselves; and what makes a new one. */
  readonly child: {
    readonly name: string;
    readonly component: string;
    readonly key: string;
    /** A field of the child that holds the Id of a parent. */
    readonly parent?: string | undefined;
    readonly record: Readonly<Record<string, string>>;
  };
  /** A child component of files. */
  readonly attachment?:
    | {
        readonly name: string;
        readonly record: Readonly<Record<string, string>>;
        /** Field with the file in Base64. */
        readonly file: string;
      }
    | undefined;
  /** A service method without effects. `echoes`: an input argument that comes back as an output argument. */
  readonly service: {
    readonly path: string;
    readonly input: Readonly<Record<string, unknown>>;
    readonly echoes?: string | undefined;
  };
  /** A workflow process without effects. */
  readonly workflow?: { readonly name: string; readonly input: Readonly<Record<string, unknown>> } | undefined;
  /** Calls of the site's own, of which something is known beforehand: what they must answer is in their names. */
  readonly calls: Partial<Readonly<Record<CallKind, Call>>>;
  /** Names of URI parameters that an administrator has changed. */
  readonly parameterNames: Readonly<Record<string, string>>;
  /** Headers of the site's own that go with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Rows past which a query without ForwardOnly is said to fail. */
  readonly rowCeiling: number;
}

/**
 * `failing`: says no inside HTTP 200. `empty`: answers nothing. `forbidden`: the user may not. `nested`: fails inside
 * something. `duplicating`: refused when it is sent twice. The last two are workflow processes.
 */
export type CallKind =
  | 'failing'
  | 'empty'
  | 'forbidden'
  | 'nested'
  | 'duplicating'
  | 'failingProcess'
  | 'forbiddenProcess';

export interface Call {
  /** `service/<service>/<method>` or `workflow/<process>` */
  readonly path: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A method of Siebel's own that gives back what it is given. */
export const ECHO = 'Workflow Utilities/Echo';

/** Names of an unchanged Siebel. */
export const VANILLA: Profile = {
  component: 'Account/Account',
  viewMode: 'All',
  key: ['Name', 'Location'],
  // Whichever of the two the records have.
  keyMore: ['Primary Organization', 'Organization'],
  fill: {},
  optional: 'Main Phone Number',
  pickList: 'Account Status',
  stamp: 'Updated',
  child: {
    name: 'Contact',
    component: 'Contact/Contact',
    key: 'Person UId',
    parent: 'Account Id',
    record: { 'Person UId': '{unique}', 'First Name': 'Contract', 'Last Name': '{unique}' },
  },
  attachment: {
    name: 'Account Attachment',
    record: { AccntFileName: '{unique}', AccntFileExt: 'txt' },
    file: 'Accnt Attachment Id',
  },
  service: { path: ECHO, input: { Note: 'contract-check' }, echoes: 'Note' },
  calls: {},
  parameterNames: {},
  headers: {},
  rowCeiling: 9_900,
};

/** A profile with every member, to tell which names there are and of which kind their values. */
const SHAPE: Readonly<Record<keyof Profile, unknown>> = {
  ...VANILLA,
  renamed: { payload: '', component: '' },
  multiValue: '',
  notEnabled: '',
  attachment: VANILLA.attachment,
  workflow: { name: '', input: {} },
};
const CALLS: Readonly<Record<CallKind, unknown>> = {
  failing: {},
  empty: {},
  forbidden: {},
  nested: {},
  duplicating: {},
  failingProcess: {},
  forbiddenProcess: {},
};
/** Members whose own members are names of the site. */
const OPEN = ['fill', 'record', 'input', 'parameterNames', 'headers'];

/**
 * The vanilla profile with what a site's own file says in its place. With a key of its own, nothing is added to the key.
 *
 * @throws Error naming the member that is none, or is of another kind.
 */
export function profileWith(changes: unknown): Profile {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) throw new Error('is no JSON object');
  hold(changes, SHAPE, '');
  const own = changes as Partial<Profile>;
  const profile: Profile = { ...VANILLA, ...(own.key && { keyMore: [] }), ...own };
  for (const [kind, call] of Object.entries(profile.calls)) {
    if (!/^(service\/[^/]+\/[^/]+|workflow\/[^/]+)$/.test(String(call?.path)))
      throw new Error(`"calls.${kind}.path" must be service/<service>/<method> or workflow/<process>`);
  }
  if (!/^[^/]+\/[^/]+$/.test(profile.component)) throw new Error('"component" must be <object>/<component>');
  if (profile.key.length === 0) throw new Error('"key" must name at least one field');
  return profile;
}

/** Members that an object of the profile may lack. */
const MAY_LACK = ['echoes', 'parent'];

/** Compares members with those of the shape, down to where names are the site's own. */
function hold(value: object, shape: object, above: string): void {
  const lacking = Object.keys(shape).filter((name) => !Object.hasOwn(value, name) && !MAY_LACK.includes(name));
  if (above !== '' && above !== 'calls.' && lacking.length > 0)
    throw new Error(`has no member "${above}${lacking.join(`", "${above}`)}"`);
  for (const [name, member] of Object.entries(value)) {
    const path = `${above}${name}`;
    if (!Object.hasOwn(shape, name)) throw new Error(`has a member "${path}" that is not known`);
    const expected = (shape as Record<string, unknown>)[name];
    if (kindOf(member) !== kindOf(expected)) throw new Error(`"${path}" must be ${kindOf(expected)}`);
    if (Array.isArray(member) && member.some((text) => typeof text !== 'string'))
      throw new Error(`"${path}" must hold texts only`);
    if (path === 'calls') hold(member, CALLS, 'calls.');
    else if (above === 'calls.') hold(member, { path: '', input: {} }, `${path}.`);
    else if (typeof member === 'object' && !Array.isArray(member) && !OPEN.includes(name))
      hold(member, expected as object, `${path}.`);
  }
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : `a ${typeof value}`;
}
