import { expect, it } from 'vitest';
import { loadIntegration } from '../../cli/integration.ts';
import integration from '../../siebel.config.ts';

it('tells of a siebel.config.ts that does not load as of any other mistake in it', async () => {
  expect(await loadIntegration()).toBe(integration);
  await expect(
    loadIntegration(async () => {
      throw new SyntaxError('Unexpected token');
    }),
  ).rejects.toMatchObject({ code: 'CONFIGURATION', message: 'siebel.config.ts cannot be read: Unexpected token' });
});
