// A name with its value, as in a summary.

import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

interface FactProps {
  readonly name: string;
  readonly value: ReactNode;
  readonly testId?: string;
}

export function Fact({ name, value, testId }: FactProps) {
  return (
    <Stack gap={0} style={{ minWidth: 0 }}>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="sm" fw={600} className="numeric" style={{ overflowWrap: 'anywhere' }} data-testid={testId}>
        {value}
      </Text>
    </Stack>
  );
}
