// Takes a checkpoint to the HuggingFace Hub: a dialog that says where to, and follows the upload.

import { Alert, Anchor, Button, Group, Modal, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useDisclosure, useMediaQuery } from '@mantine/hooks';
import { useState } from 'react';
import type { HubPushed } from '#protocol/hub-messages.ts';
import type { RunId } from '#protocol/ids.ts';
import type { CheckpointSummary } from '#protocol/messages.ts';
import { repoNameFor } from '#protocol/repo-name.ts';
import { HubAccess } from '../../components/hub-access.tsx';
import { HubError } from '../../components/hub-error.tsx';
import { Icon } from '../../components/icon.tsx';
import { TransferProgress } from '../../components/transfer-progress.tsx';
import { useHubConnection } from '../../hooks/hub-session.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useTransfer } from '../../hooks/use-transfer.ts';
import { t } from '../../language/translate.ts';
import { commitMessage } from './run-model.ts';

interface PushButtonProps {
  readonly runId: RunId;
  readonly runName: string;
  readonly checkpoint: CheckpointSummary;
  readonly size?: 'xs' | 'sm';
}

export function PushButton({ size = 'xs', ...target }: PushButtonProps) {
  const [opened, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button
        size={size}
        variant="default"
        leftSection={<Icon name="upload" size={15} />}
        data-testid="push-checkpoint"
        aria-label={t`Push to the Hub: ${target.checkpoint.name}`}
        onClick={open}
      >{t`Push to the Hub`}</Button>
      {opened && <PushDialog {...target} onClose={close} />}
    </>
  );
}

type PushDialogProps = Omit<PushButtonProps, 'size'> & { readonly onClose: () => void };

function PushDialog({ runId, runName, checkpoint, onClose }: PushDialogProps) {
  const { client } = useStudio();
  const connection = useHubConnection();
  const transfer = useTransfer();
  const narrow = useMediaQuery('(max-width: 36em)') ?? false;
  const [pushed, setPushed] = useState<HubPushed | null>(null);
  const [form, setForm] = useState({ repo: repoNameFor(runName), message: commitMessage(checkpoint), private: true });
  const push = (): void =>
    transfer.start(async (transferId) => {
      setPushed(null);
      const { checkpointId } = checkpoint;
      setPushed(await client.request('hub/push', { connection, transferId, runId, checkpointId, ...form }));
    });
  return (
    <Modal
      opened
      // A transfer ends by Cancel, not by a slip of the hand.
      onClose={() => !transfer.busy && onClose()}
      title={t`Push ${checkpoint.name} to the Hub`}
      fullScreen={narrow}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close', disabled: transfer.busy }}
    >
      <Stack gap="md" data-testid="push-dialog">
        <PushForm form={form} onChange={setForm} />
        <HubAccess need={t`One that may write.`} />
        <Text
          size="xs"
          c="dimmed"
        >{t`Model, tokenizer, model card, arguments and log are uploaded as one commit. The optimizer's state stays here: Download has it. Model card and arguments name the files you trained on, not their content.`}</Text>
        {transfer.error && <HubError error={transfer.error} page={null} onClose={transfer.dismiss} />}
        {pushed && <Pushed pushed={pushed} />}
        <TransferProgress transfer={transfer} />
        {!transfer.busy && (
          <Group justify="end">
            <Button variant="default" onClick={onClose}>{t`Close`}</Button>
            <Button
              data-testid="push-start"
              disabled={form.repo.trim() === '' || form.message.trim() === '' || connection.token === null}
              onClick={push}
            >{t`Push`}</Button>
          </Group>
        )}
      </Stack>
    </Modal>
  );
}

interface Form {
  readonly repo: string;
  readonly message: string;
  readonly private: boolean;
}

function PushForm({ form, onChange }: { form: Form; onChange: (form: Form) => void }) {
  return (
    <>
      <TextInput
        label={t`Repository`}
        description={t`A name for your own account, or owner/name. It is made if it is not there.`}
        autoCapitalize="none"
        spellCheck={false}
        data-testid="push-repo"
        data-autofocus
        value={form.repo}
        onChange={({ currentTarget }) => onChange({ ...form, repo: currentTarget.value })}
      />
      <Switch
        label={t`Private`}
        description={t`A new repository is seen by you alone. One that is there stays as it is.`}
        data-testid="push-private"
        checked={form.private}
        onChange={({ currentTarget }) => onChange({ ...form, private: currentTarget.checked })}
      />
      <TextInput
        label={t`Commit message`}
        data-testid="push-message"
        value={form.message}
        onChange={({ currentTarget }) => onChange({ ...form, message: currentTarget.value })}
      />
    </>
  );
}

function Pushed({ pushed }: { pushed: HubPushed }) {
  return (
    <Alert color="green" icon={<Icon name="check" />} title={t`It is on the Hub`} data-testid="pushed">
      <Anchor size="sm" href={pushed.url} target="_blank" rel="noreferrer" style={{ overflowWrap: 'anywhere' }}>
        {pushed.repo}
      </Anchor>
      <Text size="sm">{t`commit ${pushed.revision.slice(0, 7)}`}</Text>
    </Alert>
  );
}
