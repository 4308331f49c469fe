// What the Hub answers when it refuses, in our words: what it means, and what to do about it.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

/** What was asked, and as whom: refusals mean different things with and without a token. */
export interface HubSubject {
  readonly endpoint: string;
  readonly hasToken: boolean;
  /** `owner/name`, where a repository was asked for. */
  readonly name?: string | undefined;
  readonly kind: 'model' | 'dataset';
  /** `push` needs the right to write. */
  readonly doing: 'read' | 'push';
}

/** The Hub's answer as far as it tells why. `code` is its header X-Error-Code, such as `GatedRepo`. */
export interface HubRefusal {
  readonly status: number;
  readonly code: string | null;
  readonly message: string;
  readonly url: string;
}

export const pageOf = ({ endpoint, kind, name = '' }: Pick<HubSubject, 'endpoint' | 'kind' | 'name'>): string =>
  `${endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${name}`;

export function refusalOf(response: Response, message: string): HubRefusal {
  const code = response.headers.get('X-Error-Code');
  const told = response.headers.get('X-Error-Message') ?? message;
  return { status: response.status, code, message: told, url: response.url };
}

/** Codes E-HUB-ACCESS where a token or accepted terms would help, else E-HUB. */
export function refused(refusal: HubRefusal, subject: HubSubject): StudioError {
  const { status, code, message } = refusal;
  if (code === 'GatedRepo') return gated(subject, refusal);
  if (code === 'RevisionNotFound' || message.includes('Invalid rev id')) {
    const hint = subject.doing === 'push' ? msg`Make the branch on the Hub, or check its name.` : msg`Check its name.`;
    return missing(subject, refusal, msg`has no such revision`, hint);
  }
  if (code === 'EntryNotFound') {
    return missing(subject, refusal, msg`no longer has this file`, msg`Look the repository up again.`);
  }
  if (/credentials|token/i.test(message) && status === 401 && subject.hasToken) return badToken(subject, refusal);
  if (status === 403 && subject.doing === 'push') return mayNotWrite(subject, refusal);
  if (code === 'RepoNotFound' || status === 401 || status === 404) return unknownRepo(subject, refusal);
  if (status === 403) return forbidden(subject, refusal);
  if (status === 429) return tooMany(subject, refusal);
  return trouble(subject, refusal);
}

const tokensPage = ({ endpoint }: HubSubject): string => `${endpoint}/settings/tokens`;
const nounOf = ({ kind }: HubSubject): string => (kind === 'dataset' ? msg`data set` : 'model');

function gated(subject: HubSubject, { url }: HubRefusal): StudioError {
  const accept = msg`Open ${pageOf(subject)}, log in and accept the terms.`;
  return new StudioError(
    'E-HUB-ACCESS',
    subject.hasToken
      ? msg`The account of this token has no access to the gated ${nounOf(subject)} ${subject.name}.`
      : msg`The ${nounOf(subject)} ${subject.name} is gated: its owners want their terms accepted first.`,
    {
      where: url,
      hint: subject.hasToken
        ? msg`${accept} Some owners answer by hand, which takes time. A fine-grained token must also be allowed to read public gated repositories: ${tokensPage(subject)}.`
        : msg`${accept} Then make a read token at ${tokensPage(subject)}, paste it as access token, and try again.`,
      safe: msg`Nothing was changed.`,
    },
  );
}

function missing(subject: HubSubject, { url }: HubRefusal, what: string, hint: string): StudioError {
  return new StudioError('E-HUB', msg`The ${nounOf(subject)} ${subject.name} ${what}.`, { where: url, hint });
}

function badToken(subject: HubSubject, { url }: HubRefusal): StudioError {
  return new StudioError('E-HUB-ACCESS', msg`The Hub does not accept this access token.`, {
    where: url,
    hint: msg`It may have expired or been revoked, or a part was lost in copying. Make a new one at ${tokensPage(subject)}.`,
    safe: msg`Nothing was changed.`,
  });
}

function mayNotWrite(subject: HubSubject, { url }: HubRefusal): StudioError {
  return new StudioError('E-HUB-ACCESS', msg`This access token may not write to ${subject.name}.`, {
    where: url,
    hint: msg`Make a token with the role "write" at ${tokensPage(subject)}, or choose a repository of your own account.`,
    safe: msg`Nothing was uploaded.`,
  });
}

function unknownRepo(subject: HubSubject, { url }: HubRefusal): StudioError {
  const title = msg`The Hub has no ${nounOf(subject)} ${subject.name}, or it is private.`;
  return new StudioError(subject.hasToken ? 'E-HUB' : 'E-HUB-ACCESS', title, {
    where: url,
    hint: subject.hasToken
      ? msg`Check the spelling (owner/name). If it is private, the account of this token has no access to it.`
      : msg`Check the spelling (owner/name). If it is private, make a read token at ${tokensPage(subject)} and paste it as access token.`,
  });
}

function forbidden(subject: HubSubject, { url, message }: HubRefusal): StudioError {
  return new StudioError('E-HUB-ACCESS', msg`The Hub refuses access to ${subject.name}: ${message}`, {
    where: url,
    hint: msg`See ${pageOf(subject)}, and what this token may do at ${tokensPage(subject)}.`,
  });
}

function tooMany(subject: HubSubject, { url }: HubRefusal): StudioError {
  return new StudioError('E-HUB', msg`The Hub has had too many requests from here and wants a pause.`, {
    where: url,
    hint: subject.hasToken
      ? msg`Try again in a few minutes.`
      : msg`Try again in a few minutes; with a token it allows more.`,
    safe: msg`What was downloaded is kept.`,
  });
}

function trouble(subject: HubSubject, { status, message, url }: HubRefusal): StudioError {
  return new StudioError('E-HUB', msg`The Hub could not answer (status ${status}): ${message}`, {
    where: url,
    hint:
      status >= 500
        ? msg`It seems to have trouble. Try again in a few minutes.`
        : msg`Check the address ${subject.endpoint}.`,
    safe: msg`What was downloaded is kept.`,
  });
}

/** No answer at all: no network, a wrong address, or a connection that was cut. Trying again may help. */
export class ConnectionLost extends StudioError {
  constructor(endpoint: string, cause?: unknown) {
    super('E-HUB', msg`The Hub at ${endpoint} can not be reached, or the connection was cut.`, {
      hint: msg`Check the connection and try again: a download goes on where it ended.`,
      safe: msg`What was downloaded is kept, and can be used without a network.`,
      ...(cause === undefined ? {} : { cause }),
    });
  }
}
