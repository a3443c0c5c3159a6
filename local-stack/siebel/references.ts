import { type Component, findComponent } from './components.ts';
import { isOrganization } from './positions.ts';
import type { SiebelSettings } from './settings.ts';
import { notInPickList } from './siebel-error.ts';
import type { Row, Store } from './store.ts';

/**
 * Fills in what follows from the account that a record names: its row id, or its name where the row id came.
 *
 * @throws SiebelError with SBL-EAI-04401 and SBL-DAT-00225 when a name of an account or an organization is that of none,
 *   as a bounded pick list does, unless such names are taken. A row id is always taken: a database knows no foreign keys.
 */
export function referencesOf(
  component: Component,
  values: Row,
  { store, settings }: { store: Store; settings: SiebelSettings },
): Row {
  const isChecked = settings.references === 'checked';
  const organization = values['Primary Organization'];
  if (isChecked && organization && !isOrganization(organization))
    throw notInPickList(organization, 'Primary Organization');

  const account = findComponent('Account');
  if (!account || !component.fields.some(({ name }) => name === 'Account')) return {};
  if (values['Account Id']) return { Account: store.get(account, values['Account Id'])?.['Name'] ?? null };
  const name = values['Account'];
  if (name === undefined) return {};
  const [found] = name === null ? [] : store.find(account, { Name: name });
  if (isChecked && name !== null && !found) throw notInPickList(name, 'Account');
  return { 'Account Id': found?.['Id'] ?? null };
}
