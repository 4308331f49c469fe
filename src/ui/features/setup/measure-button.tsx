// How long the run will take, by a few real steps of it on this device.

import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import type { RunMeasurement, RunPlan, RunSetup } from '#protocol/messages.ts';
import { ErrorAlert } from '../../components/error-alert.tsx';
import { formatDuration, formatNumber } from '../../format.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { useAction } from '../../hooks/use-action.ts';
import { t } from '../../language/translate.ts';

export function MeasureButton({ setup, plan }: { setup: RunSetup; plan: RunPlan }) {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const key = JSON.stringify({ ...setup, name: '' });
  const [measured, setMeasured] = useState<{ readonly key: string; readonly value: RunMeasurement } | null>(null);
  const value = measured?.key === key ? measured.value : null;
  return (
    <>
      <Group gap="xs">
        <Button
          size="compact-sm"
          variant="default"
          data-testid="measure-run"
          loading={busy !== null}
          onClick={() =>
            start('measure', async () => setMeasured({ key, value: await client.request('run/measure', { setup }) }))
          }
        >{t`Measure how long it takes`}</Button>
        {value && (
          <Text size="sm" className="numeric" data-testid="measured">
            {t`About ${formatDuration(totalMs(value, plan))}: ${formatNumber(value.stepMs / 1000)} s a step, by ${value.steps} steps just now.`}
          </Text>
        )}
      </Group>
      {error && <ErrorAlert error={error} onClose={dismiss} />}
    </>
  );
}

const totalMs = ({ stepMs, evaluationMs }: RunMeasurement, { maxSteps, evaluations }: RunPlan): number =>
  stepMs * maxSteps + evaluationMs * evaluations;
