/** A member of a JSON object, as both formats know it; names of their own keys differ. */
export type Property = Readonly<Record<string, unknown>>;

/** Members by name, and which of them a record must have. */
export interface Schema {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, Property>>;
}

export interface QueryParameter {
  readonly name: string;
  readonly required?: boolean;
  /** `type`, `enum`, `default`, `minimum`, … */
  readonly schema: Property;
}

export interface Operation {
  readonly verb: 'get' | 'post' | 'put' | 'delete';
  readonly parameters: readonly QueryParameter[];
  /** Name of the schema of the request body. */
  readonly request?: string;
  /** Status → text and name of the schema of the answer. */
  readonly responses: Readonly<Record<string, { readonly description: string; readonly schema?: string }>>;
}

export interface DescribedPath {
  /** Without the first slash: `data/Account/Account/`. */
  readonly path: string;
  readonly description: string;
  readonly operations: readonly Operation[];
}

/** What one document says, before it is written in one of the two formats. */
export interface Description {
  readonly title: string;
  readonly paths: readonly DescribedPath[];
  readonly schemas: Readonly<Record<string, Schema>>;
}

/** A page of a catalogue: each entry is the address of another document. */
export function catalogueOf(title: string, entries: readonly { path: string; name: string }[]): Description {
  const operation: Operation = { verb: 'get', parameters: [], responses: { '200': { description: SUCCESS } } };
  return {
    title,
    paths: entries.map(({ path, name }) => ({
      path: `${path}/describe`,
      description: `Cataloguing of ${name}`,
      operations: [operation],
    })),
    schemas: {},
  };
}

export const SUCCESS = 'Successful Operation';

/** The answers that documents list for every operation, whether or not they were ever seen. */
export const FAILURES: Operation['responses'] = {
  '204': { description: 'No Resource Found' },
  '401': { description: 'Unauthorized' },
  '404': { description: 'There is no data for the requested resource' },
  '500': { description: 'Internal Server Error' },
};
