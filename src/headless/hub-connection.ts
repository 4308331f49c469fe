// Where the runner pushes to: HF_ENDPOINT and HF_TOKEN of the environment, or hub_token of run.json.

import { HUB_ENDPOINT, type HubConnection } from '#protocol/hub-messages.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { StudioError } from '#util/studio-error.ts';

/** @throws StudioError E-HUB-ACCESS without a token. */
export function hubConnection({ hubToken }: Pick<TrainingArguments, 'hubToken'>): HubConnection {
  const { HF_ENDPOINT, HF_TOKEN } = process.env;
  const endpoint = (HF_ENDPOINT || HUB_ENDPOINT).replace(/\/+$/, '');
  const token = hubToken ?? (HF_TOKEN || null);
  if (token !== null) return { endpoint, token };
  throw new StudioError('E-HUB-ACCESS', 'push_to_hub is on, and the Hub wants an access token to push with.', {
    where: 'push_to_hub',
    hint: `Make one with the role "write" at ${endpoint}/settings/tokens and put it into HF_TOKEN, or turn push_to_hub off.`,
    safe: 'Nothing was started.',
  });
}
