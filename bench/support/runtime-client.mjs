// The least that a Lambda runtime does: load the handler, ask for an event, run it, post the answer. JavaScript, so that
// no type stripping is counted; Node's modules by getBuiltinModule, because an ESM import of node:http alone takes as long
// as an empty function.
const http = process.getBuiltinModule('node:http');
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {};
    const request = http.request(
      { host, port, method, path: `/2018-06-01/runtime${path}`, agent, headers },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ headers: response.headers, text }));
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function describe({ name, message, stack }) {
  return JSON.stringify({ errorType: name, errorMessage: message, stackTrace: String(stack).split('\n') });
}

const [file, name] = process.env._HANDLER.split('.');
let handler;
try {
  ({ [name]: handler } = await import(`${process.env.LAMBDA_TASK_ROOT}/${file}.mjs`));
} catch (error) {
  await call('POST', '/init/error', describe(error));
  process.exit(1);
}
for (;;) {
  const { headers, text } = await call('GET', '/invocation/next');
  const id = headers['lambda-runtime-aws-request-id'];
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  const context = { awsRequestId: id, getRemainingTimeInMillis: () => deadlineMs - Date.now() };
  try {
    const answer = await handler(JSON.parse(text), context);
    await call('POST', `/invocation/${id}/response`, JSON.stringify(answer) ?? 'null');
  } catch (error) {
    await call('POST', `/invocation/${id}/error`, describe(error));
  }
}
