export { prefetchCharts } from './load-charts.ts';
export { RunPage } from './run-page.tsx';
