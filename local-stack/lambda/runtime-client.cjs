// The part of the runtime interface client that talks to the runtime API: `next`, `done`, `error`.
// CommonJS and `require`, because an ESM import of node:http also loads Node's built-in undici.
const http = require('node:http');
const net = require('node:net');

const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
// Taken before a handler can replace them.
const write = [process.stdout, process.stderr].map((stream) => stream.write.bind(stream));

/** Ends a line that says: everything written so far belongs to what came before. */
const MARK = '\x1e\n';

// The process must not outlive the local stack: this connection stays silent, and closes when the other side is gone.
net
  .connect({ host, port })
  .on('error', () => {})
  .on('close', () => process.exit(1))
  .unref();

let answered = Promise.resolve();

exports.next = async () => {
  await answered;
  for (const writeTo of write) writeTo(MARK);
  const { headers, text } = await call('GET', '/invocation/next');
  return { bodyJson: text, headers };
};

exports.done = (requestId, body) => {
  answered = call('POST', `/invocation/${requestId}/response`, body);
};

exports.error = (requestId, body) => {
  answered = call('POST', `/invocation/${requestId}/error`, body);
};

function call(method, path, body) {
  return new Promise((resolve) => {
    const headers =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = http.request({ host, port, method, path: `/2018-06-01/runtime${path}`, agent, headers });
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ headers: response.headers, text }));
    });
    request.on('error', () => process.exit(1));
    request.end(body);
  });
}
