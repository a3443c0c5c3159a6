import type { SiebelSettings } from './settings.ts';

/** What a release decides; everything else is up to the site. */
export type ReleaseSettings = Pick<
  SiebelSettings,
  | 'contextPath'
  | 'xml'
  | 'childWriteAnswer'
  | 'describe'
  | 'uniformResponse'
  | 'batches'
  | 'requestFormat'
  | 'workflows'
  | 'childPageSize'
> &
  Partial<Pick<SiebelSettings, 'problemFormat' | 'statusMap'>>;

const IP2016: ReleaseSettings = {
  contextPath: '/siebel-rest/v1.0',
  xml: false,
  childWriteAnswer: 'parent only',
  describe: 'none',
  uniformResponse: false,
  batches: false,
  requestFormat: 'none',
  workflows: false,
  childPageSize: false,
};
const V17: ReleaseSettings = { ...IP2016, contextPath: '/siebel/v1.0', xml: true, childWriteAnswer: 'child' };
const V18_7: ReleaseSettings = { ...V17, describe: 'swagger 2.0' };
const V18_12: ReleaseSettings = { ...V18_7, uniformResponse: true };
const V20_6: ReleaseSettings = { ...V18_12, batches: true };
const V21_3: ReleaseSettings = { ...V20_6, requestFormat: 'legacy' };
const V21_6: ReleaseSettings = { ...V21_3, requestFormat: 'matchrequestformat' };
const V22_3: ReleaseSettings = { ...V21_6, workflows: true };
const V22_11: ReleaseSettings = { ...V22_3, describe: 'openapi 3.0' };
const V24_1: ReleaseSettings = { ...V22_11, childPageSize: true };

const BEFORE_26_3: Readonly<Record<string, ReleaseSettings>> = {
  '16': IP2016,
  '17': V17,
  '18.7': V18_7,
  '18.12': V18_12,
  '20.6': V20_6,
  '21.3': V21_3,
  '21.6': V21_6,
  '22.3': V22_3,
  '22.11': V22_11,
  '24.1': V24_1,
};
/** What came with 26.x and waits there to be switched on. */
const OFF = { problemFormat: false, statusMap: {} };

/**
 * Releases that changed what a client meets, oldest first. One between two of them answers as the older one; those before
 * 26.3 switch `problemFormat` and `statusMap` off, unless these are set beside the release.
 */
export const RELEASES: Readonly<Record<string, ReleaseSettings>> = {
  ...Object.fromEntries(Object.entries(BEFORE_26_3).map(([name, settings]) => [name, { ...settings, ...OFF }])),
  '26.3': V24_1,
};
