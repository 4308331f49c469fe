export { SweepPage } from './sweep-page.tsx';
