import type { LocalStack } from '../../local-stack/stack.ts';

/** Outages of the identity domain, which strike whoever needs it just then. */
export interface Outages {
  fired(): { readonly token: number; readonly introspection: number };
}

/** Introspections in a row that fail, so that Siebel answers 401 to everybody for a while. */
const DARK = 12;

/** A run of so many messages has time for the pauses of 10 and 20 s that follow refused and repeated token requests. */
const LONG_RUN = 2_000;

/**
 * Lets token requests and introspections fail, counted by requests: a token request with 503, introspection as a whole now
 * and then; in long runs also two token requests in a row, and one refused as if the client secret were wrong.
 */
export function disturbTokens({ identity }: LocalStack, messages: number): Outages {
  const { faults } = identity;
  faults.add({ target: 'token', skip: 2, times: 1, fault: { status: 503 } });
  if (messages >= LONG_RUN) {
    faults.add({ target: 'token', skip: 6, times: 2, fault: { status: 503 } });
    faults.add({ target: 'token', skip: 12, times: 1, fault: { status: 401, body: { error: 'invalid_client' } } });
  }
  const outages = Math.max(1, Math.floor(messages / 1_000));
  for (let outage = 0; outage < outages; outage += 1)
    faults.add({ target: 'introspection', skip: 150 + outage * 900, times: DARK, fault: { status: 503 } });
  return {
    fired: () => ({ token: sum(faults.list(), 'token'), introspection: sum(faults.list(), 'introspection') }),
  };
}

function sum(rules: readonly { readonly target: string; readonly fired: number }[], target: string): number {
  return rules.filter((rule) => rule.target === target).reduce((total, { fired }) => total + fired, 0);
}
