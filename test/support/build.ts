import { buildFunctions } from '../../scripts/bundle.ts';

/** Builds the functions once per test run: stack tests run the zips that would be deployed. */
export default async function setup(): Promise<void> {
  await buildFunctions();
}
