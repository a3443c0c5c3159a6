import { type BusinessService, input, textOf } from '../services/definition.ts';
import { plain } from '../siebel-error.ts';
import { runProcess } from './run-process.ts';

/** Runs processes as a service: the only way before Siebel 22.3. */
export const processManager: BusinessService = {
  name: 'Workflow Process Manager',
  methods: {
    RunProcess: {
      arguments: [input('ProcessName', 'text', { required: true })],
      run({ ProcessName: name, ...properties }, context) {
        if (textOf(name) === '') throw plain(500, "The argument 'ProcessName' is missing.");
        return runProcess(textOf(name), properties, context);
      },
    },
  },
};
