// A server that answers as the HuggingFace Hub does: search, repositories and their trees, files with ranges and
// redirects, gated and private repositories, accounts, and uploads through LFS. Faults of networks can be staged.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FakeAccount, FakeRepo, isLfs, type RepoOptions, sha256, treeEntry } from './fake-hub-repos.ts';

/** The Hub's tree listing comes in pages; small ones here, so that there is more than one. */
const TREE_PAGE = 4;
const CHUNK = 64 * 1024;

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers':
    'X-Repo-Commit,X-Request-Id,X-Error-Code,X-Error-Message,ETag,Link,Accept-Ranges,Content-Range,X-Linked-Size,X-Linked-ETag',
};

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly token: string | null;
}

/** What goes wrong with the contents of files, or how slowly they come. */
export interface Faults {
  /** The connection is cut after so many bytes of a body, so many times. */
  cut: { readonly afterBytes: number; times: number } | null;
  /** A body stops after so many bytes, and goes on when this is taken away. */
  stallAfterBytes: number | null;
  /** Ranges are ignored: the whole file comes, with status 200. */
  ignoreRanges: boolean;
  /** Contents come with a bit turned. */
  corrupt: boolean;
  /** Status for every request to the API. */
  status: number | null;
}

interface Question {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly account: FakeAccount | null;
}

export class FakeHub {
  readonly repos = new Map<string, FakeRepo>();
  readonly accounts = new Map<string, FakeAccount>();
  /** `account gated-repo` of those whose terms were accepted. */
  readonly granted = new Set<string>();
  readonly seen: SeenRequest[] = [];
  readonly faults: Faults = { cut: null, stallAfterBytes: null, ignoreRanges: false, corrupt: false, status: null };
  readonly #objects = new Map<string, Buffer>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #port = 0;

  /** The same port after `close`, so that a Hub can go away and come back. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  add(options: RepoOptions): FakeRepo {
    const repo = new FakeRepo(options);
    this.repos.set(`${options.kind} ${options.name}`, repo);
    return repo;
  }

  repo(kind: 'model' | 'dataset', name: string): FakeRepo {
    return this.repos.get(`${kind} ${name}`)!;
  }

  /** Ranges asked for of a file, in order; `whole` without one. Redirects count once. */
  rangesOf(path: string): string[] {
    const asked = this.seen.filter((seen) => seen.method === 'GET' && seen.path.includes('/resolve/'));
    return asked.filter((seen) => seen.path.endsWith(`/${path}`)).map(({ range }) => range ?? 'whole');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, this.url);
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? null;
    for (const [name, value] of Object.entries(CORS)) response.setHeader(name, value);
    response.setHeader('X-Request-Id', `Root=${this.seen.length}`);
    if (request.method === 'OPTIONS') return preflight(response);
    this.seen.push({ method: request.method!, path: url.pathname, range: request.headers.range, token });
    const account = token === null ? null : (this.accounts.get(token) ?? null);
    // The store behind LFS knows signed addresses, and refuses the Hub's tokens.
    if (url.pathname.startsWith('/store/')) return this.#store({ request, response, url, account }, token);
    if (this.faults.status !== null) return refuse(response, this.faults.status, 'staged');
    if (token !== null && !account) return refuse(response, 401, 'Invalid credentials in Authorization header');
    return this.#route({ request, response, url, account });
  }

  async #route(question: Question): Promise<void> {
    const { url, response, request } = question;
    const path = decodeURIComponent(url.pathname);
    if (path === '/api/whoami-v2') return this.#whoAmI(question);
    if (path === '/api/repos/create') return this.#create(question);
    if (/^\/api\/(model|dataset)s$/.test(path)) return this.#search(question, path.includes('models'));
    const api = /^\/api\/(model|dataset)s\/(.+?)\/(revision|tree|preupload|commit)\/([^/]+)$/.exec(path);
    if (api) return this.#api(question, api[1] as 'model', api[2]!, api[3]!, api[4]!);
    const lfs = /^\/(.+)\.git\/info\/lfs\/objects\/batch$/.exec(path);
    if (lfs) return this.#lfsBatch(question, lfs[1]!);
    const file = /^\/(datasets\/)?(.+?)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    if (file) return this.#resolve(question, file[1] ? 'dataset' : 'model', file[2]!, file[3]!, file[4]!);
    const cached = /^\/api\/resolve-cache\/(model|dataset)s\/(.+)\/([0-9a-f]{40})\/([^/].*)$/.exec(path);
    if (cached) return this.#cached(question, cached[1] as 'model', cached[2]!, cached[3]!, cached[4]!);
    refuse(response, 404, `${request.method} ${path}: no such page`);
  }

  /** The repository, unless the account may not see it; then the answer is given. */
  #visible({ response, account }: Question, kind: 'model' | 'dataset', name: string): FakeRepo | null {
    const repo = this.repos.get(`${kind} ${name}`);
    if (repo && (!repo.private || account?.name === repo.name.split('/')[0])) return repo;
    // As the Hub: who is nobody is told to log in, whether there is such a repository or not.
    if (!account) refuse(response, 401, 'Invalid username or password.', 'RepoNotFound');
    else refuse(response, 404, 'Repository not found', 'RepoNotFound');
    return null;
  }

  async #whoAmI({ response, account }: Question): Promise<void> {
    if (!account) return refuse(response, 401, 'Invalid username or password.');
    const { name, role } = account;
    json(response, { type: 'user', id: name, name, orgs: [], auth: { type: 'access_token', accessToken: { role } } });
  }

  #search({ response, url, account }: Question, models: boolean): void {
    const words = (url.searchParams.get('search') ?? '').toLowerCase();
    const hits = [...this.repos.values()].filter(
      (repo) =>
        repo.kind === (models ? 'model' : 'dataset') &&
        repo.name.toLowerCase().includes(words) &&
        (!repo.private || account?.name === repo.name.split('/')[0]) &&
        url.searchParams
          .getAll('filter')
          .every((tag) => tag === 'safetensors' && [...repo.files.keys()].some((path) => path.endsWith(`.${tag}`))),
    );
    hits.sort((a, b) => b.info().downloads - a.info().downloads);
    json(
      response,
      hits.slice(0, Number(url.searchParams.get('limit') ?? 10)).map((repo) => repo.info()),
    );
  }

  async #api(question: Question, kind: 'model' | 'dataset', name: string, what: string, revision: string) {
    const repo = this.#visible(question, kind, name);
    if (!repo) return;
    const { response } = question;
    const sha = repo.resolve(revision);
    if (sha === null) return refuse(response, 404, `Invalid rev id: ${revision}`, 'RevisionNotFound');
    if (what === 'revision') return json(response, { ...repo.info(), sha });
    if (what === 'tree') return this.#tree(question, repo, sha);
    if (!mayWrite(question, name)) return refuse(response, 403, 'You have read access but not write access.');
    if (what === 'preupload') return preupload(question);
    return this.#commit(question, repo, revision);
  }

  #tree({ response, url }: Question, repo: FakeRepo, sha: string): void {
    const entries = [...repo.commits.get(sha)!].map(([path, content]) => treeEntry(path, content));
    const from = Number(url.searchParams.get('cursor') ?? 0);
    if (from + TREE_PAGE < entries.length) {
      const next = new URL(url);
      next.searchParams.set('cursor', String(from + TREE_PAGE));
      response.setHeader('Link', `<${next.href}>; rel="next"`);
    }
    json(response, entries.slice(from, from + TREE_PAGE));
  }

  /** Files in LFS are fetched from the store at another origin, others from a cache of the Hub's own. */
  async #resolve(
    question: Question,
    kind: 'model' | 'dataset',
    name: string,
    revision: string,
    path: string,
  ): Promise<void> {
    const repo = this.#visible(question, kind, name);
    if (!repo) return;
    const { response, account } = question;
    if (repo.gated && !this.granted.has(`${account?.name} ${name}`)) {
      return refuse(response, account ? 403 : 401, `Access to ${kind} ${name} is restricted.`, 'GatedRepo');
    }
    const sha = repo.resolve(revision);
    if (sha === null) return refuse(response, 404, `Invalid rev id: ${revision}`, 'RevisionNotFound');
    const content = repo.commits.get(sha)!.get(path);
    if (!content) return refuse(response, 404, 'Entry not found', 'EntryNotFound');
    response.setHeader('X-Repo-Commit', sha);
    response.setHeader('Accept-Ranges', 'bytes');
    const entry = treeEntry(path, content);
    if (!entry.lfs) {
      response.setHeader('ETag', `"${entry.oid}"`);
      return redirect(response, 307, `/api/resolve-cache/${kind}s/${name}/${sha}/${path}`);
    }
    response.setHeader('X-Linked-Size', entry.size);
    response.setHeader('X-Linked-ETag', `"${entry.lfs.oid}"`);
    this.#objects.set(entry.lfs.oid, content);
    return redirect(response, 302, `http://localhost:${this.#port}/store/${entry.lfs.oid}?signature=1`);
  }

  #cached(question: Question, kind: 'model' | 'dataset', name: string, sha: string, path: string): Promise<void> {
    return this.#send(question, this.repo(kind, name).commits.get(sha)!.get(path)!);
  }

  async #store(question: Question, token: string | null): Promise<void> {
    const { request, response, url } = question;
    if (token !== null) return refuse(response, 400, 'Only one auth mechanism allowed');
    if (url.searchParams.get('signature') !== '1') return refuse(response, 403, 'Access denied');
    const oid = url.pathname.split('/').at(-1)!;
    if (request.method === 'PUT') {
      const content = await bodyOf(request);
      if (sha256(content) !== oid) return refuse(response, 400, 'The content is not what its name says');
      this.#objects.set(oid, content);
      // Without a type Firefox takes the empty answer for broken XML, and says so.
      response.writeHead(200, { ETag: `"${oid}"`, 'Content-Type': 'text/plain' }).end();
      return;
    }
    await this.#send(question, this.#objects.get(oid)!);
  }

  /** A file or the part that is asked for, with the faults that are staged. */
  async #send({ request, response }: Question, whole: Buffer): Promise<void> {
    const { corrupt, ignoreRanges } = this.faults;
    const range = ignoreRanges ? null : /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const from = range ? Number(range[1]) : 0;
    if (range && from >= whole.length) {
      response.writeHead(416, { 'Content-Range': `bytes */${whole.length}` }).end();
      return;
    }
    const to = range?.[2] ? Number(range[2]) + 1 : whole.length;
    const part = Buffer.from(whole.subarray(from, to));
    if (corrupt && part.length > 0) part[0]! ^= 1;
    response.writeHead(range ? 206 : 200, {
      'Content-Length': part.length,
      'Content-Type': 'application/octet-stream',
      ...(range ? { 'Content-Range': `bytes ${from}-${to - 1}/${whole.length}` } : {}),
    });
    if (request.method === 'HEAD') response.end();
    else await this.#trickle(response, part);
  }

  async #trickle(response: ServerResponse, part: Buffer): Promise<void> {
    const cut = this.faults.cut;
    for (let at = 0; at < part.length && !response.destroyed; at += CHUNK) {
      if (cut && cut.times > 0 && at >= cut.afterBytes) {
        cut.times--;
        // What was written is on its way before the connection goes.
        await new Promise((resolve) => setTimeout(resolve, 50));
        response.destroy();
        return;
      }
      while (this.faults.stallAfterBytes !== null && at >= this.faults.stallAfterBytes && !response.destroyed) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await new Promise<void>((resolve) => response.write(part.subarray(at, at + CHUNK), () => resolve()));
    }
    response.end();
  }

  async #create(question: Question): Promise<void> {
    const { request, response, account } = question;
    const { name, organization, type, visibility } = JSON.parse((await bodyOf(request)).toString());
    if (!account) return refuse(response, 401, 'Invalid username or password.');
    const full = `${organization ?? account.name}/${name}`;
    if (!mayWrite(question, full)) return refuse(response, 403, `You don't have the rights to create ${full}`);
    const url = `${this.url}/${full}`;
    if (this.repos.has(`${type} ${full}`)) return json(response, { error: 'You already created this repo', url }, 409);
    this.add({ kind: type, name: full, files: [], private: visibility === 'private' });
    json(response, { url, name: full, id: full });
  }

  async #lfsBatch(question: Question, name: string): Promise<void> {
    const { request, response } = question;
    if (!mayWrite(question, name)) return refuse(response, 403, 'You have read access but not write access.');
    const { objects } = JSON.parse((await bodyOf(request)).toString()) as { objects: { oid: string; size: number }[] };
    const answers = objects.map(({ oid, size }) => {
      const upload = { href: `http://localhost:${this.#port}/store/${oid}?signature=1` };
      return { oid, size, authenticated: true, ...(this.#objects.has(oid) ? {} : { actions: { upload } }) };
    });
    json(response, { transfer: 'basic', objects: answers });
  }

  async #commit({ request, response }: Question, repo: FakeRepo, branch: string): Promise<void> {
    const lines = (await bodyOf(request)).toString().trim().split('\n');
    const files = new Map(repo.commits.get(repo.resolve(branch)!));
    let message = '';
    for (const line of lines) {
      const { key, value } = JSON.parse(line);
      if (key === 'header') message = value.summary;
      else if (key === 'file') files.set(value.path, Buffer.from(value.content, value.encoding));
      else if (key === 'deletedFile') files.delete(value.path);
      else if (key === 'lfsFile' && this.#objects.has(value.oid)) files.set(value.path, this.#objects.get(value.oid)!);
      else return refuse(response, 400, `${value.path} was not uploaded`);
    }
    const commitOid = repo.commit(message, files, branch);
    const commitUrl = `${this.url}/${repo.name}/commit/${commitOid}`;
    json(response, { success: true, commitOid, commitUrl, hookOutput: '' });
  }
}

const mayWrite = ({ account }: Question, name: string): boolean =>
  account?.role === 'write' && name.startsWith(`${account.name}/`);

async function preupload({ request, response }: Question): Promise<void> {
  const { files } = JSON.parse((await bodyOf(request)).toString()) as { files: { path: string; size: number }[] };
  json(response, {
    files: files.map(({ path, size }) => ({ path, uploadMode: isLfs(path, size) ? 'lfs' : 'regular' })),
  });
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function preflight(response: ServerResponse): void {
  response.writeHead(204, {
    'Access-Control-Allow-Methods': 'GET,HEAD,PUT,POST',
    'Access-Control-Allow-Headers': 'Authorization,Content-Type,Range,Accept,X-Request-Id',
  });
  response.end();
}

function redirect(response: ServerResponse, status: number, to: string): void {
  response.writeHead(status, { Location: to }).end();
}

function refuse(response: ServerResponse, status: number, error: string, code?: string): void {
  response.setHeader('X-Error-Message', error);
  if (code !== undefined) response.setHeader('X-Error-Code', code);
  json(response, { error }, status);
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));
}
