// What will train: the GPU and what it can do, or why there is none and how to mend that. And what room is left.

import { Alert, Badge, Group, Loader, Paper, Stack, Text, Title } from '@mantine/core';
import type { DeviceProfile } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { Icon } from '../../components/icon.tsx';
import { formatBytes } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useRemote } from '../../hooks/use-remote.ts';
import { t, translate } from '../../language/translate.ts';

export function DeviceCard() {
  const { client } = useStudio();
  const profile = useRemote('device/profile', () => client.request('device/profile', {}));
  return (
    <Paper withBorder radius="lg" p="lg" data-testid="device-card" component="section" aria-label={t`This device`}>
      <Stack gap="sm">
        <Group gap="xs">
          <Icon name="chip" />
          <Title order={2} size="h4">{t`This device`}</Title>
        </Group>
        {profile.status === 'loading' && <Loader size="sm" aria-label={t`Looking at the device`} />}
        {profile.status === 'failed' && <ErrorAlert error={profile.error} />}
        {profile.status === 'ready' && <Profile profile={profile.value} />}
        <StorageLine />
      </Stack>
    </Paper>
  );
}

const BACKENDS = { webgpu: 'WebGPU', webgl: 'WebGL', cpu: msg`the processor` } as const;

function Profile({ profile }: { profile: DeviceProfile }) {
  const { backend, vendor, architecture, description, software, features, notice } = profile;
  const name = [description || vendor, architecture].filter((part) => part !== '').join(' · ');
  return (
    <>
      <Text size="sm">
        {t`Trains on ${translate(BACKENDS[backend])}${name && ` (${name})`}.`}{' '}
        {software && t`It is emulated in software: right, but slow.`}
        {backend !== 'webgpu' && t`That is right, but much slower than WebGPU.`}
      </Text>
      {backend === 'webgpu' && (
        <Group gap={6}>
          <Feature name={t`half precision`} there={features.shaderF16} />
          <Feature name={t`subgroups`} there={features.subgroups} />
          <Feature name={t`timestamps`} there={features.timestampQuery} />
        </Group>
      )}
      {profile.maxBufferSize !== null && (
        <Text size="xs" c="dimmed">
          {t`Largest buffer ${formatBytes(profile.maxBufferSize)}, binding ${formatBytes(profile.maxStorageBufferBindingSize ?? profile.maxBufferSize)}`}
        </Text>
      )}
      {notice && (
        <Alert color="yellow" icon={<Icon name="alert" />} title={translate(notice.message)} data-cause={notice.cause}>
          {translate(notice.fix)}
        </Alert>
      )}
    </>
  );
}

function Feature({ name, there }: { name: string; there: boolean }) {
  return (
    <Badge
      variant="light"
      color={there ? 'green' : 'gray'}
      tt="none"
      leftSection={<Icon name={there ? 'check' : 'cross'} size={12} />}
    >
      {there ? name : t`no ${name}`}
    </Badge>
  );
}

function StorageLine() {
  const { client } = useStudio();
  const estimate = useRemote('storage/estimate', () => client.request('storage/estimate', {}));
  if (estimate.status === 'failed') return <ErrorAlert error={estimate.error} />;
  if (estimate.status !== 'ready') return null;
  const { usage, quota, persisted } = estimate.value;
  return (
    <Text size="xs" c="dimmed" className="numeric">
      {t`Stored in this browser: ${formatBytes(usage)} of about ${formatBytes(quota)}. `}
      {persisted ? t`The browser keeps it.` : t`The browser may clear it when space runs short; download what matters.`}
    </Text>
  );
}
