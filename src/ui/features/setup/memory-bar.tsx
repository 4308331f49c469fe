// What the run takes of the GPU's memory at most, by what it is for, and how to take less.

import { Button, Menu, Progress, Stack, Text } from '@mantine/core';
import type { MemoryPlan } from '#protocol/memory-plan.ts';
import { formatBytes } from '../../format.ts';
import { t } from '../../language/translate.ts';
import { type Fix, memoryFixes } from './fixes.ts';
import { describeMemory } from './setup-model.ts';

interface MemoryBarProps {
  readonly memory: MemoryPlan;
  readonly values: Readonly<Record<string, unknown>>;
  readonly onFix: (fix: Fix) => void;
}

/** Above it a laptop's GPU is likely to refuse. */
const TIGHT = 2e9;
const TOO_MUCH = 8e9;

export function MemoryBar({ memory, values, onFix }: MemoryBarProps) {
  const { weights, gradients, optimizer, activations, peak } = memory;
  const parts = [
    { bytes: weights, color: 'cyan.7', name: t`weights ${formatBytes(weights)}` },
    { bytes: gradients, color: 'grape.6', name: t`gradients ${formatBytes(gradients)}` },
    { bytes: optimizer, color: 'indigo.5', name: t`optimizer ${formatBytes(optimizer)}` },
    { bytes: activations, color: 'orange.6', name: t`activations ${formatBytes(activations)}` },
  ];
  const all = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const fixes = memoryFixes(values);
  return (
    <Stack gap={6}>
      <Progress.Root size="lg" aria-hidden="true">
        {parts.map(({ bytes, color, name }) => (
          <Progress.Section key={name} value={(100 * bytes) / Math.max(1, all)} color={color} title={name} />
        ))}
      </Progress.Root>
      <Text size="sm" data-testid="memory-plan">
        {describeMemory(memory)}
      </Text>
      <Text size="xs" c={peak > TIGHT ? 'orange' : 'dimmed'}>
        {peak > TOO_MUCH
          ? t`That is more than most GPUs of laptops have.`
          : peak > TIGHT
            ? t`That is tight on a GPU of a laptop. Browsers do not tell how much there is.`
            : t`That fits most devices. Browsers do not tell how much there is.`}
      </Text>
      {fixes.length > 0 && (
        <Menu position="bottom-start">
          <Menu.Target>
            <Button size="compact-xs" variant="default" style={{ alignSelf: 'start' }} data-testid="less-memory">
              {t`Take less memory`}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {fixes.map((fix) => (
              <Menu.Item key={fix.label} onClick={() => onFix(fix)}>
                {fix.label}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
    </Stack>
  );
}
