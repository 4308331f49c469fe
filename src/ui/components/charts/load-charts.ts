// The code of the charts, a chunk of its own.

import { lazy } from 'react';

export const loadCharts = () => import('./charts-grid.tsx');

export const ChartsGrid = lazy(() => loadCharts().then((module) => ({ default: module.ChartsGrid })));
