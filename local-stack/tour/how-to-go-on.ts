import type { Ready } from '../ready.ts';

/** Commands to paste, for a person who has just seen the tour. */
export function howToGoOn(ready: Ready): string {
  const aws = `AWS_ACCESS_KEY_ID=${ready.accessKeyId} AWS_SECRET_ACCESS_KEY=${ready.secretAccessKey} AWS_DEFAULT_REGION=${ready.region}`;
  const message = JSON.stringify({
    operation: 'account.upsert',
    key: 'by-hand/1',
    input: { Name: 'Harbour Supplies', Location: 'Bremen' },
  });
  const group: { MessageGroupId?: string } = ready.queueUrl.endsWith('.fifo')
    ? { MessageGroupId: 'Harbour Supplies' }
    : {};
  return `
Running until Ctrl-C. In another terminal:

  send a message
    curl -s '${ready.sqsEndpoint}' -H 'content-type: application/x-amz-json-1.0' \\
      -H 'x-amz-target: AmazonSQS.SendMessage' \\
      -d '${JSON.stringify({ QueueUrl: ready.queueUrl, MessageBody: message, ...group })}'
  send one with the command line
    echo '{"Name":"Harbour Supplies","Location":"Bremen"}' | npm run --silent siebel -- messages send --local \\
      --operation account.upsert --key by-hand/2 --input -${group.MessageGroupId ? " --group 'Harbour Supplies'" : ''}
  list what was parked
    npm run --silent siebel -- messages list --local
  see what it did in Siebel
    curl -s '${ready.controlUrl}/-/records?component=Account&Name=Harbour%20Supplies&Location=Bremen'
  tick the schedule
    curl -s -X POST ${ready.schedulerUrl}/accounts
  look at the sync jobs
    npm run --silent siebel -- sync status --local
  tick a timed operation
    curl -s -X POST '${ready.schedulerUrl}/nightly-credit-check?at=2025-03-14T01:00:00Z'
  call the API
    curl -s '${ready.apiUrl}/accounts?limit=3' -H 'authorization: Bearer ${ready.apiToken}'

  kill the queue's containers
    curl -s -X POST ${ready.lambdaEndpoint}/-/functions/queue/kill

  logs of the functions      ${ready.logFolder}
  events of sync jobs        ${ready.eventLog}
  requests that Siebel saw   ${ready.controlUrl}/-/requests
  make Siebel fail once      curl -s ${ready.controlUrl}/-/faults -d '{"fault":{"status":503}}'
  with the AWS CLI           ${aws} aws --endpoint-url ${ready.sqsEndpoint} s3 ls --recursive s3://${ready.syncBucket}
`;
}
