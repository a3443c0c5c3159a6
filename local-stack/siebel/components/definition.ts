/** How a field is compared, checked and written. Whatever the type: on the wire every value is a string. */
export type FieldType =
  | 'text'
  | 'phone'
  /** A row id. */
  | 'id'
  /** One of two words, `Y` and `N` on most components. */
  | 'flag'
  | 'integer'
  | 'decimal'
  /** `MM/DD/YYYY` */
  | 'date'
  /** `HH:MM:SS` */
  | 'time'
  /** `MM/DD/YYYY HH:MM:SS` in UTC. */
  | 'utcDateTime'
  /** The same text on the wall clock of the integration user's time zone. */
  | 'dateTime'
  /** A file: Base64 when written; a URL, or Base64 when asked for, when read. */
  | 'attachment';

export interface Field {
  /** Name in the business component: what `searchspec` and `sortspec` know. */
  readonly name: string;
  /** Name in the base integration object: what `fields` and the payload know. */
  readonly wireName: string;
  readonly type: FieldType;
  readonly maxLength: number;
  readonly required: boolean;
  readonly readOnly: boolean;
  /** The values that a bounded pick list allows; the two words of a flag. */
  readonly pickList: readonly string[] | undefined;
  /** Display values in other languages: language code, then value in English, then what is shown and taken. */
  readonly display: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
  /** Digits behind the point of a decimal. */
  readonly scale: number | undefined;
}

/** Rows of a table of two columns that ties two components, many to many. */
export interface Association {
  readonly table: string;
  /** Column with the row id of the parent. */
  readonly parent: string;
  /** Column with the row id of the child. */
  readonly child: string;
  /** Field of the parent that holds the row id of its primary child: that one is flagged `IsPrimaryMVG`. */
  readonly primary: string;
}

/** A child component: its rows hold the parent's row id in the field `by`, or a table ties both sides. */
export interface Child {
  /** `<BusObj>/<BusComp>` */
  readonly of: string;
  readonly by?: string;
  readonly through?: Association;
}

/** A field of a record that shows a field of many of its child records; `EXISTS` searches all of them. */
export interface MultiValueField {
  readonly name: string;
  /** Name of the child component on this component. */
  readonly child: string;
  readonly field: string;
}

export interface Component {
  readonly businessObject: string;
  readonly name: string;
  readonly fields: readonly Field[];
  /** Each a set of fields that names one record. */
  readonly userKeys: readonly (readonly string[])[];
  /** Whether the database refuses a second row with the same values in the first user key. */
  readonly unique: boolean;
  /** Order of rows when none is asked for. */
  readonly defaultSort: string;
  /** Child components by the name that they have in paths and payloads. */
  readonly children: Readonly<Record<string, Child>>;
  readonly multiValueFields: readonly MultiValueField[];
  /** Whether view modes hide rows of this component as a root; a child is seen by whoever sees its parent. */
  readonly hasVisibility: boolean;
}

type FieldOptions = Partial<Omit<Field, 'name'>>;

export function field(name: string, options: FieldOptions = {}): Field {
  return {
    name,
    wireName: name,
    type: 'text',
    maxLength: 100,
    required: false,
    readOnly: false,
    pickList: undefined,
    display: undefined,
    scale: undefined,
    ...options,
  };
}

type ComponentOptions = Pick<Component, 'businessObject' | 'name' | 'userKeys' | 'defaultSort'> & Partial<Component>;

/** A component with row id and audit fields around its own ones. */
export function component(fields: readonly Field[], options: ComponentOptions): Component {
  return {
    unique: true,
    children: {},
    multiValueFields: [],
    hasVisibility: true,
    ...options,
    fields: [ID, ...fields, ...SYSTEM_FIELDS],
  };
}

export const ID = field('Id', { type: 'id', readOnly: true, maxLength: 15 });

/** Member of the rows of a multi-value group: tells the primary one. */
export const IS_PRIMARY = field('IsPrimaryMVG', { type: 'flag', maxLength: 1, pickList: ['Y', 'N'] });

export const SYSTEM_FIELDS: readonly Field[] = [
  field('Created', { type: 'utcDateTime', readOnly: true, maxLength: 19 }),
  field('Created By Name', { readOnly: true, maxLength: 50 }),
  field('Updated', { type: 'utcDateTime', readOnly: true, maxLength: 19 }),
  field('Updated By Name', { readOnly: true, maxLength: 50 }),
];

export const FLAG: readonly string[] = ['Y', 'N'];
export const WORDY_FLAG: readonly string[] = ['Yes', 'No'];
