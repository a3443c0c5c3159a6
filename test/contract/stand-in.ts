import type { SiebelOptions, SiebelStandIn } from '../../local-stack/siebel/siebel.ts';
import { startSiebel } from '../../local-stack/siebel/siebel.ts';
import { basic, form, httpsClient } from '../local-stack/https-client.ts';
import type { Domain } from '../local-stack/siebel-fixture.ts';
import { type Profile, VANILLA } from './profile.ts';
import { fixedToken } from './tokens.ts';
import { openWire, type Wire } from './wire.ts';

/** Records of the stand-in: more than two pages, more than its row limit here. */
const RECORDS = 260;
const ROW_LIMIT = 200;

const NEW_CONTACT = { 'Person UId': '{unique}', 'First Name': 'Contract', 'Last Name': '{unique}' };
const ENQUIRY = {
  MessageId: '',
  MessageType: 'Integration Object',
  IntObjectName: 'Account Interface',
  IntObjectFormat: 'Siebel Hierarchical',
  'ListOfAccount Interface': { Account: { Name: 'Harbour Supplies' } },
};

/** Names of the stand-in that a vanilla Siebel does not have. */
export const STAND_IN: Profile = {
  ...VANILLA,
  keyMore: ['Organization'],
  renamed: { payload: 'Staff', component: 'Employees' },
  multiValue: 'Contact Last Name',
  notEnabled: 'Quote',
  rowCeiling: ROW_LIMIT,
  workflow: { name: 'Account Enquiry', input: { SiebelMessage: ENQUIRY } },
  calls: {
    failing: { path: 'service/Credit Check/Check', input: { Account: 'contract-check none', Amount: '1' } },
    empty: { path: 'service/Activity Log/Record', input: {} },
    forbidden: { path: 'service/Price Administration/Set Price', input: {} },
    nested: { path: 'service/Territory Assignment/Assign', input: {} },
    duplicating: { path: 'service/Contact Intake/Submit', input: { Contact: NEW_CONTACT } },
    forbiddenProcess: { path: 'workflow/Approve Discount', input: {} },
    failingProcess: { path: 'workflow/Close Service Request', input: {} },
  },
};

export interface ContractStandIn {
  readonly siebel: SiebelStandIn;
  readonly wire: Wire;
  readonly token: string;
  close(): Promise<void>;
}

/** Starts a stand-in with these settings, and gets a token for it. */
export async function contractStandIn(domain: Domain, options: Partial<SiebelOptions> = {}): Promise<ContractStandIn> {
  const { identity, caPem, tls } = domain;
  const siebel = await startSiebel({
    tls,
    introspectionUrl: identity.introspectionUrl,
    introspectionClient: identity.siebelClient,
    ca: caPem,
    identity,
    records: RECORDS,
    rowLimit: ROW_LIMIT,
    // The suite asks Siebel, not the identity domain.
    cacheIntrospectionSeconds: 60,
    ...options,
  });
  identity.setSiebelBaseUrl(siebel.baseUrl);
  const client = httpsClient(caPem);
  const body = form({ grant_type: 'client_credentials', scope: allScopes(identity.scope) });
  const reply = await client.call(identity.tokenUrl, { method: 'POST', headers: basic(identity.callerClient), body });
  client.close();
  const token: string = reply.json().access_token;
  const wire = openWire({
    baseUrl: new URL(siebel.baseUrl),
    tokens: fixedToken(token),
    ca: caPem,
    timeoutMs: 10_000,
    parallel: 12,
  });
  return {
    siebel,
    wire,
    token,
    async close() {
      wire.close();
      await siebel.close();
    },
  };
}

/** `…/data …/service …/workflow`: the scope of each kind of resource. */
function allScopes(data: string): string {
  return ['data', 'service', 'workflow'].map((name) => data.replace(/data$/, name)).join(' ');
}
