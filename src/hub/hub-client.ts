// A small typed client over `@huggingface/hub`: search, what a repository holds at a commit, reading a file from an
// offset on, and pushing a commit. It asks only what its caller asks for, and refusals come out as StudioErrors.

import {
  createRepo,
  datasetInfo,
  HubApiError,
  listDatasets,
  listFiles,
  listModels,
  modelInfo,
  uploadFilesWithProgress,
  whoAmI,
} from '@huggingface/hub';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { ConnectionLost, type HubSubject, pageOf, refusalOf, refused } from './hub-errors.ts';
import { requireNetwork } from './network-gate.ts';
import type { RepoFile } from './repo-files.ts';

export interface HubClientOptions {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** `hf_…`; null asks as nobody. */
  readonly token: string | null;
  readonly signal?: AbortSignal | undefined;
}

export interface Repo {
  readonly kind: 'model' | 'dataset';
  readonly name: string;
}

export interface SearchHit {
  readonly name: string;
  readonly task: string | null;
  readonly downloads: number;
  readonly likes: number;
  readonly gated: boolean;
  readonly private: boolean;
}

export interface RepoInfo {
  /** As the Hub spells it; an old name leads to the new one. */
  readonly name: string;
  /** Sha of the commit. */
  readonly revision: string;
  readonly gated: boolean;
  readonly private: boolean;
}

export interface PushedFile {
  readonly path: string;
  readonly content: Blob;
}

export interface Push {
  /** `owner/name`. */
  readonly name: string;
  /** Of a repository that is made; null: as the account's settings say. */
  readonly private: boolean | null;
  /** Null: main. */
  readonly branch: string | null;
  /** First line of the commit. */
  readonly message: string;
  readonly files: readonly PushedFile[];
}

export interface PushProgress {
  readonly phase: 'hashing' | 'uploading' | 'committing';
  readonly path: string;
  /** Of this file, from 0 to 1. */
  readonly share: number;
}

const HITS = 12;

export class HubClient {
  readonly #options: HubClientOptions;

  /** @throws StudioError E-HUB-ACCESS when the token can not be one, E-HUB when the address can not be one. */
  constructor(options: HubClientOptions) {
    requireNetwork();
    checkOptions(options);
    this.#options = options;
  }

  /** The most downloaded repositories whose name matches the words; of models only those with safetensors. */
  async search(kind: Repo['kind'], query: string): Promise<SearchHit[]> {
    const asked = {
      ...this.#common({ kind, doing: 'read' }),
      search: { query, ...(kind === 'model' ? { tags: ['safetensors'] } : {}) },
      sort: 'downloads',
      limit: HITS,
    } as const;
    const hits: SearchHit[] = [];
    for await (const hit of kind === 'model' ? listModels(asked) : listDatasets(asked)) {
      const task = 'task' in hit && typeof hit.task === 'string' ? hit.task : null;
      const { name, downloads, likes, gated } = hit;
      hits.push({ name, task, downloads, likes, gated: Boolean(gated), private: hit.private });
    }
    return hits;
  }

  /** @param revision branch, tag or commit; null for the main branch. */
  async info({ kind, name }: Repo, revision: string | null): Promise<RepoInfo> {
    checkName(name, kind);
    const fields = { ...this.#common({ kind, name, doing: 'read' }), name, additionalFields: ['sha' as const] };
    const asked = revision === null ? fields : { ...fields, revision };
    const found = kind === 'model' ? await modelInfo(asked) : await datasetInfo(asked);
    return { name: found.name, revision: found.sha, gated: Boolean(found.gated), private: found.private };
  }

  /** All files of the repository at a commit. */
  async files({ kind, name }: Repo, revision: string): Promise<RepoFile[]> {
    const common = this.#common({ kind, name, doing: 'read' });
    const files: RepoFile[] = [];
    for await (const entry of listFiles({ ...common, repo: { type: kind, name }, revision, recursive: true })) {
      if (entry.type !== 'file') continue;
      const { path, size, oid = '', lfs } = entry;
      files.push({ path, size: lfs?.size ?? size, oid, sha256: lfs?.oid ?? null });
    }
    return files;
  }

  /** Asks for a file from byte `offset` on. The answer is a 200, a 206 or a 416. */
  async open({ kind, name }: Repo, revision: string, path: string, offset: number): Promise<Response> {
    const { endpoint, token } = this.#options;
    const address = `${pageOf({ endpoint, kind, name })}/resolve/${encodeURIComponent(revision)}/${encodePath(path)}`;
    const headers = new Headers();
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    if (offset > 0) headers.set('Range', `bytes=${offset}-`);
    return this.#fetch({ kind, name, doing: 'read' }, [416])(address, { headers });
  }

  /** Name of the token's account. */
  async whoAmI(): Promise<string> {
    const { name } = await whoAmI({ ...this.#common({ kind: 'model', doing: 'push' }), accessToken: this.#token() });
    return name;
  }

  /** Makes the repository unless it is there, and uploads all files as one commit. Returns the commit's sha. */
  async *push({ name, message, files, ...push }: Push): AsyncGenerator<PushProgress, string> {
    const subject: Subject = { kind: 'model', name, doing: 'push' };
    const { fetch: _, ...common } = { ...this.#common(subject), accessToken: this.#token() };
    const repo = { type: 'model' as const, name };
    await createRepo({
      ...common,
      repo,
      ...(push.private === null ? {} : { visibility: push.private ? ('private' as const) : ('public' as const) }),
      fetch: this.#fetch(subject, [409]),
    })
      // The Hub says 409 of a repository that is there.
      .catch(ignoreExisting);
    try {
      const { signal } = this.#options;
      const upload = uploadFilesWithProgress({
        ...common,
        repo,
        files: [...files],
        commitTitle: message,
        ...(push.branch === null ? {} : { branch: push.branch }),
        // The plain way of LFS, which mirrors know as well.
        useXet: false,
        ...(signal ? { abortSignal: signal } : {}),
      });
      const result = yield* followUpload(upload);
      return result;
    } catch (error) {
      throw this.#toStudioError(error, subject);
    }
  }

  /** What every call of the library takes. */
  #common(subject: Subject) {
    const { endpoint, token } = this.#options;
    return { hubUrl: endpoint, fetch: this.#fetch(subject), ...(token === null ? {} : { accessToken: token }) };
  }

  #token(): string {
    const { token, endpoint } = this.#options;
    if (token !== null) return token;
    throw new StudioError('E-HUB-ACCESS', msg`To upload, the Hub wants an access token.`, {
      hint: msg`Make one with the role "write" at ${endpoint}/settings/tokens and paste it.`,
    });
  }

  /** A fetch that can be cancelled, and throws in our words whatever is neither fine nor expected. */
  #fetch(subject: Subject, expected: readonly number[] = []): typeof fetch {
    return async (input, init) => {
      const { signal = null } = this.#options;
      let response: Response;
      try {
        response = await fetch(input, { ...init, signal });
      } catch (error) {
        throw this.#toStudioError(error, subject);
      }
      if (response.ok || expected.includes(response.status)) return response;
      throw refused(refusalOf(response, await messageOf(response)), this.#subject(subject));
    };
  }

  #subject(subject: Subject): HubSubject {
    const { endpoint, token } = this.#options;
    return { ...subject, endpoint, hasToken: token !== null };
  }

  #toStudioError(error: unknown, subject: Subject): unknown {
    if (this.#options.signal?.aborted) return this.#options.signal.reason;
    if (error instanceof StudioError) return error;
    if (error instanceof HubApiError) {
      const { statusCode: status, message, url } = error;
      return refused({ status, code: null, message, url }, this.#subject(subject));
    }
    return new ConnectionLost(this.#options.endpoint, error);
  }
}

type Subject = Pick<HubSubject, 'kind' | 'name' | 'doing'>;

function checkOptions({ endpoint, token }: HubClientOptions): void {
  if (!/^https?:\/\/[^/]+(\/.*)?$/.test(endpoint) || !URL.canParse(endpoint)) {
    throw new StudioError('E-HUB', msg`${endpoint} is no address of a Hub.`, { hint: msg`It begins with https://.` });
  }
  if (token === null || /^hf_\w+$/.test(token)) return;
  throw new StudioError('E-HUB-ACCESS', msg`This can not be an access token: they begin with hf_.`, {
    hint: msg`Copy it whole from ${endpoint}/settings/tokens.`,
    safe: msg`Nothing was sent.`,
  });
}

function checkName(name: string, kind: Repo['kind']): void {
  if (/^[\w.-]+(\/[\w.-]+)?$/.test(name)) return;
  throw new StudioError(
    'E-HUB',
    msg`"${name}" is no name of a ${kind === 'model' ? 'model' : msg`data set`} on the Hub.`,
    {
      hint: msg`Names look like owner/name, with letters, digits, points, dashes and underscores.`,
    },
  );
}

const encodePath = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

/** The Hub's own sentence. */
async function messageOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '');
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // Not every refusal is JSON.
  }
  return response.statusText;
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof HubApiError) || error.statusCode !== 409) throw error;
}

type Upload = ReturnType<typeof uploadFilesWithProgress>;

async function* followUpload(upload: Upload): AsyncGenerator<PushProgress, string> {
  for (;;) {
    const { done, value } = await upload.next();
    if (done) return value!.commit.oid;
    if (value.event === 'phase') {
      if (value.phase === 'committing') yield { phase: 'committing', path: '', share: 0 };
    } else if (value.state !== 'error') yield { phase: value.state, path: value.path, share: value.progress };
  }
}
