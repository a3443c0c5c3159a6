import {
  ATTACHMENT_OBJECT,
  type Child,
  type Component,
  findChild,
  findComponent,
  isEnabled,
  NOT_ENABLED,
} from './components.ts';
import { notEnabled, plain, unknownComponent } from './siebel-error.ts';

/** A record above the one that is meant. */
export interface Parent {
  readonly component: Component;
  readonly id: string;
  /** How the child's rows hang on this record. */
  readonly link: Child;
  readonly parent?: Parent | undefined;
}

/** What a path below `/data` names: a record, or a collection when there is no `id`. */
export interface DataAddress {
  readonly component: Component;
  readonly id?: string;
  readonly parent?: Parent;
}

/** Finds the component of `<BusObj>/<BusComp>[/<RowId>[/<ChildBC>[/<ChildRowId>…]]]`. */
export function findData([businessObject, name, id, ...rest]: readonly string[]): DataAddress {
  if (businessObject === undefined || name === undefined)
    throw plain(404, 'The requested resource needs a business object and a business component.');
  if (NOT_ENABLED.includes(businessObject)) throw notEnabled(businessObject);
  if (!isEnabled(businessObject)) throw plain(404, `Business object '${businessObject}' was not found.`);
  const component = findComponent(businessObject, name);
  if (!component || (businessObject !== ATTACHMENT_OBJECT && isChildOnly(component)))
    throw unknownComponent(name, businessObject);
  return below({ component, ...(id !== undefined && { id }) }, { businessObject, rest });
}

function below(
  { component, id, parent: above }: DataAddress,
  { businessObject, rest }: { businessObject: string; rest: readonly string[] },
): DataAddress {
  const [name, childId, ...further] = rest;
  if (name === undefined) return { component, ...(id !== undefined && { id }), ...(above && { parent: above }) };
  const child = findChild(component, name);
  if (!child) throw unknownComponent(name, businessObject);
  const parent = { component, id: id ?? '', link: child.link, ...(above && { parent: above }) };
  const address = { component: child.component, parent, ...(childId !== undefined && { id: childId }) };
  return below(address, { businessObject, rest: further });
}

/** Whether a component is reached below its parent only. */
function isChildOnly({ hasVisibility }: Component): boolean {
  return !hasVisibility;
}
