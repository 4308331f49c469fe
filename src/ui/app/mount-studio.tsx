// Puts the studio on a page: theme, notifications, error boundary, shell. Called by `main.tsx`.

import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './global.css';
import { type CSSVariablesResolver, createTheme, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { Fragment, type ReactNode, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { type Studio, StudioContext } from '../hooks/studio-context.ts';
import { useLanguage } from '../language/language.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { hashLocation } from './hash-location.ts';
import { Shell } from './shell.tsx';

const theme = createTheme({
  primaryColor: 'cyan',
  primaryShade: 9,
  defaultRadius: 'md',
  cursorType: 'pointer',
  autoContrast: true,
});

/** Some of Mantine's own colours are too faint for small text (WCAG 1.4.3). */
const readableColors: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5c636a',
    '--mantine-color-placeholder': '#6c757d',
    '--mantine-color-green-light-color': '#1b6e30',
    '--mantine-color-orange-light-color': '#a83200',
    '--mantine-color-orange-text': '#a83200',
    '--mantine-color-red-light-color': '#b02020',
    '--mantine-color-yellow-light-color': '#8a4b00',
  },
  dark: { '--mantine-color-dimmed': '#a6a6a6', '--mantine-color-placeholder': '#9a9a9a' },
});

export function mountStudio(element: HTMLElement, studio: Studio): void {
  createRoot(element).render(
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={readableColors} defaultColorScheme="auto">
        <Notifications position="top-right" />
        <Localized>
          <ErrorBoundary>
            <StudioContext value={studio}>
              <Router hook={hashLocation} searchHook={hashLocation.searchHook}>
                <Shell />
              </Router>
            </StudioContext>
          </ErrorBoundary>
        </Localized>
      </MantineProvider>
    </StrictMode>,
  );
}

/** Draws everything anew in another language: texts are read while drawing, and many of them far from any component. */
function Localized({ children }: { children: ReactNode }) {
  const language = useLanguage((state) => state.language);
  return <Fragment key={language}>{children}</Fragment>;
}
