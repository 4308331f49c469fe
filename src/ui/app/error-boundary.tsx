// Catches what breaks while drawing, so that a fault in one screen is not a blank page.

import { Button, Container, Group } from '@mantine/core';
import { Component, type ReactNode } from 'react';
import type { StudioError } from '#util/studio-error.ts';
import { ErrorAlert } from '../components/error-alert.tsx';
import { toStudioError } from '../hooks/to-studio-error.ts';
import { t } from '../language/translate.ts';

interface State {
  readonly error: StudioError | null;
}

export class ErrorBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(thrown: unknown): State {
    return { error: toStudioError(thrown) };
  }

  override render(): ReactNode {
    if (!this.state.error) return this.props.children;
    return (
      <Container size="sm" py="xl" data-testid="broken-screen">
        <ErrorAlert error={this.state.error}>
          <Group gap="xs">
            <Button size="xs" onClick={() => this.setState({ error: null })}>{t`Try again`}</Button>
            <Button size="xs" variant="default" onClick={() => window.location.reload()}>{t`Reload the page`}</Button>
          </Group>
        </ErrorAlert>
      </Container>
    );
  }
}
