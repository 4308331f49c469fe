export { draftFiles, draftFrom, draftSample } from './draft-actions.ts';
export { SetupPage } from './setup-page.tsx';
export { useDraftSetup } from './use-setup.ts';
