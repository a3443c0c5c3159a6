import { processManager } from '../workflows/process-manager.ts';
import {
  activityLog,
  contactIntake,
  creditCheck,
  membership,
  orderPricing,
  priceAdministration,
  territoryAssignment,
} from './customer-services.ts';
import type { BusinessService } from './definition.ts';
import { siebelAccount, siebelAdapter } from './message-services.ts';

/** Gives back what it was given, as Siebel's own service of this name does. */
const workflowUtilities: BusinessService = {
  name: 'Workflow Utilities',
  methods: { Echo: { arguments: [], run: (values) => values } },
};

/** In the order of the catalogue: by name. */
export const SERVICES: readonly BusinessService[] = [
  activityLog,
  contactIntake,
  creditCheck,
  membership,
  orderPricing,
  priceAdministration,
  siebelAccount,
  siebelAdapter,
  territoryAssignment,
  processManager,
  workflowUtilities,
].sort((left, right) => (left.name < right.name ? -1 : 1));

export function findService(name: string): BusinessService | undefined {
  return SERVICES.find((service) => service.name === name);
}
