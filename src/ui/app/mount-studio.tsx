// Puts the studio on a page: theme, notifications, error boundary, shell. Called by `main.tsx`.

import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './global.css';
import { createTheme, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { type Studio, StudioContext } from '../hooks/studio-context.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { Shell } from './shell.tsx';

const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: { light: 9, dark: 8 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  autoContrast: true,
});

export function mountStudio(element: HTMLElement, studio: Studio): void {
  createRoot(element).render(
    <StrictMode>
      <MantineProvider theme={theme} defaultColorScheme="auto">
        <Notifications position="top-right" />
        <ErrorBoundary>
          <StudioContext value={studio}>
            <Router hook={useHashLocation}>
              <Shell />
            </Router>
          </StudioContext>
        </ErrorBoundary>
      </MantineProvider>
    </StrictMode>,
  );
}
