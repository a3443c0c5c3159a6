/** The account that all stand-ins for AWS share. The number is the one that the SQS stand-in puts into its ARNs. */
export const LOCAL_ACCOUNT = {
  accountId: '000000000000',
  region: 'eu-west-1',
  accessKeyId: 'local',
  secretAccessKey: 'local',
} as const;

/** Settings for an SDK client that talks to a stand-in. */
export function clientSettings(endpoint: string) {
  const { region, accessKeyId, secretAccessKey } = LOCAL_ACCOUNT;
  return { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
}

/** The ARN of something in the local account: `arnOf('lambda', 'function:queue')`. */
export function arnOf(service: string, resource: string): string {
  return `arn:aws:${service}:${LOCAL_ACCOUNT.region}:${LOCAL_ACCOUNT.accountId}:${resource}`;
}
