// Serves a built page the way a careful host would: right types, the page's security policy also
// for the worker, nothing cached unless a test wants it. Tests can put faults in the way of single
// files, and replace all files by another version.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
  '.onnx': 'application/octet-stream',
};

/** The policy as index.html states it: a worker takes its own from its response. */
function policyOf(root) {
  return readFileSync(join(root, 'index.html'), 'utf8').match(
    /Content-Security-Policy"\s+content="([^"]+)"/,
  )[1];
}

/**
 * @param {string} root   folder to serve
 * @param {number} [port] 0: any that is free
 */
export async function serve(root, port = 0) {
  /**
   * @type {Map<string, (body: Buffer) => {status?: number, type?: string, body?: Buffer | string,
   *   drop?: boolean, hang?: boolean, headers?: Record<string, string>}>}
   */
  const faults = new Map();
  /** @type {{method: string, path: string, bytes: number}[]} */
  const requests = [];
  let cacheControl = () => 'no-store';
  const policy = policyOf(root);

  const server = createServer((request, response) => {
    const path = normalize(
      decodeURIComponent(new URL(request.url, 'http://localhost').pathname),
    ).replace(/\/$/, '/index.html');
    let answer;
    try {
      answer = {
        status: 200,
        type: TYPES[extname(path)] ?? 'application/octet-stream',
        body: readFileSync(join(root, path)),
      };
    } catch {
      answer = { status: 404, type: 'text/plain', body: 'not found' };
    }
    const fault = [...faults].find(([name]) => path.endsWith(name))?.[1];
    if (fault) answer = { ...answer, ...fault(Buffer.from(answer.body)) };
    requests.push({ method: request.method, path, bytes: Buffer.byteLength(answer.body) });
    if (answer.drop) return request.destroy();
    if (answer.hang) return;
    response.writeHead(answer.status, {
      'content-type': answer.type,
      'content-security-policy': policy,
      'cache-control': cacheControl(path),
      ...answer.headers,
    });
    response.end(answer.body);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));

  return {
    address: `http://localhost:${server.address().port}/`,
    /** From now on answers for paths that end with `name` are what `fault` makes of them. */
    put: (name, fault) => faults.set(name, fault),
    clear: () => faults.clear(),
    /** From now on serves another version. @param {string} folder */
    publish: (folder) => {
      root = folder;
    },
    /**
     * @param {(path: string) => string} rule   the header that says how long browsers may keep a
     *   file
     */
    cacheBy: (rule) => {
      cacheControl = rule;
    },
    /** Every request so far, the latest last. */
    requests,
    close: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}
