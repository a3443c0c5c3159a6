import { account, accountAttachment, contact } from './components/account.ts';
import type { Child, Component, Field } from './components/definition.ts';
import { order, orderLine } from './components/order.ts';
import { action, serviceRequest } from './components/service-request.ts';

export { ACCOUNT_STATUS, ACCOUNT_TYPE } from './components/account.ts';
export {
  type Association,
  type Child,
  type Component,
  type Field,
  type FieldType,
  IS_PRIMARY,
  type MultiValueField,
} from './components/definition.ts';
export { ORDER_STATUS } from './components/order.ts';
export { ACTION_STATUS, ACTION_TYPE, REQUEST_PRIORITY, REQUEST_STATUS } from './components/service-request.ts';

export const COMPONENTS: readonly Component[] = [
  account,
  contact,
  serviceRequest,
  action,
  accountAttachment,
  order,
  orderLine,
];

/** Business objects that exist in the repository but were not enabled for REST. */
export const NOT_ENABLED: readonly string[] = ['Opportunity', 'Quote'];

/** The object that attachments are reached by; its components belong to other objects. */
export const ATTACHMENT_OBJECT = 'AttachmentDocIO';
const BY_ATTACHMENT_OBJECT: readonly Component[] = [account, accountAttachment];

/** Whether a business object is enabled for REST. */
export function isEnabled(businessObject: string): boolean {
  return businessObject === ATTACHMENT_OBJECT || COMPONENTS.some((known) => known.businessObject === businessObject);
}

/** The component of this object, or the one of this name when no object is named. */
export function findComponent(name: string): Component | undefined;
export function findComponent(businessObject: string, name: string): Component | undefined;
export function findComponent(first: string, second?: string): Component | undefined {
  if (second === undefined) return COMPONENTS.find(({ name }) => name === first);
  const components = first === ATTACHMENT_OBJECT ? BY_ATTACHMENT_OBJECT : COMPONENTS;
  const isOf = (known: Component) => first === ATTACHMENT_OBJECT || known.businessObject === first;
  return components.find((known) => isOf(known) && known.name === second);
}

/** The child component of this name, and how its rows hang on their parent. */
export function findChild(parent: Component, name: string): { link: Child; component: Component } | undefined {
  const link = Object.hasOwn(parent.children, name) ? parent.children[name] : undefined;
  const [businessObject = '', componentName = ''] = link?.of.split('/') ?? [];
  const component = findComponent(businessObject, componentName);
  return link && component && { link, component };
}

export function fieldNamed(component: Component, name: string): Field | undefined {
  return component.fields.find((candidate) => candidate.name === name);
}

export function fieldOnWire(component: Component, wireName: string): Field | undefined {
  return component.fields.find((candidate) => candidate.wireName === wireName);
}
