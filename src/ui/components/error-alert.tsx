// An error as the studio shows it: what happened, where, what to do, what is safe, and details to copy.

import { Alert, Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { StudioError } from '#util/studio-error.ts';
import { t, translate } from '../language/translate.ts';
import { Icon } from './icon.tsx';

interface ErrorAlertProps {
  readonly error: StudioError;
  /** Buttons that mend it. */
  readonly children?: ReactNode;
  readonly onClose?: () => void;
}

export function ErrorAlert({ error, children, onClose }: ErrorAlertProps) {
  return (
    <Alert
      color="red"
      role="alert"
      data-testid="error-alert"
      icon={<Icon name="alert" />}
      title={translate(error.message)}
      {...(onClose ? { withCloseButton: true, closeButtonLabel: t`Dismiss`, onClose } : {})}
    >
      <Stack gap={6}>
        {error.where !== undefined && (
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>{t`Where: ${translate(error.where)}`}</Text>
        )}
        {error.hint !== undefined && (
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>{t`What to do: ${translate(error.hint)}`}</Text>
        )}
        {error.safe !== undefined && (
          <Text size="sm" fs="italic">
            {translate(error.safe)}
          </Text>
        )}
        {children}
        <Group gap="xs">
          <Code>{error.code}</Code>
          <CopyButton value={details(error)}>
            {({ copied, copy }) => (
              <Button variant="subtle" color="red" size="compact-xs" onClick={copy}>
                {copied ? t`Copied` : t`Copy details`}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Stack>
    </Alert>
  );
}

function details(error: StudioError): string {
  const { code, message, where, hint, safe, stack } = error;
  return JSON.stringify({ code, message, where, hint, safe, stack, userAgent: navigator.userAgent }, null, 2);
}
