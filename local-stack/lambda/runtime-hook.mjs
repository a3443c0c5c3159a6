// Loaded before AWS' runtime interface client: `node --import runtime-hook.mjs aws-lambda-ric/index.mjs`.
// That package wants a part compiled from C++; this puts the JavaScript beside this file in its place.
import { registerHooks } from 'node:module';

const client = new URL('./runtime-client.cjs', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === './rapid-client.node'
      ? { url: client, format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
});
